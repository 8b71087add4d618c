"""The first page: how full the queues are, what expires today, one's own cases, deadlines met."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from claims import actors
from claims.models import ClaimEvent
from claims.services.registry_age import stale_since
from claims.states import Side
from consent.models import HandoffEndpoint, IncentiveHandoff
from cpor_site.common import clock, deliveries
from cpor_site.common.business_calendar import BusinessCalendar
from cpor_site.common.models import JobRun, OutboxMessage, User
from cpor_site.common.operator_calendar import operator_calendar

from .. import queue_pages, queues
from ..case_queue import CHOICES, open_cases
from ..models import CaseLease
from ..queue_pages import COUNTED
from ..queues import BY_CODE, COMPETING, OPEN_QUEUE, QUEUES
from ..services import administrative, leases
from . import case_queue
from .case import VIEW_CASE, VIEW_CLAIM, reader
from .leading import waiting_renewals
from .queues import Row, rows_of

SHORT = 8
"""Rows of a list on the first page."""

WEEKS = 8
JOBS_WITHIN = timedelta(days=7)
STUCK_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Part:
    """One band of a tile: how many, and where they are listed."""

    name: Promise
    hue: str
    count: str
    url: str


@dataclass(frozen=True)
class Tile:
    """One queue, or one thing that went wrong, with its number."""

    name: str | Promise
    count: str
    url: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Week:
    """One week of the chart: reviewers' deadlines met and missed, and the bar's measures.

    The measures are parts of the chart's height, from the top.
    """

    begins: date
    met: int
    missed: int
    x: int
    met_y: float
    met_height: float
    missed_y: float
    missed_height: float

    @property
    def total(self) -> int:
        return self.met + self.missed

    @property
    def share(self) -> int | None:
        """The deadlines met, in percent, rounded down; None without any."""
        return self.met * 100 // self.total if self.total else None


def landing(request: HttpRequest) -> dict[str, Any]:
    """Return what the first page shows to this reader; empty for one who can't read claims."""
    user, now = reader(request), clock.now()
    troubles = troubles_of(user, now)
    if not user.has_perm(VIEW_CLAIM):
        return {"troubles": troubles}
    calendar = operator_calendar()
    bands = queues.bands(now, calendar)
    decides = leases.can_review(user)
    today = queues.within_band(OPEN_QUEUE.segments(user, now), bands[1])
    expiring = queue_pages.page_of(today)
    weeks = weeks_of(now, calendar)
    return {
        "tiles": tiles_of(user, now, calendar, bands),
        "troubles": troubles,
        "expiring": rows_of(
            queue_pages.with_leases(expiring.claims[:SHORT], now), user, now, calendar
        ),
        "more_expiring": len(expiring.claims) > SHORT or expiring.next is not None,
        "expiring_url": f"{_list()}?due=today",
        "decides": decides,
        "mine": _mine(user, now, calendar) if decides else [],
        "weeks": weeks,
        "any_weeks": any(week.total for week in weeks),
        "next_case_url": reverse("admin:reviews_next_case"),
    }


def tiles_of(
    user: User, now: datetime, calendar: BusinessCalendar, bands: tuple[queues.Band, ...]
) -> list[Tile]:
    """Return a tile for each queue with its number and its bands.

    One query for all numbers, and one for the cases of competing claims.
    """
    wanted: dict[str, Any] = {}
    claims = [queue for queue in QUEUES if queue is not COMPETING]
    for queue in claims:
        segments = queue.segments(user, now)
        wanted[queue.code] = segments
        for band in bands:
            wanted[f"{queue.code}__{band.code}"] = queues.within_band(segments, band)
    counts = queue_pages.capped_counts(wanted, user)
    tiles = []
    for queue in QUEUES:
        if queue is COMPETING:
            tiles += [_cases_tile(user, now, calendar)] if user.has_perm(VIEW_CASE) else []
            continue
        address = f"{_list()}?queue={queue.code}"
        parts = tuple(
            Part(
                band.name,
                band.hue,
                number_words(counts[f"{queue.code}__{band.code}"]),
                f"{address}&due={band.code}",
            )
            for band in bands
            if counts.get(f"{queue.code}__{band.code}")
        )
        tiles.append(Tile(queue.name, number_words(counts[queue.code]), address, parts))
    return tiles


def _cases_tile(user: User, now: datetime, calendar: BusinessCalendar) -> Tile:
    """Return the tile of competing claims, which counts cases."""
    cases = open_cases(now, calendar)
    hues = {"late": "bad", "ready": "partner", "mine": "nobody"}
    parts = tuple(
        Part(
            each.name,
            hues[each.code],
            number_words(number),
            f"{_list()}{case_queue.address(show=each.code)}",
        )
        for each in CHOICES
        if each.code in hues and (number := sum(each.holds(case, user, now) for case in cases))
    )
    return Tile(COMPETING.name, number_words(len(cases)), f"{_list()}{case_queue.address()}", parts)


