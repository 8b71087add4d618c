"""`manage.py import_usage FILE`: how much of their workloads customers use."""

from __future__ import annotations

from typing import Any

from claims.imports import ImportReport, Progress, import_usage

from ._import_command import ImportCommand


class Command(ImportCommand):
    help = "Imports a monthly report of the use of workloads (CSV)."

    def run_import(self, options: dict[str, Any], on_progress: Progress) -> ImportReport:
        return import_usage(
            path=options["file"],
            dry_run=options["dry_run"],
            batch_size=options["batch_size"],
            on_progress=on_progress,
        )
