from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from claims.models import Claim
from cpor_site.common.models import User
from cpor_site.demo import story


class Command(BaseCommand):
    help = "Fill an empty database with the demo's partners, customers and claims. Demo mode only."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.CPOR_MODE != "demo":
            raise CommandError("load_demo runs in demo mode only. Set CPOR_MODE=demo.")
        if User.objects.exists() or Claim.objects.exists():
            self.stdout.write("The database holds data already; the demo data stays as it is.")
            return
        claims = story.load()
        self.stdout.write(f"Demo data loaded: {len(claims)} claims.")
