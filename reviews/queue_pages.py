"""Pages and counts of claims that stand in segments, each served by one index.

A page begins behind a key and not at a number of rows, so that it costs the same wherever it lies,
and a count ends at ``COUNTED``. A page takes rows from one segment after the other until full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    DateTimeField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    prefetch_related_objects,
)
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan, LessThan

from claims.models import Claim, ClaimLine, ClockHold, ProofRequest
from claims.services.displacement import holds_in_the_way
from claims.standing import keep_requests
from claims.states import LineStatus
from cpor_site.common.models import User

from .models import CompetingParty
from .services.leases import running_leases

PAGE = 25
COUNTED = 1000
"""Rows are counted up to here; what has more is shown as "1,000+"."""

DUE, CLOSES, NEWEST = "due_at", "consent_closes_at", "pk"


@dataclass(frozen=True)
class Segment:
    """Claims under one condition, by ``order``: a deadline ascending, or the newest first.

    ``dated`` false stands for the claims that have no such deadline. ``sorted_anew`` keeps the
    database from walking through all claims in their order to find a few.
    """

    condition: Q
    order: str = DUE
    dated: bool = True
    sorted_anew: bool = False

    @property
    def by_key(self) -> bool:
        """Whether the primary key alone orders the segment."""
        return self.order == NEWEST or not self.dated

    def claims(self) -> QuerySet[Claim]:
        found = Claim.objects.filter(self.condition)
        if self.order != NEWEST:
            found = found.filter(**{f"{self.order}__isnull": not self.dated})
        return found

    def keys(self, limit: int, beyond: Key | None, *, backwards: bool) -> list[Key]:
        """Return up to ``limit`` keys beyond the given one, in the direction asked for."""
        found = self.claims()
        descending = (self.order == NEWEST) != backwards
        if self.by_key:
            key: Any = F("pk") + 0 if self.sorted_anew else F("pk")
            if beyond is not None:
                found = found.filter(**{"pk__lt" if descending else "pk__gt": beyond.pk})
            found = found.order_by(key.desc() if descending else key.asc())
            return [Key(pk) for pk in found.values_list("pk", flat=True)[:limit]]
        if beyond is not None:
            compare = LessThan if descending else GreaterThan
            found = found.filter(
                compare(_Row(F(self.order), F("pk")), _Row(_moment(beyond.at), Value(beyond.pk)))
            )
        order = (F(self.order).desc(), "-pk") if descending else (F(self.order).asc(), "pk")
        rows = found.order_by(*order).values_list("pk", self.order)[:limit]
        return [Key(pk, at) for pk, at in rows]


@dataclass(frozen=True)
class Key:
    """Where a row stands within its segment."""

    pk: int
    at: datetime | None = None


@dataclass(frozen=True)
class Place:
    """Where a page begins: beyond a key of a segment, in one of the two directions."""

    segment: int
    key: Key
    backwards: bool = False

    def __str__(self) -> str:
        at = self.key.at.isoformat() if self.key.at else ""
        return f"{self.segment}~{at}~{self.key.pk}"


@dataclass(frozen=True)
class Page:
    """Rows of a queue; ``previous`` and ``next`` are where the neighbouring pages begin."""

    claims: list[Claim]
    previous: Place | None
    next: Place | None


def page_of(segments: Sequence[Segment], place: Place | None = None) -> Page:
    """Return the page of claims that begins at ``place``, with all that a row shows.

    As many queries as segments it had to look into, and three for the rows.
    """
    backwards = place is not None and place.backwards
    if place is not None and not 0 <= place.segment < len(segments):
        place = None
    order = range(len(segments))
    if place is not None:
        order = range(place.segment, -1, -1) if backwards else range(place.segment, len(segments))
    taken: list[tuple[int, Key]] = []
    for index in order:
        beyond = place.key if place is not None and place.segment == index else None
        wanted = PAGE + 1 - len(taken)
        keys = segments[index].keys(wanted, beyond, backwards=backwards)
        taken += [(index, key) for key in keys]
        if len(taken) > PAGE:
            break
    more, taken = len(taken) > PAGE, taken[:PAGE]
    if backwards:
        taken.reverse()
    if not taken:
        return Page([], None, None)
    (first, first_key), (last, last_key) = taken[0], taken[-1]
    before = Place(first, first_key, backwards=True)
    after = Place(last, last_key)
    has_previous = more if backwards else place is not None
    has_next = backwards or more
    return Page(
        rows([key.pk for _index, key in taken]),
        before if has_previous else None,
        after if has_next else None,
    )


def rows(keys: Sequence[int]) -> list[Claim]:
    """Return the claims in the order of their keys, with what a row of a queue shows.

    ``line_count`` counts the lines in the running or approved, ``competing`` is the oldest open
    case of competing claims on one of them, ``on_hold`` whether the sweeps leave it alone, or the
    one whose place it is to take.
    """
    lines = (
        ClaimLine.objects.filter(
            claim=OuterRef("pk"), line_status__in=[LineStatus.INCLUDED, LineStatus.APPROVED]
        )
        .order_by()
        .values("claim")
        .annotate(number=Count("pk"))
        .values("number")
    )
    rivals = CompetingParty.objects.filter(claim=OuterRef("pk"), left_at=None, case__closed_at=None)
    holds = ClockHold.objects.filter(claim=OuterRef("pk"), lifted_at=None)
    waiting = ProofRequest.objects.filter(claim=OuterRef("pk"), answer="", closed_at=None)
    waiting = waiting.order_by("due_at", "pk")
    found = (
        Claim.objects.filter(pk__in=keys)
        .select_related(
            "organization",
            "location",
            "tenant",
            "area",
            "rule_profile",
            "assigned_reviewer",
            "consent_renewal",
        )
        .prefetch_related("activities")
        .annotate(
            line_count=Coalesce(Subquery(lines, output_field=IntegerField()), 0),
            competing=Subquery(rivals.order_by("case__opened_at", "case").values("case")[:1]),
            on_hold=Exists(holds) | Exists(holds_in_the_way(OuterRef("pk"))),
            proof_due_at=Subquery(waiting.values("due_at")[:1]),
        )
    )
    by_key = {claim.pk: claim for claim in found}
    for claim in by_key.values():
        # A row tells no more of the request than its day, for which no query of its own is needed.
        due_at = getattr(claim, "proof_due_at", None)
        keep_requests(claim, [ProofRequest(claim=claim, due_at=due_at)] if due_at else [])
    return [by_key[key] for key in keys if key in by_key]


def with_leases(claims: list[Claim], now: datetime) -> list[Claim]:
    """Give each claim ``running_leases``, a list of at most one; one query."""
    prefetch_related_objects(
        claims, Prefetch("leases", running_leases(now), to_attr="running_leases")
    )
    return claims


class CappedCount(Subquery):
    """How many rows a query has, counted up to ``COUNTED`` + 1."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS capped)"
    output_field = IntegerField()

    def __init__(self, queryset: QuerySet[Any]) -> None:
        super().__init__(queryset.order_by().values("pk")[: COUNTED + 1])


def capped_counts(counts: dict[str, Sequence[Segment]], user: User) -> dict[str, int]:
    """Return how many claims each list of segments holds, at most ``COUNTED`` + 1; one query."""
    columns = {
        f"{name}_{index}": CappedCount(segment.claims())
        for name, segments in counts.items()
        for index, segment in enumerate(segments)
    }
    if not columns:
        return dict.fromkeys(counts, 0)
    found: dict[str, Any] = dict(User.objects.filter(pk=user.pk).order_by().values(**columns)[0])
    return {
        name: min(
            COUNTED + 1, sum(int(found[f"{name}_{index}"] or 0) for index in range(len(segments)))
        )
        for name, segments in counts.items()
    }


class _Row(Func):
    """Several columns compared at once, so that one index serves the comparison."""

    function = ""
    template = "(%(expressions)s)"
    output_field = BooleanField()


def _moment(at: datetime | None) -> Value:
    return Value(at, output_field=DateTimeField())
