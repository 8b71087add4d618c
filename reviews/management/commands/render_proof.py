from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand
from reviews.services import rendering


class Command(SweepCommand):
    help = "Draws the pages of proof that wait, so that reviewers can read them in the case."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--missing",
            action="store_true",
            help="first take up the documents of undecided claims that nobody has asked for yet",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["missing"] and not options["dry_run"]:
            self.stdout.write(f"{rendering.expect_missing()} documents taken up.")
        super().handle(*args, **options)

    def sweep(self, *, dry_run: bool) -> JobRun:
        return rendering.render_proof(dry_run=dry_run)
