"""`manage.py import_partners FILE`."""

from __future__ import annotations

from typing import Any

from claims.imports import ImportReport, Progress, import_partners

from ._import_command import ImportCommand


class Command(ImportCommand):
    help = "Imports partners' organisations, locations, enrolments and users (CSV)."

    def run_import(self, options: dict[str, Any], on_progress: Progress) -> ImportReport:
        return import_partners(
            path=options["file"],
            dry_run=options["dry_run"],
            batch_size=options["batch_size"],
            on_progress=on_progress,
        )
