"""What the import commands share: options, progress, output, exit codes."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from claims.imports import (
    DEFAULT_BATCH_SIZE,
    LARGEST_BATCH,
    ImportReport,
    Progress,
    UnusableFile,
)

ROWS_REFUSED = 1
FILE_UNUSABLE = 2


class ImportCommand(BaseCommand, ABC):
    """Exit code 0 if nothing was refused, 1 if rows were, 2 if the file can't be used."""

    facts: ClassVar[dict[str, str]] = {}

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
        parser.add_argument(
            "--batch-size",
            type=int,
            default=DEFAULT_BATCH_SIZE,
            metavar="ROWS",
            help=f"rows in one transaction, 1 to {LARGEST_BATCH} (default %(default)s)",
        )

    @abstractmethod
    def run_import(self, options: dict[str, Any], on_progress: Progress) -> ImportReport:
        """Call the service with the command's options."""

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["batch_size"] <= LARGEST_BATCH:
            raise CommandError(
                _("--batch-size must be from 1 to %(most)d.") % {"most": LARGEST_BATCH},
                returncode=FILE_UNUSABLE,
            )
        # disable=None: no bar where standard error is no terminal.
        with tqdm(unit=" rows", disable=None, leave=False) as bar:

            def on_progress(done: int, total: int) -> None:
                if bar.total is None:
                    bar.reset(total)
                bar.update(done)

            try:
                report = self.run_import(options, on_progress)
            except UnusableFile as error:
                bar.close()
                if options["json"]:
                    self._print_unusable(error)
                told = _("%(reason)s Nothing was imported.") % {"reason": error}
                raise CommandError(told, returncode=FILE_UNUSABLE) from error
        self._print(report, as_json=options["json"])
        if report.refused:
            told = ngettext(
                "%(count)d row was refused.", "%(count)d rows were refused.", report.refused
            )
            raise CommandError(told % {"count": report.refused}, returncode=ROWS_REFUSED)

    def _print(self, report: ImportReport, *, as_json: bool) -> None:
        for refusal in report.refusals:
            self.stderr.write(str(refusal))
        if as_json:
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False))
            return
        for note in report.notes:
            self.stdout.write(str(note))
        if report.dry_run:
            self.stdout.write(_("Dry run: nothing is written."))
        self.stdout.write(report.summary())
        for fact, sentence in self.facts.items():
            if fact in report.facts:
                self.stdout.write(_(sentence) % {"count": report.facts[fact]})

    def _print_unusable(self, error: UnusableFile) -> None:
        place = {"file": error.place.file, "line": error.place.line} if error.place else None
        self.stdout.write(
            json.dumps({"unusable": error.reason, "place": place}, ensure_ascii=False)
        )
