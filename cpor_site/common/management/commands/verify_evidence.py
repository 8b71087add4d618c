"""Walk the chain over evidence and name what doesn't stand as it was written."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cpor_site.common.evidence.facts import printable
from cpor_site.common.evidence.verifying import Walk


class Command(BaseCommand):
    help = "Check that no row of evidence was altered, removed or inserted since it was sealed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from", dest="first", type=int, default=1, help="begin at this seal (default: 1)"
        )
        parser.add_argument(
            "--head", nargs="+", default=[], help="a digest kept elsewhere, which must be found"
        )
        parser.add_argument(
            "--all", action="store_true", help="name all that is wrong instead of the first"
        )

    def handle(self, *args: Any, first: int, head: list[str], **options: Any) -> None:
        if first < 1:
            raise CommandError("--from must be at least 1.")
        walk = Walk(first=first, expected="".join(head).lower())
        found = 0
        for finding in islice(walk.findings(), None if options["all"] else 1):
            found += 1
            self.stderr.write(str(finding))
        if found:
            raise CommandError("The evidence isn't as it was sealed.", returncode=1)
        self.stdout.write(
            f"{walk.seals} seals over {walk.rows} rows are as they were written "
            f"({walk.pseudonymised} with pseudonyms)."
        )
        if walk.head:
            self.stdout.write(f"Head: {printable(walk.head)}")
