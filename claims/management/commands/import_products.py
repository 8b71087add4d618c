"""`manage.py import_products FILE`: the vendor's published list of products."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext_noop

from claims.imports import ImportReport, Progress, import_products

from ._import_command import ImportCommand


class Command(ImportCommand):
    help = "Imports the published list of product names and service plans (CSV), as it is."
    facts = {
        "dynamics": gettext_noop("%(count)d products of the file are Dynamics 365."),
        "linked": gettext_noop("%(count)d are linked to a product that can be claimed."),
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--relink",
            action="store_true",
            help="link all products of the file to the claimable catalogue anew",
        )

    def run_import(self, options: dict[str, Any], on_progress: Progress) -> ImportReport:
        return import_products(
            path=options["file"],
            relink=options["relink"],
            dry_run=options["dry_run"],
            batch_size=options["batch_size"],
            on_progress=on_progress,
        )
