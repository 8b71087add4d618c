from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from cpor_site import documents


class Command(BaseCommand):
    help = "Write the generated parts of docs/ anew from the code."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        names = documents.write()
        self.stdout.write(f"Written: {', '.join(names)}" if names else "All parts are up to date.")
