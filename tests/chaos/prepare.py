"""Fills the database of the tests with real processes, and prints what is in it as JSON.

    python -m tests.chaos.prepare '{"killed": {"claims": 150, "replacements": 12}, ...}'

For each group one claim of a kind goes through the services; the others are copies of its rows.
The groups become due one after the other: ``at`` is by how many hours the clock has to be moved
until all of a group is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from copy import copy
from datetime import timedelta
from typing import Any, TypeVar

import django

DAYS_BETWEEN_GROUPS = 20
DAYS_UNTIL_DUE = 18

Row = TypeVar("Row")


def main(wanted: dict[str, dict[str, int]]) -> dict[str, Any]:
    from django.conf import settings
    from django.core.management import call_command

    from cpor_site.celery import app
    from cpor_site.common import clock
    from tests import factories

    app.conf.update(broker_url="memory://")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    call_command("migrate", run_syncdb=True, verbosity=0)
    factories.make_catalogue()
    desk = _Desk()
    groups = {}
    for number, (name, sizes) in enumerate(wanted.items()):
        made_at = timedelta(days=DAYS_BETWEEN_GROUPS * number)
        clock.reset()
        clock.move(made_at - timedelta(days=40))
        old = desk.in_force() if "replacements" in sizes else None
        clock.reset()
        clock.move(made_at)
        groups[name] = desk.group(sizes, old) | {
            "at": (made_at + timedelta(days=DAYS_UNTIL_DUE)).total_seconds() / 3600
        }
    clock.reset()
    return groups


class _Desk:
    """The people of one partner and one reviewer, who make the claims that are copied."""

    def __init__(self) -> None:
        from tests import factories

        self.location = factories.make_location()
        self.user = factories.make_user()
        self.reviewer = factories.make_reviewer()

    def group(self, sizes: dict[str, int], old: Any) -> dict[str, Any]:
        from tests import acts

        stale = acts.asked(self._claim(), reviewer=self.reviewer)
        window = self._in_window(self._claim())
        found = {
            "stale": [key for (key,) in copies([stale], sizes["claims"])],
            "windows": [key for (key,) in copies([window], sizes["claims"])],
            "replaced": [],
            "replacing": [],
        }
        if old is not None:
            new = self._in_window(self._claim(tenant=old.tenant, replaces=old))
            pairs = copies([old, new], sizes["replacements"])
            found["replaced"] = [before for before, _after in pairs]
            found["replacing"] = [after for _before, after in pairs]
        return found

    def in_force(self) -> Any:
        """Return a claim whose window has passed; the clock stands after that."""
        from consent.services.windows import finalise_consent_windows
        from cpor_site.common import clock
        from tests import acts

        claim = self._in_window(self._claim())
        clock.move(timedelta(days=20))
        finalise_consent_windows()
        return acts.fresh(claim)

    def _claim(self, **fields: Any) -> Any:
        """Return a draft whose partner contact is who hands it in: one letter an act."""
        from tests import factories

        claim = factories.make_claim(user=self.user, location=self.location, **fields)
        claim.contacts.filter(kind="partner").update(email=self.user.email)
        return claim

    def _in_window(self, claim: Any) -> Any:
        from cpor_site.common import outbox
        from tests import acts

        acts.approved(claim, reviewer=self.reviewer)
        outbox.send_due()
        return acts.fresh(claim)


def copies(claims: Sequence[Any], number: int) -> list[tuple[int, ...]]:
    """Copy claims that belong together, with their rows, until there are so many of each.

    Returns the keys of the originals and of the copies, in the order of ``claims``. What is held is
    held anew under a key of its own, since nothing can be held twice; claims that belong together
    share it as their originals do.
    """
    from django.db.models import QuerySet

    from claims.models import Association, Claim, ClaimContact, ClaimLine, ReviewFinding
    from consent.models import ConsentRequest, IncentiveHandoff

    made: list[dict[int, Any]] = [{} for _serial in range(1, number)]
    for claim in claims:
        for serial, found in enumerate(made, start=1):
            found[claim.pk] = _again(
                claim,
                number=f"{claim.number}-{serial:03}",
                replaces=found.get(claim.replaces_id),
            )
        # The plain queryset: the model's own refuses what only the door may write.
        QuerySet(Claim).bulk_create([found[claim.pk] for found in made])
        for model in (ClaimContact, ReviewFinding, ConsentRequest):
            rows: list[Any] = list(model._default_manager.filter(claim=claim))
            _write([_again(row, claim=found[claim.pk]) for found in made for row in rows])
    lines, associations, handoffs = [], [], []
    holds: dict[tuple[int, int], Any] = {}
    for serial, found in enumerate(made, start=1):
        for row in ClaimLine.objects.filter(claim__in=claims).order_by("pk"):
            line = _again(row, claim=found[row.claim_id])
            lines.append(line)
            for each in Association.objects.filter(line=row).select_related("hold"):
                again = _again(each.hold, key=f"{each.hold.key}:{serial}")
                hold = holds.setdefault((serial, each.hold_id), again)
                associations.append(_again(each, claim=line.claim, line=line, hold=hold))
            handoffs += [
                _again(start, claim=line.claim, line=line)
                for start in IncentiveHandoff.objects.filter(line=row)
            ]
    _write(lines)
    _write(list(holds.values()))
    for association in associations:
        association.line, association.hold = association.line, association.hold
    _write(associations)
    for handoff in handoffs:
        handoff.line = handoff.line
        handoff.payload = handoff.payload | {"claim_number": handoff.claim.number}
    _write(handoffs)
    originals = tuple(claim.pk for claim in claims)
    return [originals, *(tuple(found[key].pk for key in originals) for found in made)]


def _write(rows: list[Any]) -> None:
    if rows:
        type(rows[0])._default_manager.bulk_create(rows)


def _again(row: Row, **changes: Any) -> Row:
    """Return a row that isn't stored yet, like the given one but for the changes."""
    again: Any = copy(row)
    again._state = copy(again._state)
    again._state.adding, again._state.fields_cache = True, {}
    again.pk = None
    for name, value in changes.items():
        setattr(again, name, value)
    return again


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))) + "\n")
