"""Orders of the list, and pages that begin behind a key.

A page begins behind the last row of the one before it and not at a number of rows, so that it costs
the same wherever it lies. An order consists of segments, one after the other, so that each of them
is served by one index: claims without the date that is sorted by stand in a segment of their own.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import BooleanField, CharField, DateTimeField, F, Func, Q, QuerySet, Value
from django.db.models.functions import Lower
from django.db.models.lookups import GreaterThan, LessThan

from . import listing
from .models import Claim
from .states import Status

PAGE = 25
LONGEST_KEY = 2000

_ASKED = Q(status=Status.PARTNER_ACTION_REQUIRED)
_DRAFT = Q(status=Status.EDITING)


@dataclass(frozen=True)
class Segment:
    """Claims under a condition, by one column and then by their key, in the same direction."""

    condition: Q
    column: str
    descending: bool = False
    lowered: bool = False

    @property
    def expression(self) -> Any:
        return Lower(self.column) if self.lowered else F(self.column)

    def keys(
        self, claims: QuerySet[Claim], limit: int, beyond: Key | None, *, backwards: bool
    ) -> list[Key]:
        """Return up to ``limit`` keys of these claims beyond the given one."""
        descending = self.descending != backwards
        found = claims.filter(self.condition)
        if beyond is not None:
            compare = LessThan if descending else GreaterThan
            here = _Row(self.expression, F("pk"))
            found = found.filter(compare(here, _Row(_value(beyond.at), Value(beyond.pk))))
        order = self.expression.desc() if descending else self.expression.asc()
        found = found.order_by(order, "-pk" if descending else "pk")
        return [Key(pk, at) for pk, at in found.values_list("pk", self.expression)[:limit]]


@dataclass(frozen=True)
class Key:
    """Where a row stands within its segment."""

    pk: int
    at: datetime | str


@dataclass(frozen=True)
class Place:
    """Where a page begins: beyond a key of a segment, in one of the two directions."""

    segment: int
    key: Key
    backwards: bool = False

    def __str__(self) -> str:
        at = self.key.at
        kind, text = ("d", at.isoformat()) if isinstance(at, datetime) else ("t", at)
        packed = json.dumps([self.segment, kind, text, self.key.pk], separators=(",", ":"))
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


@dataclass(frozen=True)
class Page:
    """Rows of the list; ``previous`` and ``next`` are where the neighbouring pages begin."""

    claims: list[Claim]
    previous: Place | None = None
    next: Place | None = None


def _dated(column: str, *, descending: bool, there: Q | None = None) -> tuple[Segment, ...]:
    missing = Q(**{f"{column}__isnull": True})
    dated = Q(**{f"{column}__isnull": False})
    return (
        Segment(dated if there is None else there, column, descending),
        Segment(missing, "changed_at", descending=True),
    )


def _named(column: str, *, descending: bool, optional: bool) -> tuple[Segment, ...]:
    if not optional:
        return (Segment(Q(), column, descending, lowered=True),)
    relation = column.partition("__")[0]
    return (
        Segment(Q(**{f"{relation}__isnull": False}), column, descending, lowered=True),
        Segment(Q(**{f"{relation}__isnull": True}), "changed_at", descending=True),
    )


def _default(*, waiting: bool) -> tuple[Segment, ...]:
    # Without any, the second segment is asked of nobody and the last keeps to its index.
    approved = listing.UNDELIVERED | listing.PROOF_ASKED if waiting else Q(pk__in=[])
    rest = ~listing.ASKED_OR_DRAFT
    return (
        Segment(_ASKED, "due_at"),
        Segment(approved, "changed_at"),
        Segment(_DRAFT, "changed_at", descending=True),
        Segment(rest & ~approved if waiting else rest, "changed_at", descending=True),
    )


COLUMNS = ("number", "name", "customer", "partner_id", "due", "submitted", "changed")
"""What the list can be sorted by; a leading "-" turns the order round."""


def segments_of(sort: str, *, waiting: bool = False) -> tuple[Segment, ...]:
    """Return the order of a code of ``COLUMNS``, with or without "-".

    "" is the default order: what its partner was asked about by a deadline, approved claims that
    wait for their partner too, if there are any (``waiting``), drafts, and the rest by last change.
    """
    descending = sort.startswith("-")
    match sort.removeprefix("-"):
        case "number":
            return (Segment(Q(), "number", descending),)
        case "name":
            return _named("name", descending=descending, optional=False)
        case "customer":
            return _named("tenant__name", descending=descending, optional=True)
        case "partner_id":
            return _named("location__partner_id", descending=descending, optional=True)
        case "due":
            return _dated("due_at", descending=descending)
        case "submitted":
            return _dated("last_submitted_at", descending=descending)
        case "changed":
            return (Segment(Q(), "changed_at", descending),)
        case _:
            return _default(waiting=waiting)


def place_from(text: str, *, backwards: bool, segments: Sequence[Segment]) -> Place | None:
    """Return the place that ``str(place)`` wrote, or None if it is none of this order."""
    try:
        packed = base64.urlsafe_b64decode((text[:LONGEST_KEY] + "==").encode("ascii"))
        segment, kind, value, pk = json.loads(packed.decode())
        at = datetime.fromisoformat(value) if kind == "d" else str(value)
    except (ValueError, TypeError, binascii.Error, UnicodeError, RecursionError):
        return None
    if type(segment) is not int or not 0 <= segment < len(segments):
        return None
    if type(pk) is not int or not 0 <= pk < 2**63:
        return None
    dated = segments[segment].column.endswith("_at")
    if isinstance(at, datetime):
        if not dated or at.tzinfo is None:
            return None
        try:
            at = at.astimezone(UTC)
        except OverflowError:  # At both ends of the calendar.
            return None
    elif dated or "\0" in at:
        return None
    return Place(segment, Key(pk, at), backwards)


def page_of(
    claims: QuerySet[Claim], segments: Sequence[Segment], place: Place | None = None
) -> Page:
    """Return the page of these claims that begins at ``place``, with all that a row shows.

    As many queries as segments it had to look into, and two for the rows.
    """
    backwards = place is not None and place.backwards
    order = range(len(segments))
    if place is not None:
        order = range(place.segment, -1, -1) if backwards else range(place.segment, len(segments))
    taken: list[tuple[int, Key]] = []
    for index in order:
        beyond = place.key if place is not None and place.segment == index else None
        wanted = PAGE + 1 - len(taken)
        found = segments[index].keys(claims, wanted, beyond, backwards=backwards)
        taken += [(index, key) for key in found]
        if len(taken) > PAGE:
            break
    more, taken = len(taken) > PAGE, taken[:PAGE]
    if backwards:
        taken.reverse()
    if not taken:
        return Page([])
    before = Place(*taken[0], backwards=True)
    after = Place(*taken[-1])
    return Page(
        listing.rows([key.pk for _index, key in taken]),
        before if (more if backwards else place is not None) else None,
        after if backwards or more else None,
    )


class _Row(Func):
    """Several columns compared at once, so that one index serves the comparison."""

    function = ""
    template = "(%(expressions)s)"
    output_field = BooleanField()


def _value(at: datetime | str) -> Value:
    field: Any = DateTimeField() if isinstance(at, datetime) else CharField()
    return Value(at, output_field=field)
