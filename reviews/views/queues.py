"""The queues as pages to read: filters, search, rows with their reasons, one page after another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from claims import actors
from claims.models import Claim, SolutionArea
from claims.standing import proof_asked
from claims.states import AssociationState, DeadlineKind, Status
from cpor_site.common import clock
from cpor_site.common.business_calendar import BusinessCalendar
from cpor_site.common.models import User
from cpor_site.common.operator_calendar import operator_calendar

from .. import queue_pages, queues
from ..models import CaseLease
from ..queue_pages import COUNTED, Key, Place, Segment
from ..queue_search import LONGEST, search
from ..queues import ALL, BY_CODE, COMPETING, OPEN_QUEUE, QUEUES, Band, Queue
from ..services import leases
from ..standing_for_reviewers import Standing, standing_of
from .case import VIEW_CASE, VIEW_CLAIM, reader
from .case_queue import cases_page

PARAMETERS = ("queue", "status", "area", "due", "q")
"""What an address may ask for beside its place; everything else in it is left alone."""


@dataclass(frozen=True)
class Asked:
    """What the address asks for, cleaned: unknown values count as not given."""

    queue: str = ""
    status: str = ""
    area: str = ""
    due: str = ""
    q: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Asked:
        given = {name: query.get(name, "").replace("\0", "").strip() for name in PARAMETERS}
        if given["queue"] not in BY_CODE:
            given["queue"] = ""
        if given["status"] not in Status.values:
            given["status"] = ""
        if given["queue"] == COMPETING.code and (given["q"] or given["status"]):
            given["queue"] = ""  # It lists cases; who looks for claims looks through all of them.
        given["area"] = given["area"][:40]
        given["q"] = given["q"][:LONGEST]
        return cls(**given)

    def address(self, **changes: str) -> str:
        """Return the query of this page with something else instead, without empty parts."""
        parts = replace(self, **changes)
        found = [(name, getattr(parts, name)) for name in PARAMETERS]
        return "?" + urlencode([(name, value) for name, value in found if value])


@dataclass(frozen=True)
class Row:
    """One claim of a queue as its row shows it."""

    claim: Claim
    standing: Standing
    reasons: list[str]
    lease: CaseLease | None
    held_by_me: bool
    url: str
    clock_url: str


@require_safe
def queue_page(request: HttpRequest) -> HttpResponse:
    """Show one queue, or what was searched for; nothing on this address changes anything."""
    if not request.user.has_perm(VIEW_CLAIM):
        raise PermissionDenied
    user, now, calendar = reader(request), clock.now(), operator_calendar()
    asked = Asked.of(request.GET)
    queue = chosen_queue(asked)
    if queue is COMPETING:
        return cases_page(request, _frame(request, user, Asked(), queue), user, now, calendar)
    areas = list(SolutionArea.objects.values_list("code", "name"))
    bands = queues.bands(now, calendar) if queue is not ALL else ()
    segments, notice = segments_of(asked, queue, user, now, bands)
    page = queue_pages.page_of(segments, place_in(request.GET))
    claims = queue_pages.with_leases(page.claims, now)
    counted = queue_pages.capped_counts({"rows": segments}, user)["rows"]
    context = {
        **_frame(request, user, asked, queue),
        "bands": [
            (band, asked.address(due="" if band.code == asked.due else band.code)) for band in bands
        ],
        "statuses": Status.choices,
        "areas": areas,
        "rows": rows_of(claims, user, now, calendar, back=request.GET.urlencode()),
        "count": count_words(counted),
        "notice": notice,
        "sees_cases": user.has_perm(VIEW_CASE),
        "narrowed": bool(asked.q or asked.status or asked.area or asked.due),
        "plain_address": asked.address(status="", area="", due="", q=""),
        "here": request.get_full_path(),
        "next": _place_address(asked, page.next),
        "previous": _place_address(asked, page.previous),
        "first": asked.address(),
        "leads": leases.can_review(user) and actors.is_lead(user),
    }
    return TemplateResponse(request, "admin/queue/queue.html", context)


def _frame(request: HttpRequest, user: User, asked: Asked, queue: Queue) -> dict[str, Any]:
    """Return what the page of every queue shows around its rows."""
    return {
        **admin.site.each_context(request),
        "title": _("Search") if asked.q else queue.name,
        "opts": Claim._meta,
        "zone": timezone.get_current_timezone(),
        "asked": asked,
        "queue": queue,
        "queues": [
            (each, asked.address(queue=each.code, due="", status="", q=""), each is queue)
            for each in (OPEN_QUEUE, *QUEUES, ALL)
            if each is not COMPETING or user.has_perm(VIEW_CASE)
        ],
        "decides": leases.can_review(user),
        "next_case_url": reverse("admin:reviews_next_case"),
    }


def chosen_queue(asked: Asked) -> Queue:
    """Return the queue asked for; a search or a status alone looks through all claims."""
    if not asked.queue and (asked.q or asked.status):
        return ALL
    return BY_CODE[asked.queue]


def segments_of(
    asked: Asked, queue: Queue, user: User, now: datetime, bands: tuple[Band, ...]
) -> tuple[tuple[Segment, ...], str]:
    """Return the segments that make up the page, and a notice about the search."""
    segments = queue.segments(user, now)
    band = next((each for each in bands if each.code == asked.due), None)
    if band is not None:
        segments = queues.within_band(segments, band)
    if asked.status:
        segments = queues.narrowed(segments, Q(status=asked.status))
    if asked.area:
        area = SolutionArea.objects.filter(code=asked.area).values("pk")
        segments = queues.narrowed(segments, Q(area__in=area))
    if not asked.q:
        return segments, ""
    found = search(asked.q)
    return queues.found_among(segments, found.condition, few=found.few), found.notice


def place_in(query: QueryDict) -> Place | None:
    """Return the place that the address names, or None for the beginning and for nonsense."""
    for name in ("after", "before"):
        parts = query.get(name, "").split("~")
        if len(parts) != 3 or not (_is_number(parts[0]) and _is_number(parts[2])):
            continue
        try:
            at = parse_datetime(parts[1]) if parts[1] else None
            if parts[1] and (at is None or at.tzinfo is None):
                continue
            at = at and at.astimezone(UTC)
        except (ValueError, OverflowError):  # The latter at both ends of the calendar.
            continue
        return Place(int(parts[0]), Key(int(parts[2]), at), backwards=name == "before")
    return None


def count_words(counted: int) -> str:
    """Return how many claims there are, in words; what was counted only in part ends in a plus."""
    if counted > COUNTED:
        return _("more than %(number)s claims") % {"number": f"{COUNTED:,}"}
    return ngettext("%(number)d claim", "%(number)d claims", counted) % {"number": counted}


def reasons_of(claim: Claim, user: User, now: datetime) -> list[str]:
    """Return everything that puts the claim into a queue, in words."""
    with_reviewer = claim.status in leases.WITH_REVIEWERS
    mine = claim.assigned_reviewer_id == user.pk
    provisional = claim.association_state == AssociationState.PROVISIONAL
    facts: list[tuple[bool, str | Promise]] = [
        (claim.status == Status.DISPUTED, _("the decision is disputed")),
        (
            claim.status == Status.SUBMITTED
            and claim.round > 1
            and claim.action_requested_at is not None,
            _("the partner has answered"),
        ),
        (with_reviewer and claim.assigned_reviewer_id is None, _("nobody reviews it yet")),
        (with_reviewer and mine, _("you review it")),
        (
            with_reviewer and claim.assigned_reviewer_id is not None and not mine,
            _("somebody else reviews it"),
        ),
        (
            with_reviewer and claim.due_at is not None and claim.due_at <= now,
            _("a reviewer is late"),
        ),
        (claim.status == Status.PARTNER_ACTION_REQUIRED, _("the partner was asked")),
        (claim.awaits_contact, _("no letter reached the customer")),
        (proof_asked(claim) is not None, _("the partner was asked for newer proof")),
        (provisional and not claim.awaits_contact, _("the customer may refuse")),
        (claim.status == Status.REJECTED, _rejected_words(claim, now)),
        (claim.association_state == AssociationState.ACTIVE, _("the association is in force")),
        (claim.status == Status.EDITING, _("the partner hasn't handed it in")),
        (claim.status == Status.CANCELLED, _("the partner has discarded it")),
        (claim.status == Status.ENDED, _("the association has ended")),
        (
            claim.status == Status.ENDED and _may_be_disputed(claim, now),
            _("the partner may dispute its displacement"),
        ),
        (bool(getattr(claim, "competing", False)), _("another partner claims the same")),
        (bool(getattr(claim, "on_hold", False)), _("its automatic end is on hold")),
    ]
    return [str(words) for holds, words in facts if holds]


def _rejected_words(claim: Claim, now: datetime) -> str:
    if _may_be_disputed(claim, now):
        return _("the partner may dispute the rejection")
    return _("the rejection is final")


def _may_be_disputed(claim: Claim, now: datetime) -> bool:
    return (
        claim.deadline_kind == DeadlineKind.DISPUTE_FILING
        and claim.due_at is not None
        and claim.due_at > now
    )


def rows_of(
    claims: list[Claim],
    user: User,
    now: datetime,
    calendar: BusinessCalendar,
    *,
    back: str = "",
) -> list[Row]:
    """Return the claims with all that a row says of them; ``back`` is the queue's own query."""
    queue = reverse("admin:claims_claim_changelist")
    way_back = f"?{urlencode({'_changelist_filters': back})}" if back else ""
    found = []
    for claim in claims:
        lease = next(iter(claim.running_leases), None)  # type: ignore[attr-defined]
        found.append(
            Row(
                claim=claim,
                standing=standing_of(claim, user, now, calendar),
                reasons=reasons_of(claim, user, now),
                lease=lease,
                held_by_me=lease is not None and lease.holder_id == user.pk,
                url=f"{queue}{claim.pk}/{way_back}",
                clock_url=f"{queue}{claim.pk}/clock/",
            )
        )
    return found


def _place_address(asked: Asked, place: Place | None) -> str:
    if place is None:
        return ""
    name = "before" if place.backwards else "after"
    start = asked.address()
    return f"{start}{'&' if start != '?' else ''}{urlencode({name: str(place)})}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
