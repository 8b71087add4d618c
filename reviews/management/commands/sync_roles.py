from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from reviews.roles import sync_roles


class Command(BaseCommand):
    help = "Give the operator's groups exactly the permissions of the roles table."

    def handle(self, *args: Any, **options: Any) -> None:
        for role, count in sync_roles().items():
            self.stdout.write(f"{role}: {count} permissions")
