"""`manage.py import_acknowledgements FILE`: what the incentive program says of hand-offs."""

from __future__ import annotations

from typing import Any

from claims.imports import ImportReport, Progress
from claims.management.commands._import_command import ImportCommand
from consent.services.acknowledgements import import_acknowledgements


class Command(ImportCommand):
    help = "Imports the incentive program's acknowledgements of hand-offs (CSV or JSON lines)."

    def run_import(self, options: dict[str, Any], on_progress: Progress) -> ImportReport:
        return import_acknowledgements(
            path=options["file"],
            dry_run=options["dry_run"],
            batch_size=options["batch_size"],
            on_progress=on_progress,
        )
