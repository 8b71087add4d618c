"""Claims as CSV and JSON, written row by row so that a file of any length takes little memory.

The columns and their meaning stand in docs/exports.md; they are not translated. Nothing here tells
what only reviewers may know.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from cpor_site.common import clock
from cpor_site.common.spreadsheets import MARK, harmless

from . import deadlines, listing, standing
from .models import Claim, ClaimLine
from .states import Status

CHUNK = 500
"""Claims that are read from the database and held at once."""

Value = str | int | bool | list[str] | None


@dataclass(frozen=True)
class Field:
    """One column: its name in both formats, and how it is told from a claim."""

    name: str
    of: Callable[[Claim], Value]


@dataclass(frozen=True)
class LineField:
    """One column of a claim's line."""

    name: str
    of: Callable[[ClaimLine], Value]


def _moment(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds") if value else None


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _compatible_status(claim: Claim) -> str:
    """Return the status as older programs know it: an ended association is "Rejected final".

    One that can still be disputed, as a displaced one can, is "Rejected".
    """
    if claim.status != Status.ENDED:
        return str(Status(claim.status).label)
    return "Rejected" if deadlines.may_dispute(claim, clock.now()) else "Rejected final"


def _status_label(claim: Claim) -> str:
    return standing.label_at(claim, clock.now())


def _disputable_until(claim: Claim) -> datetime | None:
    """Return until when a rejection or a displacement can be disputed; None if it can't be."""
    return claim.due_at if deadlines.may_dispute(claim, clock.now()) else None


def _asked_again(claim: Claim) -> str | None:
    """Return whether the partner asked that a customer who declined be asked again (Q8)."""
    renewal = getattr(claim, "consent_renewal", None)
    return None if renewal is None else str(renewal.outcome or "asked")


def _whose_move(claim: Claim) -> str | None:
    side = standing.whose_move(claim)
    return side.value if side else None


def _due_at(claim: Claim) -> str | None:
    """Return when the next answer is due: a request for newer proof goes before other clocks."""
    asked = standing.proof_asked(claim)
    return _moment(asked.due_at if asked else claim.due_at)


FIELDS: tuple[Field, ...] = (
    Field("claim_number", lambda claim: claim.number),
    Field("claim_name", lambda claim: claim.name),
    Field("partner_name", lambda claim: claim.organization.name),
    Field("partner_id", lambda claim: claim.location.partner_id if claim.location else None),
    Field("location_name", lambda claim: claim.location.name if claim.location else None),
    Field("customer_name", lambda claim: claim.tenant.name if claim.tenant else None),
    Field(
        "tenant_id",
        lambda claim: str(claim.tenant.tenant_id) if claim.tenant else claim.tenant_id_as_typed,
    ),
    Field("domain", lambda claim: claim.domain_as_typed),
    Field(
        "solution_area",
        lambda claim: claim.area.name_in(claim.rule_profile_id) if claim.area else None,
    ),
    Field(
        "activities",
        lambda claim: [each.name_in(claim.rule_profile_id) for each in claim.activities.all()],
    ),
    Field("line_count", lambda claim: getattr(claim, "line_count", 0)),
    Field("status", lambda claim: str(claim.status)),
    Field("status_label", _status_label),
    Field("compatibility_status", _compatible_status),
    Field("association", lambda claim: str(claim.association_state)),
    Field("whose_move", _whose_move),
    Field("due_at", _due_at),
    Field("consent_window_ends_at", lambda claim: _moment(claim.consent_closes_at)),
    Field("association_active_since", lambda claim: _moment(claim.activated_at)),
    Field("ended_at", lambda claim: _moment(claim.ended_at)),
    Field("ended_reason", lambda claim: claim.ended_reason),
    Field("rejection_reasons", lambda claim: [str(each) for each in claim.rejection_reasons]),
    Field("proof_dated", lambda claim: _day(getattr(claim, "proof_on", None))),
    Field("migrated", lambda claim: claim.migrated),
    Field("earlier_reference", lambda claim: claim.legacy_reference),
    Field("created_at", lambda claim: _moment(claim.created_at)),
    Field("owner", lambda claim: str(claim.created_by)),
    Field("first_submitted_at", lambda claim: _moment(claim.first_submitted_at)),
    Field("last_submitted_at", lambda claim: _moment(claim.last_submitted_at)),
    Field("changed_at", lambda claim: _moment(claim.changed_at)),
    Field("can_be_disputed_until", lambda claim: _moment(_disputable_until(claim))),
    Field("asked_for_another_letter", lambda claim: _asked_again(claim)),
)
LINE_FIELDS: tuple[LineField, ...] = (
    LineField("product_code", lambda line: line.product.code),
    LineField("product", lambda line: line.product.name),
    LineField("activity", lambda line: line.activity_name),
    LineField("line_status", lambda line: str(line.line_status)),
    LineField(
        "subscription_id",
        lambda line: (
            str(line.subscription.subscription_id)
            if line.subscription
            else line.subscription_as_typed
        ),
    ),
    LineField(
        "subscription_ends_on",
        lambda line: _day(line.subscription.ends_on) if line.subscription else None,
    ),
)


def records(claims: QuerySet[Claim], *, per_line: bool) -> Iterator[dict[str, Value]]:
    """Yield one record for each claim, or for each of its lines, by claim number.

    A claim without lines has one record all the same, whose columns of the line are None.
    """
    found = listing.with_row_facts(claims)
    if per_line:
        lines = ClaimLine.objects.select_related("product", "activity", "subscription")
        found = found.prefetch_related(Prefetch("lines", lines.order_by("pk")))
    for claim in found.order_by("number").iterator(chunk_size=CHUNK):
        record = {field.name: field.of(claim) for field in FIELDS}
        if not per_line:
            yield record
            continue
        own = list(claim.lines.all())
        if not own:
            yield record | dict.fromkeys(each.name for each in LINE_FIELDS)
        for line in own:
            yield record | {each.name: each.of(line) for each in LINE_FIELDS}
        # Lines and claim hold each other, and would stay until the collector comes by.
        claim._prefetched_objects_cache.clear()  # type: ignore[attr-defined]


def names_of(*, per_line: bool) -> list[str]:
    """Return the names of the columns, in order."""
    names = [field.name for field in FIELDS]
    return names + [field.name for field in LINE_FIELDS] if per_line else names


def as_csv(claims: QuerySet[Claim], *, per_line: bool = False, mark: bool = False) -> Iterator[str]:
    """Yield the claims as CSV with commas and CRLF, cells made harmless for spreadsheets.

    ``mark`` puts the byte-order mark in front, by which Excel knows UTF-8.
    """
    writer = csv.writer(_Echo())
    head = MARK if mark else ""
    yield head + _written(writer, names_of(per_line=per_line))
    for record in records(claims, per_line=per_line):
        yield _written(writer, (_cell(value) for value in record.values()))


def as_json(claims: QuerySet[Claim], *, per_line: bool = False) -> Iterator[str]:
    """Yield the claims as one JSON array of objects, an object on each line."""
    before = "[\n"
    for record in records(claims, per_line=per_line):
        yield before + json.dumps(record, ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _written(writer: Any, cells: Iterable[str]) -> str:
    return str(writer.writerow([harmless(cell) for cell in cells]))


def _cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return "; ".join(value)
        case _:
            return str(value)
