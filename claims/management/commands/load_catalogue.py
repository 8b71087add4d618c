"""`manage.py load_catalogue`: the shipped catalogue and rule profiles into the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from claims.catalogue_loader import (
    CATALOGUE_FILE,
    RULE_PROFILES_FILE,
    CatalogueError,
    load_catalogue,
)


class Command(BaseCommand):
    help = (
        "Loads programs, solution areas, activities, products and rule profiles. What was changed "
        "or deleted here stays, unless --overwrite is given; a second run changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        for option, default in (
            ("--catalogue", CATALOGUE_FILE),
            ("--rule-profiles", RULE_PROFILES_FILE),
        ):
            parser.add_argument(option, type=Path, default=default, metavar="FILE")
        parser.add_argument(
            "--overwrite", action="store_true", help="put back what was changed or deleted here"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = load_catalogue(
                catalogue=options["catalogue"],
                rule_profiles=options["rule_profiles"],
                overwrite=options["overwrite"],
                dry_run=options["dry_run"],
            )
        except CatalogueError as error:
            raise CommandError("Nothing was loaded.\n" + "\n".join(error.problems)) from error
        counts = report.as_counts()
        if options["json"]:
            self.stdout.write(json.dumps(counts | {"dry_run": options["dry_run"]}))
            return
        if options["dry_run"]:
            self.stdout.write("Dry run: nothing is written.")
        if options["verbosity"] > 1:
            for entry in report.created:
                self.stdout.write(f"created  {entry}")
        for entry in report.updated:
            self.stdout.write(f"updated  {entry}")
        for entry in report.kept:
            self.stdout.write(f"kept     {entry}")
        self.stdout.write(
            "{created} created, {updated} updated, {kept} kept as changed here, "
            "{unchanged} already as shipped.".format_map(counts)
        )
        if report.kept:
            self.stdout.write("--overwrite puts the kept ones back as shipped.")
