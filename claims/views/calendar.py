"""Deadlines outside the desk: the calendar behind a secret address, and the page about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from cpor_site.common import clock, limits
from cpor_site.common.client import network_of
from cpor_site.common.letters import usable_locale
from cpor_site.common.operator_calendar import operator_calendar
from cpor_site.common.reader import zone_named

from ..calendar import Entry, as_ical, entries_for
from ..models import CalendarFeed
from ..services import calendar as feeds
from .access import page, reader

MOST_READINGS = 300
WITHIN = timedelta(minutes=5)
SHOWN = 10


@require_safe
@sensitive_variables("token")
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """The calendar of whoever made this address; 404 for every address that isn't one."""
    if not limits.allowed("calendar", network_of(request), most=MOST_READINGS, within=WITHIN):
        refusal = limits.TooMany(limits.window_end(WITHIN))
        answer: HttpResponseBase = _plain(str(refusal.problems[0].message), 429)
        answer["Retry-After"] = str(int((refusal.again_at - clock.now()).total_seconds()) + 1)
        return answer
    found = feeds.feed_with(token)
    if found is None:
        return _plain(_("There is no calendar at this address."), 404)
    now = clock.now()
    feeds.note_reading(found, now)
    user = found.user
    with (
        translation.override(usable_locale(user.locale)),
        timezone.override(zone_named(user.time_zone)),
    ):
        entries = entries_for(user, now)
        content = as_ical(entries)
        language = translation.get_language()
    etag = quote_etag(sha256(content).hexdigest()[:32])
    modified = _last_modified(found, entries, now)
    whole = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    whole["Content-Language"] = language or settings.LANGUAGE_CODE
    whole["Content-Disposition"] = 'inline; filename="deadlines.ics"'
    whole["ETag"] = etag
    whole["Last-Modified"] = http_date(modified)
    answer = get_conditional_response(request, etag, modified, whole) or whole
    return _guarded(answer)


@page
@require_safe
def calendar_page(request: HttpRequest) -> HttpResponse:
    """Say what the calendar is, whether it is on, and what it holds now."""
    return _page(request)


@page
@require_POST
@sensitive_variables("token", "address")
def make_calendar(request: HttpRequest) -> HttpResponse:
    """Make a new address and show it, this once; the one before stops working."""
    token = feeds.make_feed(reader(request))
    address = settings.CPOR_PUBLIC_URL + reverse("calendar_feed", args=[token])
    return _page(request, address)


@page
@require_POST
def switch_calendar_off(request: HttpRequest) -> HttpResponse:
    """Revoke the address."""
    if feeds.revoke_feed(reader(request)):
        messages.success(
            request,
            _("The calendar is switched off. Programs that had its address get nothing any more."),
        )
    return redirect("calendar_page")


def _page(request: HttpRequest, address: str = "") -> HttpResponse:
    user = reader(request)
    entries = entries_for(user, clock.now())
    return render(
        request,
        "claims/calendar/page.html",
        {
            "here": "claims",
            "feed": feeds.feed_of(user),
            "address": address,
            "webcal": f"webcal://{address.partition('://')[2]}",
            "entries": entries[:SHOWN],
            "more": max(0, len(entries) - SHOWN),
        },
    )


def _last_modified(feed: CalendarFeed, entries: list[Entry], now: datetime) -> int:
    """Return a moment (seconds) before which a copy is out of date.

    Not only what changed counts: an entry also goes when its time has come, and a subscription's
    end comes into sight, so that every day begins a new calendar.
    """
    calendar = operator_calendar()
    begun = calendar.start_of_day(calendar.day_of(now))
    latest = max([feed.created_at, begun, *(entry.changed_at for entry in entries)])
    return int(latest.astimezone(UTC).timestamp())


def _plain(text: str, status: int) -> HttpResponseBase:
    return _guarded(HttpResponse(text, status=status, content_type="text/plain; charset=utf-8"))


def _guarded(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "private, max-age=0, must-revalidate"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
