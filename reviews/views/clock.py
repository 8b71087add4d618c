"""How a claim's deadline was counted: day by day, with what was skipped and what is paused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from claims import actors
from claims.models import Claim, ClaimEvent, ClockHold
from claims.services.displacement import holds_in_the_way
from claims.standing import CALENDAR_DAYS
from claims.states import DeadlineKind
from claims.wording import event_words
from consent.services.extensions import extension_of
from consent.services.undelivered import losses_of
from cpor_site.common import clock
from cpor_site.common.business_calendar import BusinessCalendar, Deadline
from cpor_site.common.operator_calendar import operator_calendar

from ..services import holds, leases
from ..standing_for_reviewers import standing_of
from .case import CLOCK_STARTS, about_a_case, frame, reader
from .extension import can_extend


@dataclass(frozen=True)
class Day:
    """One day of the count: its number, or why it isn't counted."""

    on: date
    number: int | None
    why: str
    is_today: bool


@dataclass(frozen=True)
class Past:
    """An earlier deadline and the act that ended it."""

    due_at: datetime
    act: str
    at: datetime
    met: bool


@require_safe
@about_a_case
def clock_page(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Show how the running deadline was counted, and the deadlines before it."""
    now, calendar = clock.now(), operator_calendar()
    counted = counted_of(claim, calendar)
    events = ClaimEvent.objects.filter(claim=claim, nominal_due_at__isnull=False)
    user = reader(request)
    found = list(ClockHold.objects.filter(claim=claim).select_related("placed_by", "lifted_by"))
    context: dict[str, Any] = {
        **frame(request, claim, _("The clock of %(number)s") % {"number": claim.number}),
        "standing": standing_of(claim, user, now, calendar),
        "kind": DeadlineKind(claim.deadline_kind).label if claim.deadline_kind else "",
        "words": calendar.explain(counted, timezone.get_current_timezone()) if counted else "",
        "days": days_of(counted, calendar.day_of(now)) if counted else [],
        "business": counted is not None and counted.unit == "business",
        "rules": _rules(claim),
        "profile": claim.rule_profile,
        "holds": found,
        "holds_in_the_way": holds_in_the_way(claim).select_related("claim", "placed_by"),
        "extension": extension_of(claim),
        "losses": losses_of(claim),
        "can_extend": can_extend(claim, user),
        "can_hold": leases.can_review(user)
        and actors.is_lead(user)
        and holds.ends_by_itself(claim)
        and all(each.lifted_at for each in found),
        "past": [
            Past(
                event.nominal_due_at,
                event_words(event.kind),
                event.at,
                event.at <= event.nominal_due_at,
            )
            for event in events.order_by("-at", "-pk")
            if event.nominal_due_at is not None
        ],
    }
    return TemplateResponse(request, "admin/queue/clock.html", context)


def counted_of(claim: Claim, calendar: BusinessCalendar) -> Deadline | None:
    """Return how the running deadline came about, or None if none runs or its start isn't known."""
    if claim.due_at is None:
        return None
    starts = [getattr(claim, name) for name in CLOCK_STARTS[DeadlineKind(claim.deadline_kind)]]
    start: datetime | None = max((each for each in starts if each is not None), default=None)
    if start is None or start > claim.due_at:
        return None
    unit = "calendar" if claim.deadline_kind in CALENDAR_DAYS else "business"
    return calendar.recount(start, claim.due_at, unit)  # type: ignore[arg-type]


def days_of(counted: Deadline, today: date) -> list[Day]:
    """Return the days of the count in order, the closed ones with their reason."""
    reasons = {day: str(reason) for day, reason in counted.skipped}
    numbers = {day: number for number, day in enumerate(counted.counted, 1)}
    return [
        Day(day, numbers.get(day), reasons.get(day, ""), day == today)
        for day in sorted({*reasons, *numbers})
    ]


RULES: dict[str, Promise] = {
    DeadlineKind.PICKUP: _("It runs from the moment at which the claim was handed in."),
    DeadlineKind.REVIEW: _("It runs from the moment at which the claim was taken up."),
    DeadlineKind.PARTNER_RESPONSE: _("It runs from the moment at which the partner was asked."),
    DeadlineKind.CONSENT: _("It runs from the moment at which the first letter left."),
    DeadlineKind.DISPUTE_FILING: _("It runs from the moment of the rejection."),
    DeadlineKind.DISPUTE_ANSWER: _("It runs from the moment at which the partner disputed."),
}


def _rules(claim: Claim) -> Promise | str:
    return RULES.get(claim.deadline_kind, "")
