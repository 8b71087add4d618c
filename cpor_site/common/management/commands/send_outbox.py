"""Send the letters that are due, once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cpor_site.common import outbox


class Command(BaseCommand):
    help = "Send the letters that acts have left in the outbox and that are due now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="Count the letters that are due, send none."
        )
        parser.add_argument(
            "--limit", type=int, default=500, help="Send at most so many letters (default: 500)."
        )

    def handle(self, *args: Any, dry_run: bool, limit: int, **options: Any) -> None:
        if limit < 1:
            raise CommandError("--limit must be at least 1.")
        run = outbox.send_due(limit=limit, dry_run=dry_run)
        if dry_run:
            self.stdout.write(f"Due: {run.examined}. Nothing was sent (dry run).")
            return
        self.stdout.write(
            f"Due: {run.examined}, sent: {run.acted}, taken by another sender: {run.skipped}, "
            f"failed: {run.failed}."
        )
        if run.failed:
            for problem in run.problems:
                self.stderr.write(f"Letter {problem['key']}: {problem['problem']}")
            raise CommandError("Not every letter could be sent; those will be tried again.")
