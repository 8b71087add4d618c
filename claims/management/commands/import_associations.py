"""`manage.py import_associations FILE`: associations of an earlier system, as they stand."""

from __future__ import annotations

from typing import Any

from claims.imports import ImportReport, Progress, import_associations
from claims.services.migrated import adopt_association

from ._import_command import ImportCommand


class Command(ImportCommand):
    help = "Takes associations of an earlier system over (CSV); nobody is written to."

    def run_import(self, options: dict[str, Any], on_progress: Progress) -> ImportReport:
        return import_associations(
            path=options["file"],
            adopt=adopt_association,
            dry_run=options["dry_run"],
            batch_size=options["batch_size"],
            on_progress=on_progress,
        )
