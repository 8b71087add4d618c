from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cpor_site.account import resetting
from cpor_site.common.models import User


class Command(BaseCommand):
    help = "Take all second factors of a person, who then signs in with the password alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the mail address with which the person signs in")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody signs in with {email}.")
        if not resetting.reset(user, settings.CPOR_OPERATOR_NAME):
            raise CommandError(f"{user.email} has no second factor.")
        self.stdout.write(f"The second factors of {user.email} are reset; a letter says so.")