def troubles_of(user: User, now: datetime) -> list[Tile]:
    """Return tiles for letters, hand-offs and jobs that failed, for whoever may read those."""
    tiles = []
    if leases.can_review(user) and actors.is_lead(user):
        tiles += _waiting_for_leads(user)
    if user.has_perm("common.view_outboxmessage"):
        lost = OutboxMessage.objects.filter(deliveries.LOST)[: COUNTED + 1].count()
        if lost:
            url = reverse("admin:common_outboxmessage_changelist")
            tiles.append(
                Tile(_("Letters that failed or came back"), number_words(lost), f"{url}?fate=lost")
            )
    stale = stale_since(now) if user.has_perm("claims.view_subscription") else None
    if stale is not None:
        hours = int((now - stale).total_seconds() // 3600)
        url = reverse("admin:claims_subscription_changelist")
        tiles.append(Tile(_("Hours since customer data was refreshed"), number_words(hours), url))
    if user.has_perm("consent.view_handoffbatch"):
        tiles += _troubles_of_handoffs()
    if user.has_perm("common.view_jobrun"):
        runs = JobRun.objects.filter(started_at__gt=now - JOBS_WITHIN, failed__gt=0)
        url = reverse("admin:common_jobrun_changelist")
        failed = runs[: COUNTED + 1].count()
        if failed:
            tiles.append(
                Tile(_("Job runs with failures"), number_words(failed), f"{url}?outcome=failed")
            )
        stuck = JobRun.objects.filter(finished_at=None, started_at__lt=now - STUCK_AFTER)
        count = stuck.filter(started_at__gt=now - JOBS_WITHIN)[: COUNTED + 1].count()
        if count:
            tiles.append(
                Tile(_("Job runs that never ended"), number_words(count), f"{url}?outcome=stuck")
            )
    return tiles


def _waiting_for_leads(user: User) -> list[Tile]:
    """Return how many decisions wait for a lead reviewer, but for the reader's own proposals."""
    wishes = waiting_renewals()[: COUNTED + 1].count()
    proposals = administrative.waiting_ends().exclude(proposed_by=user)[: COUNTED + 1].count()
    url = reverse("admin:reviews_leads")
    found = (
        (_("Customers to be asked once more?"), wishes),
        (_("Claims to be closed: confirm?"), proposals),
    )
    return [Tile(name, number_words(count), url) for name, count in found if count]


def _troubles_of_handoffs() -> list[Tile]:
    state = IncentiveHandoff.State.FAILED
    tiles = []
    failed = IncentiveHandoff.objects.filter(state=state)[: COUNTED + 1].count()
    if failed:
        url = reverse("admin:consent_incentivehandoff_changelist")
        tiles.append(
            Tile(_("Hand-offs that failed"), number_words(failed), f"{url}?state__exact={state}")
        )
    gone = HandoffEndpoint.objects.filter(url=settings.CPOR_HANDOFF_URL, gone_at__isnull=False)
    for endpoint in gone:
        url = reverse("admin:consent_handoffendpoint_change", args=[endpoint.pk])
        tiles.append(Tile(_("Address for hand-offs that is gone"), number_words(1), url))
    return tiles


def weeks_of(now: datetime, calendar: BusinessCalendar) -> list[Week]:
    """Return reviewers' deadlines met and missed in eight weeks, the running one included."""
    today = calendar.day_of(now)
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=WEEKS - 1)
    events = (
        ClaimEvent.objects.filter(
            side=Side.REVIEWER,
            nominal_due_at__isnull=False,
            at__gte=datetime.combine(first, datetime.min.time(), tzinfo=calendar.zone),
        )
        .order_by()
        .values(day=TruncDate("at", tzinfo=calendar.zone))
        .annotate(total=Count("pk"), met=Count("pk", filter=Q(at__lte=F("nominal_due_at"))))
    )
    met, total = [0] * WEEKS, [0] * WEEKS
    for each in events:
        index = (each["day"] - first).days // 7
        if 0 <= index < WEEKS:
            met[index] += each["met"]
            total[index] += each["total"]
    highest = max([*total, 1])
    return [
        _week(first + timedelta(weeks=index), met[index], total[index], index, highest)
        for index in range(WEEKS)
    ]


CHART_HEIGHT = 96
STEP = 44


def _week(begins: date, met: int, total: int, index: int, highest: int) -> Week:
    met_height = round(CHART_HEIGHT * met / highest, 1)
    missed_height = round(CHART_HEIGHT * (total - met) / highest, 1)
    return Week(
        begins=begins,
        met=met,
        missed=total - met,
        x=index * STEP + 8,
        met_y=round(CHART_HEIGHT - met_height, 1),
        met_height=met_height,
        missed_y=round(CHART_HEIGHT - met_height - missed_height, 1),
        missed_height=missed_height,
    )


def number_words(count: int) -> str:
    """Return a number as a tile shows it; what was counted only in part ends in a plus."""
    return f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"


def _mine(user: User, now: datetime, calendar: BusinessCalendar) -> list[Row]:
    """Return what the reader has open or reviews, the nearest deadline first."""
    held = CaseLease.objects.filter(leases.running(now), holder=user).order_by("-taken_at")
    open_now = list(held.values_list("claim", flat=True)[:SHORT])
    reviewed = queue_pages.page_of(BY_CODE["mine"].segments(user, now)).claims
    keys = list(dict.fromkeys([*open_now, *(claim.pk for claim in reviewed)]))[:SHORT]
    claims = queue_pages.with_leases(queue_pages.rows(keys), now)
    return rows_of(claims, user, now, calendar)


def _list() -> str:
    return reverse("admin:claims_claim_changelist")
