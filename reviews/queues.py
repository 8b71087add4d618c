"""The queues: which claims stand in each, in which order, and pages of them.

A queue is made of segments. Each is one condition in one order, served by one index, so that a
page costs the same wherever it lies: it begins behind a key and not at a number of rows, and a
count ends at ``COUNTED``. A page takes rows from one segment after the other until it is full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims.models import Claim, ClaimLine, ClockHold
from claims.states import AssociationState, LineStatus, Status
from cpor_site.common.business_calendar import BusinessCalendar
from cpor_site.common.models import User

from .models import CompetingParty
from .services.leases import WITH_REVIEWERS, running_leases
from .services.next_case import open_to

PAGE = 50
COUNTED = 1000
"""Rows are counted up to here; what has more is shown as "1,000+"."""

DUE, CLOSES, NEWEST = "due_at", "consent_closes_at", "pk"

WITH_REVIEWER = Q(status__in=WITH_REVIEWERS)
WITH_PARTNER = Q(status=Status.PARTNER_ACTION_REQUIRED)
WITH_CUSTOMER = Q(status=Status.APPROVED, association_state=AssociationState.PROVISIONAL)
RESUBMITTED = Q(status=Status.SUBMITTED, round__gt=1)


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


@dataclass(frozen=True)
class Queue:
    """One named set of claims, for one reader and moment.

    ``about`` says what stands in it, ``empty`` what an empty one means; ``order`` is the deadline
    that runs there.
    """

    code: str
    name: Promise
    about: Promise
    empty: Promise
    conditions: Callable[[User, datetime], tuple[Q, ...]]
    order: str = DUE

    def segments(self, user: User, now: datetime) -> tuple[Segment, ...]:
        conditions = self.conditions(user, now)
        if self.order == NEWEST:
            return tuple(Segment(each, NEWEST) for each in conditions)
        dated = [Segment(each, self.order) for each in conditions]
        rest = conditions[0]
        for each in conditions[1:]:
            rest |= each
        return (*dated, Segment(rest, self.order, dated=False))


def _open_segments(user: User, now: datetime) -> tuple[Segment, ...]:
    not_answered = ~Q(status=Status.SUBMITTED) | Q(round__lte=1)
    return (
        Segment(RESUBMITTED & Q(assigned_reviewer=user)),
        Segment(WITH_REVIEWER & (not_answered | ~Q(assigned_reviewer=user))),
        Segment(WITH_PARTNER),
        Segment(WITH_CUSTOMER, CLOSES),
        Segment(WITH_CUSTOMER, CLOSES, dated=False),
    )


class _OpenQueue(Queue):
    """Everything that waits for somebody: the reader's answered claims, reviewers', others'."""

    def segments(self, user: User, now: datetime) -> tuple[Segment, ...]:
        return _open_segments(user, now)


def _competing(user: User, now: datetime) -> tuple[Q, ...]:
    parties = CompetingParty.objects.filter(left_at=None, case__closed_at=None)
    return (Q(pk__in=parties.order_by().values("claim")),)


OPEN_QUEUE = _OpenQueue(
    "",
    _("Open claims"),
    _("Everything that waits for a reviewer, a partner or a customer, the most urgent first."),
    _("No claim waits for anybody now. When one does, the most urgent stands on top."),
    lambda user, now: (),
)
ALL = Queue(
    "all",
    _("All claims"),
    _("Drafts and closed claims too, the newest first."),
    _("There is no claim yet. A partner starts the first one."),
    lambda user, now: (Q(),),
    NEWEST,
)
QUEUES: tuple[Queue, ...] = (
    Queue(
        "unassigned",
        _("Unassigned"),
        _("Handed in, and nobody reviews them yet."),
        _("Every claim that was handed in has its reviewer. New ones appear here."),
        lambda user, now: (WITH_REVIEWER & Q(assigned_reviewer=None),),
    ),
    Queue(
        "mine",
        _("Mine"),
        _("You review them; the nearest deadline stands on top."),
        _("You review no claim now. “Next case” gives you the most urgent one."),
        lambda user, now: (WITH_REVIEWER & Q(assigned_reviewer=user),),
    ),
    Queue(
        "resubmitted",
        _("Resubmitted"),
        _("The partner has answered; yours first, then those of other reviewers."),
        _("No answer of a partner waits to be read. It appears here when one comes."),
        lambda user, now: (
            RESUBMITTED & Q(assigned_reviewer=user),
            RESUBMITTED & ~Q(assigned_reviewer=user),
        ),
    ),
    Queue(
        "overdue",
        _("Overdue"),
        _("A reviewer should have acted by now; nothing is decided by itself."),
        _("Nothing is overdue. A claim appears here when its deadline passes."),
        lambda user, now: (WITH_REVIEWER & Q(due_at__lte=now),),
    ),
    Queue(
        "partner",
        _("Waiting for the partner"),
        _("Sent back with questions; without an answer they are rejected by themselves."),
        _("No partner owes an answer now."),
        lambda user, now: (WITH_PARTNER,),
    ),
    Queue(
        "customer",
        _("Waiting for the customer"),
        _("Approved; without a refusal the association comes into force by itself."),
        _("No customer can refuse anything now."),
        lambda user, now: (WITH_CUSTOMER,),
        CLOSES,
    ),
    Queue(
        "competing",
        _("Competing"),
        _("Several partners claim the same product or workload."),
        _("No two partners claim the same now."),
        _competing,
    ),
    Queue(
        "disputes",
        _("Disputes"),
        _("The partner disputes a rejection; somebody else than who rejected it decides."),
        _("No rejection is disputed now."),
        lambda user, now: (Q(status=Status.DISPUTED),),
    ),
)
BY_CODE: dict[str, Queue] = {each.code: each for each in (OPEN_QUEUE, *QUEUES, ALL)}


