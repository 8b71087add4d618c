"""What every sweep command shares: ``--dry-run``, a sentence about the run, the exit code."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from .models import JobRun


class SweepCommand(BaseCommand, ABC):
    """Base of the commands that run one sweep now; exits with 1 if a row failed."""

    @abstractmethod
    def sweep(self, *, dry_run: bool) -> JobRun:
        """Run the sweep and return its row."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="say what is due and change nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        run = self.sweep(dry_run=options["dry_run"])
        note = " (dry run: nothing was changed)" if run.dry_run else ""
        self.stdout.write(
            f"{run.job}: {run.examined} due, {run.acted} done, {run.skipped} skipped, "
            f"{run.refused} refused, {run.failed} failed{note}"
        )
        for problem in run.problems:
            self.stderr.write(str(problem))
        if run.failed:
            raise CommandError(f"{run.failed} of {run.examined} failed.", returncode=1)
