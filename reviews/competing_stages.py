"""How far a case of competing claims is, and how old: what lists, queues and pages tell alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from claims.states import Status
from claims.wording import key_words
from cpor_site.common.business_calendar import BusinessCalendar

from .models import CompetingClaimsCase, CompetingParty

SLA_DAYS = 15
"""Business days within which a case should be settled (5.8)."""

Standing = CompetingParty.Standing
WITH_REVIEWERS = (Status.UNDER_REVIEW, Status.DISPUTED)


class Stage(models.TextChoices):
    """How far a case is; only the first three wait for something."""

    REVIEW = "review", _("first review")
    ASKED = "asked", _("partner of record asked")
    READY = "ready", _("ready to rule")
    RULED = "ruled", _("ruled")
    CLOSED = "closed", _("closed without a ruling")


HUES = {
    Stage.REVIEW: "reviewer",
    Stage.ASKED: "partner",
    Stage.READY: "reviewer",
    Stage.RULED: "good",
    Stage.CLOSED: "nobody",
}
"""The status hue of each stage, which is also the name of its icon."""


def with_stage(cases: QuerySet[CompetingClaimsCase], now: datetime) -> QuerySet[Any]:
    """Give each case its ``stage`` as it is at ``now``.

    A case is ready when a challenger's proof was found sufficient in the claim's present round, and
    the present partner, if there is one, has answered or its time is over (5.3, 5.9).
    """
    present = CompetingParty.objects.filter(case=OuterRef("pk"), left_at=None).order_by()
    ready = present.filter(
        standing=Standing.CHALLENGER,
        sufficient_round=F("claim__round"),
        claim__status__in=WITH_REVIEWERS,
    )
    not_asked = Q(asked_at=None) & Exists(present.filter(standing=Standing.INCUMBENT))
    return cases.annotate(
        stage=Case(
            When(ruling__isnull=False, then=Value(Stage.RULED)),
            When(closed_at__isnull=False, then=Value(Stage.CLOSED)),
            When(~Exists(ready) | not_asked, then=Value(Stage.REVIEW)),
            When(Exists(present.filter(unanswered(now))), then=Value(Stage.ASKED)),
            default=Value(Stage.READY),
            output_field=CharField(),
        )
    )


def unanswered(now: datetime) -> Q:
    """Return which parties owe an answer to a request for newer proof; ``owes_proof`` for one."""
    return Q(
        proof_request__answer="",
        proof_request__closed_at=None,
        proof_request__due_at__gt=now,
    )


def owes_proof(party: CompetingParty, now: datetime) -> bool:
    """Whether the party owes an answer to a request for newer proof; reads the request."""
    request = party.proof_request
    if request is None or request.answer or request.closed_at is not None:
        return False
    return request.due_at > now


@dataclass(frozen=True)
class Age:
    """How old a case is, in business days, against the days it should take (5.8).

    ``words`` say it; ``is_late`` is only for a case that is open beyond ``due_at``.
    """

    days: int
    due_at: datetime
    is_late: bool
    words: str


def age_of(case: CompetingClaimsCase, now: datetime, calendar: BusinessCalendar) -> Age:
    """Return the age of an open case now, or that of a closed one when it was closed."""
    days = calendar.business_days_between(case.opened_at, case.closed_at or now)
    due_at = late_since(case, calendar)
    words = ngettext(
        "%(days)d of %(sla)d business days", "%(days)d of %(sla)d business days", days
    ) % {"days": days, "sla": SLA_DAYS}
    late = due_at < (case.closed_at or now)
    if late:
        words = gettext("%(age)s: late") % {"age": words}
    return Age(days, due_at, late and case.closed_at is None, words)


def late_since(case: CompetingClaimsCase, calendar: BusinessCalendar) -> datetime:
    """Return the moment by which the case should be settled (5.8)."""
    return calendar.business_deadline(case.opened_at, SLA_DAYS).due_at


def stage_words(stage: str) -> Promise | str:
    """Return what a stage is called."""
    return Stage(stage).label


def subject_of(case: CompetingClaimsCase, party: CompetingParty | None) -> str:
    """Return what is contested: "Exchange Online at Contoso AG"; ``party`` is any of the case."""
    if party is None:
        return key_words(case.key)
    customer = str(party.claim.tenant or "")
    return key_words(case.key, product=str(party.line.product), customer=customer)