# -- what narrows a queue --------------------------------------------------------------------------


@dataclass(frozen=True)
class Band:
    """How far a deadline lies off: after ``after``, up to ``until``; None stands for no bound."""

    code: str
    name: Promise
    hue: str
    after: datetime | None
    until: datetime | None

    def condition(self, order: str) -> Q:
        found = Q(**{f"{order}__isnull": False})
        if self.after is not None:
            found &= Q(**{f"{order}__gt": self.after})
        if self.until is not None:
            found &= Q(**{f"{order}__lte": self.until})
        return found


SOON_DAYS = 3


def bands(now: datetime, calendar: BusinessCalendar) -> tuple[Band, ...]:
    """Return the bands of deadlines as seen from ``now``, the most urgent first."""
    today = calendar.end_of_day(calendar.day_of(now))
    soon = calendar.end_of_day(calendar.day_of(now + timedelta(days=SOON_DAYS)))
    return (
        Band("overdue", _("overdue"), "bad", None, now),
        Band("today", _("today"), "partner", now, today),
        Band("soon", _("in 3 days"), "nobody", today, soon),
        Band("later", _("later"), "nobody", soon, None),
    )


def narrowed(segments: Iterable[Segment], *conditions: Q) -> tuple[Segment, ...]:
    """Return the segments with conditions added to each."""
    extra = Q()
    for each in conditions:
        extra &= each
    return tuple(
        Segment(each.condition & extra, each.order, each.dated, each.sorted_anew)
        for each in segments
    )


def within_band(segments: Iterable[Segment], band: Band) -> tuple[Segment, ...]:
    """Return the segments within a band; what has no deadline is in none."""
    return tuple(
        Segment(each.condition & band.condition(each.order), each.order)
        for each in segments
        if each.dated and each.order != NEWEST
    )


def found_among(segments: Sequence[Segment], found: Q, *, few: bool) -> tuple[Segment, ...]:
    """Return one segment: what was searched for among the segments, the newest first.

    ``few`` says that an index finds the rows, so that sorting them is cheap.
    """
    anywhere = Q()
    if not any(each.condition == Q() for each in segments):
        for each in segments:
            anywhere |= each.condition
    return (Segment(found & anywhere, NEWEST, sorted_anew=few),)


# -- pages and counts ------------------------------------------------------------------------------


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

    ``line_count`` counts the lines in the running or approved, ``competing`` says whether a case
    of competing claims is open on one of them, ``on_hold`` whether the sweeps leave it alone.
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
    found = (
        Claim.objects.filter(pk__in=keys)
        .select_related(
            "organization", "location", "tenant", "area", "rule_profile", "assigned_reviewer"
        )
        .prefetch_related("activities")
        .annotate(
            line_count=Coalesce(Subquery(lines, output_field=IntegerField()), 0),
            competing=Exists(rivals),
            on_hold=Exists(holds),
        )
    )
    by_key = {claim.pk: claim for claim in found}
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
    output_field = IntegerField()  # type: ignore[assignment]

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
    found = User.objects.filter(pk=user.pk).order_by().values(**columns)[0]
    return {
        name: min(COUNTED + 1, sum(found[f"{name}_{index}"] or 0 for index in range(len(segments))))
        for name, segments in counts.items()
    }


def coming_up(user: User, now: datetime) -> Claim | None:
    """Return the open claim whose deadline comes next, whoever's move it is."""
    for segment in (Segment(WITH_REVIEWER & Q(due_at__gt=now)), Segment(WITH_PARTNER)):
        keys = segment.keys(1, None, backwards=False)
        if keys:
            return Claim.objects.get(pk=keys[0].pk)
    return None


def waiting_for(user: User, now: datetime) -> int:
    """Return how many cases "Next case" could give the user now, up to ``COUNTED`` + 1."""
    return open_to(user, now).order_by().values("pk")[: COUNTED + 1].count()


class _Row(Func):
    """Several columns compared at once, so that one index serves the comparison."""

    function = ""
    template = "(%(expressions)s)"
    output_field = BooleanField()


def _moment(at: datetime | None) -> Value:
    return Value(at, output_field=DateTimeField())
