"""How far a case of competing claims is, and how old: what lists, queues and pages tell alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from claims.states import Status
from cpor_site.common.business_calendar import BusinessCalendar

from .models import CompetingClaimsCase, CompetingParty

SLA_DAYS = 15
"""Business days within which a case should be settled (5.8)."""

MOST_COUNTED = 1000

Standing = CompetingParty.Standing
WITH_REVIEWERS = (Status.UNDER_REVIEW, Status.DISPUTED)


class Stage(models.TextChoices):
    """How far a case is; only the first three wait for something."""

    REVIEW = "review", _("first review")
    ASKED = "asked", _("present partner asked")
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
    unanswered = present.filter(
        proof_request__answer="",
        proof_request__closed_at=None,
        proof_request__due_at__gt=now,
    )
    not_asked = Q(asked_at=None) & Exists(present.filter(standing=Standing.INCUMBENT))
    return cases.annotate(
        stage=Case(
            When(ruling__isnull=False, then=Value(Stage.RULED)),
            When(closed_at__isnull=False, then=Value(Stage.CLOSED)),
            When(~Exists(ready) | not_asked, then=Value(Stage.REVIEW)),
            When(Exists(unanswered), then=Value(Stage.ASKED)),
            default=Value(Stage.READY),
            output_field=CharField(),
        )
    )


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


@dataclass(frozen=True)
class Cases:
    """The open cases in numbers, with the addresses of their lists."""

    open: int
    ready: int
    late: int
    url: str
    ready_url: str


def open_cases(now: datetime, calendar: BusinessCalendar) -> Cases:
    """Return how many cases are open, ready to rule and late; one query.

    Up to ``MOST_COUNTED`` are looked at, the oldest first.
    """
    found = list(
        with_stage(CompetingClaimsCase.objects.filter(closed_at=None), now)
        .order_by("opened_at")
        .only("opened_at", "closed_at")[:MOST_COUNTED]
    )
    url = reverse("admin:reviews_competingclaimscase_changelist")
    return Cases(
        len(found),
        sum(each.stage == Stage.READY for each in found),
        sum(late_since(each, calendar) < now for each in found),
        f"{url}?stage=open",
        f"{url}?stage={Stage.READY}",
    )
