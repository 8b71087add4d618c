"""Replace the names and addresses of claims' people by pseudonyms; a dry run unless told."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from claims.models import Claim
from claims.services import pseudonymising
from cpor_site.common import clock
from cpor_site.common.problems import Refused


class Command(BaseCommand):
    help = (
        "Replace names and addresses by pseudonyms: on the claims named, at a person's lawful "
        "request, or on all whose time of retention is over. Says what it would do unless --really."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("numbers", nargs="*", help="claim numbers; without any, all past it")
        parser.add_argument("--really", action="store_true", help="do it; it can't be undone")
        parser.add_argument(
            "--words", action="store_true", help="also remove comments, notes and other free text"
        )
        parser.add_argument("--reason", default="", help="why, kept with the act")

    def handle(self, *args: Any, numbers: list[str], really: bool, **options: Any) -> None:
        if numbers:
            failed = sum(not self._one(each, really=really, **options) for each in numbers)
        elif really:
            if options["words"]:
                raise CommandError("--words needs the claims' numbers.")
            run = pseudonymising.pseudonymise_past_retention()
            self.stdout.write(
                f"{run.examined} past retention, {run.acted} done, {run.refused} refused, "
                f"{run.failed} failed"
            )
            for problem in run.problems:
                self.stderr.write(str(problem))
            failed = run.failed + run.refused
        else:
            failed = 0
            keys = list(pseudonymising.due(clock.now()))
            for key in keys:
                self._say(pseudonymising.pseudonymise_claim(claim_id=key, dry_run=True))
            self.stdout.write(f"{len(keys)} past retention")
        if not really:
            self.stdout.write("Nothing was changed (dry run); --really does it.")
        if failed:
            raise CommandError(f"{failed} failed or were refused.", returncode=1)

    def _one(self, number: str, *, really: bool, words: bool, reason: str, **options: Any) -> bool:
        key = Claim.objects.filter(number=number).values_list("pk", flat=True).first()
        if key is None:
            self.stderr.write(f"{number}: there is no such claim")
            return False
        try:
            done = pseudonymising.pseudonymise_claim(
                claim_id=key, on_request=True, reason=reason, words=words, dry_run=not really
            )
        except Refused as refusal:
            self.stderr.write(f"{number}: {refusal}")
            return False
        self._say(done)
        return True

    def _say(self, done: pseudonymising.Replaced) -> None:
        self.stdout.write(
            f"{done.number}: {done.people} names and addresses in {done.rows} rows of evidence, "
            f"{done.letters} letters"
        )
