from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from claims.services import scanning
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "Check proof that waits for it for viruses, with ClamAV's daemon."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--failed", action="store_true", help="also what couldn't be checked before"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.failed: bool = options["failed"]
        super().handle(*args, **options)

    def sweep(self, *, dry_run: bool) -> JobRun:
        return scanning.scan_documents(dry_run=dry_run, failed=self.failed)
