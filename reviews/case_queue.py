"""The queue of competing claims: one row for each open case, ready ones and near deadlines first.

Open cases are few, so all of them are put in order at once, up to ``MOST`` of the oldest, and the
rows of one page are read afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Min, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims.models import Claim
from claims.standing import due_seen
from claims.states import Status
from cpor_site.common.business_calendar import BusinessCalendar
from cpor_site.common.models import User

from .competing_stages import (
    HUES,
    SLA_DAYS,
    WITH_REVIEWERS,
    Stage,
    age_of,
    late_since,
    owes_proof,
    subject_of,
    unanswered,
    with_stage,
)
from .models import CompetingClaimsCase, CompetingParty
from .standing_for_reviewers import Due, due_for_reviewers

MOST = 1000
"""Open cases are looked at up to here; what has more is shown as "1,000+"."""

Standing = CompetingParty.Standing
AWAITED = (Status.SUBMITTED, *WITH_REVIEWERS, Status.PARTNER_ACTION_REQUIRED)
"""A challenger in one of these is read by a reviewer, or answers one."""


@dataclass(frozen=True)
class OpenCase:
    """Where an open case stands in the queue.

    ``due_at`` is when whoever it waits for should have acted; ``settle_by`` until when the whole
    case should be settled (5.8), which is the arbiter's deadline.
    """

    pk: int
    stage: Stage
    due_at: datetime
    settle_by: datetime
    arbiter_id: int | None

    def is_late(self, now: datetime) -> bool:
        return self.settle_by < now


def open_cases(now: datetime, calendar: BusinessCalendar) -> list[OpenCase]:
    """Return the open cases in the order of the queue: ready ones first, then by deadline.

    One query; up to ``MOST`` + 1 of the oldest.
    """
    present = CompetingParty.objects.filter(case=OuterRef("pk"), left_at=None).order_by()
    judged = present.filter(
        Q(sufficient_round=None) | ~Q(sufficient_round=F("claim__round")),
        standing=Standing.CHALLENGER,
        claim__status__in=AWAITED,
    )
    asked = present.filter(unanswered(now))
    found = (
        with_stage(CompetingClaimsCase.objects.filter(closed_at=None), now)
        .annotate(
            judged_by=_first(judged, "claim__due_at"),
            answered_by=_first(asked, "proof_request__due_at"),
        )
        .order_by("opened_at", "pk")
        .only("opened_at", "closed_at", "arbiter")[: MOST + 1]
    )
    cases = []
    for case in found:
        settle_by = late_since(case, calendar)
        stage = Stage(case.stage)
        own = {Stage.REVIEW: case.judged_by, Stage.ASKED: case.answered_by}.get(stage)
        cases.append(OpenCase(case.pk, stage, own or settle_by, settle_by, case.arbiter_id))
    return sorted(cases, key=lambda each: (each.stage != Stage.READY, each.due_at))


def _first(parties: QuerySet[CompetingParty], field: str) -> Subquery:
    """Return the earliest of a deadline among a case's parties."""
    return Subquery(parties.values("case").annotate(first=Min(field)).values("first"))


@dataclass(frozen=True)
class Shown:
    """One choice of what the queue is narrowed to; ``code`` stands in the address."""

    code: str
    name: Promise
    holds: Callable[[OpenCase, User, datetime], bool]


CHOICES = (
    Shown("ready", _("ready to rule"), lambda case, user, now: case.stage == Stage.READY),
    Shown("late", _("late"), lambda case, user, now: case.is_late(now)),
    Shown("mine", _("yours to rule"), lambda case, user, now: case.arbiter_id == user.pk),
    Shown("nobody", _("without an arbiter"), lambda case, user, now: case.arbiter_id is None),
)


@dataclass(frozen=True)
class Row:
    """One case as its row shows it.

    ``parties`` are names of partners, the present partner of record first, if ``is_held`` says that
    there is one; ``waits_for`` names whose move it is, ``age`` counts business days (5.8).
    """

    case: CompetingClaimsCase
    what: str
    customer: str
    parties: list[str]
    is_held: bool
    stage: Stage
    hue: str
    waits_for: str
    due: Due
    age: str
    is_late: bool


def rows_of(
    cases: Sequence[OpenCase], reader: User, now: datetime, calendar: BusinessCalendar
) -> list[Row]:
    """Return the rows of a page in the order given; two queries, none for an empty page."""
    parties = (
        CompetingParty.objects.filter(left_at=None)
        .select_related(
            "claim__organization",
            "claim__tenant",
            "claim__assigned_reviewer",
            "line__product",
            "proof_request",
        )
        .order_by("joined_at", "claim_id", "pk")
    )
    found = (
        CompetingClaimsCase.objects.select_related("arbiter")
        .prefetch_related(Prefetch("parties", parties))
        .in_bulk([each.pk for each in cases])
    )
    return [_row(found[each.pk], each, reader, now, calendar) for each in cases if each.pk in found]


def _row(
    case: CompetingClaimsCase,
    place: OpenCase,
    reader: User,
    now: datetime,
    calendar: BusinessCalendar,
) -> Row:
    parties = sorted(case.parties.all(), key=lambda each: each.standing != Standing.INCUMBENT)
    first = parties[0] if parties else None
    by_subscription = case.key.startswith("subscription:")
    age = age_of(case, now, calendar)
    clock = due_seen(place.due_at, now, calendar)
    return Row(
        case=case,
        what=subject_of(case, first),
        customer=str(first.claim.tenant or "") if first and by_subscription else "",
        parties=list(dict.fromkeys(each.claim.organization.name for each in parties)),
        is_held=first is not None and first.standing == Standing.INCUMBENT,
        stage=place.stage,
        hue=HUES[place.stage],
        waits_for=", ".join(dict.fromkeys(waited_for(case, parties, place.stage, reader, now))),
        due=due_for_reviewers(clock, now, calendar),
        age=gettext("%(days)d of %(sla)d") % {"days": age.days, "sla": SLA_DAYS},
        is_late=age.is_late,
    )


def waited_for(
    case: CompetingClaimsCase,
    parties: Sequence[CompetingParty],
    stage: Stage,
    reader: User,
    now: datetime,
) -> list[str]:
    """Name whose move it is, the most urgent first."""
    if stage == Stage.READY:
        return [_person(case.arbiter, reader) or gettext("a lead reviewer")]
    if stage == Stage.ASKED:
        asked = [each for each in parties if owes_proof(each, now)]
        return [each.claim.organization.name for each in asked]
    judged = [
        each.claim
        for each in parties
        if each.standing == Standing.CHALLENGER
        and not each.is_ready
        and each.claim.status in AWAITED
    ]
    judged.sort(key=lambda claim: (claim.due_at is None, claim.due_at))
    return [_judge(claim, reader) for claim in judged] or [gettext("a reviewer")]


def _judge(claim: Claim, reader: User) -> str:
    if claim.status == Status.PARTNER_ACTION_REQUIRED:
        return str(claim.organization.name)
    return _person(claim.assigned_reviewer, reader) or gettext("a reviewer")


def _person(user: User | None, reader: User) -> str:
    if user is None:
        return ""
    return gettext("you") if user.pk == reader.pk else str(user)
