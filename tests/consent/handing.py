"""What the tests of hand-offs share: lines in force with their rows, and a folder for files."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.files.storage import storages
from django.db import transaction

from claims import actors
from claims.models import Association, Claim, ClaimLine, PartnerLocation, ProgramEnrollment
from claims.services import associations
from claims.states import LineStatus
from consent.models import IncentiveHandoff
from consent.services import handoffs
from cpor_site.common import clock
from tests import factories

NAMES = ("exchange_online", "teams", "intune")


def handed_over(*products: str, location: PartnerLocation | None = None, **fields: Any) -> Claim:
    """Return a claim whose lines came into force now, each with its start row."""
    claim = factories.make_claim(
        products=products or NAMES[:1],
        location=location,
        document=False,
        contacts=False,
        **fields,
    )
    now = clock.now()
    with transaction.atomic():
        associations.bind(claim, actor=actors.SYSTEM, now=now)
        handoffs.hand_over(associations.activate(claim, now=now), now=now)
    return claim


def ended(claim: Claim, lines: list[ClaimLine] | None = None) -> None:
    """End the claim's associations, or those of the lines, and write the terminations."""
    now = clock.now()
    with transaction.atomic():
        associations.end(
            claim,
            actor=actors.SYSTEM,
            now=now,
            reason=Association.EndReason.PARTNER_ENDED,
            line_status=LineStatus.ENDED,
            lines=lines,
        )
        handoffs.take_back(claim, now=now)


def lapse(location: PartnerLocation) -> None:
    """Let the location's enrolments end, whatever the program."""
    ProgramEnrollment.objects.filter(location=location).update(
        enrollment_status=ProgramEnrollment.Status.INACTIVE
    )


def enrol_again(location: PartnerLocation) -> None:
    ProgramEnrollment.objects.filter(location=location).update(
        enrollment_status=ProgramEnrollment.Status.ENROLLED
    )


def rows_of(claim: Claim) -> list[IncentiveHandoff]:
    return list(IncentiveHandoff.objects.filter(claim=claim).order_by("sequence"))


def states_of(claim: Claim) -> list[str]:
    return [row.state for row in rows_of(claim)]


def ids_of(*claims: Claim) -> list[str]:
    return [f"{claim.number}-{row.sequence}" for claim in claims for row in rows_of(claim)]


def folder() -> Path:
    """Return the folder of hand-off files."""
    return Path(storages["handoffs"].path(""))


def names() -> list[str]:
    return sorted(each.name for each in folder().iterdir()) if folder().exists() else []


def content(name: str) -> bytes:
    return (folder() / name).read_bytes()


def lines_of(number: int) -> list[dict[str, Any]]:
    """Return the records of a batch's JSON lines."""
    text = content(f"handoff-{number:06d}.jsonl").decode("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def table_of(number: int) -> list[dict[str, str]]:
    """Return the rows of a batch's CSV."""
    text = content(f"handoff-{number:06d}.csv").decode("utf-8")
    return list(csv.DictReader(StringIO(text, newline="")))


def all_ids() -> list[str]:
    """Return the IDs in all JSON files, in the order of their numbers."""
    return [
        record["id"]
        for name in names()
        if name.endswith(".jsonl")
        for record in lines_of(int(name.removeprefix("handoff-").removesuffix(".jsonl")))
    ]
