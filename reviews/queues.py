"""The queues: which claims stand in each, in which order, and what narrows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims.models import Claim
from claims.states import AssociationState, Status
from cpor_site.common.business_calendar import BusinessCalendar
from cpor_site.common.models import User

from .queue_pages import CLOSES, COUNTED, DUE, NEWEST, Segment
from .services.leases import WITH_REVIEWERS
from .services.next_case import open_to

WITH_REVIEWER = Q(status__in=WITH_REVIEWERS)
WITH_PARTNER = Q(status=Status.PARTNER_ACTION_REQUIRED)
WITH_CUSTOMER = Q(status=Status.APPROVED, association_state=AssociationState.PROVISIONAL)
UNDELIVERED = WITH_CUSTOMER & Q(consent_undelivered_at__isnull=False)
"""The letter to the customer came back: the partner has to name somebody else. No clock runs."""

UNSENT = WITH_CUSTOMER & Q(consent_undelivered_at=None)
RESUBMITTED = Q(status=Status.SUBMITTED, round__gt=1, action_requested_at__isnull=False)


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
    not_answered = (
        ~Q(status=Status.SUBMITTED) | Q(round__lte=1) | Q(action_requested_at__isnull=True)
    )
    return (
        Segment(RESUBMITTED & Q(assigned_reviewer=user)),
        Segment(WITH_REVIEWER & (not_answered | ~Q(assigned_reviewer=user))),
        Segment(WITH_PARTNER),
        Segment(WITH_CUSTOMER, CLOSES),
        Segment(WITH_CUSTOMER, CLOSES, dated=False),
    )


class _PartnersQueue(Queue):
    """What waits for partners: answers to questions by their deadline, then other contacts."""

    def segments(self, user: User, now: datetime) -> tuple[Segment, ...]:
        # Each by itself, so that each walks an index of its own.
        return (
            Segment(WITH_PARTNER),
            Segment(WITH_PARTNER, dated=False),
            Segment(UNDELIVERED, dated=False),
        )


class _CustomersQueue(Queue):
    """What waits for customers: open windows by their end, then letters that haven't left."""

    def segments(self, user: User, now: datetime) -> tuple[Segment, ...]:
        return Segment(WITH_CUSTOMER, CLOSES), Segment(UNSENT, CLOSES, dated=False)


class _OpenQueue(Queue):
    """Everything that waits for somebody: the reader's answered claims, reviewers', others'."""

    def segments(self, user: User, now: datetime) -> tuple[Segment, ...]:
        return _open_segments(user, now)


class _CasesQueue(Queue):
    """The open cases of competing claims: no claims stand in it, ``case_queue`` has its rows."""

    def segments(self, user: User, now: datetime) -> tuple[Segment, ...]:
        return ()


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
COMPETING = _CasesQueue(
    "competing",
    _("Competing"),
    _("Several partners claim the same. Ready to rule stands on top, then the nearest deadline."),
    _("No two partners claim the same now."),
    lambda user, now: (),
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
    _PartnersQueue(
        "partner",
        _("Waiting for the partner"),
        _(
            "Sent back with questions: without an answer they are rejected by themselves. Below "
            "them approved claims whose customer no letter reached: their clock stands still."
        ),
        _("No partner owes an answer now."),
        lambda user, now: (WITH_PARTNER | UNDELIVERED,),
    ),
    _CustomersQueue(
        "customer",
        _("Waiting for the customer"),
        _("Approved; without a refusal the association comes into force by itself."),
        _("No customer can refuse anything now."),
        lambda user, now: (UNSENT,),
        CLOSES,
    ),
    COMPETING,
    Queue(
        "disputes",
        _("Disputes"),
        _("The partner disputes a rejection or a displacement; somebody else decides on it anew."),
        _("No decision is disputed now."),
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
    return tuple(replace(each, condition=each.condition & extra) for each in segments)


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
