"""Asking for a link by mail address, and the overview of a customer's partners behind one."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from claims.refusals import NotYours
from cpor_site.common import limits
from cpor_site.common.client import address_of, network_of
from cpor_site.common.problems import Refused

from ..forms import AddressForm
from ..services import links, overview
from ..services.answers import LinkUnknown
from ..services.overview import OverviewExpired
from .frame import UNKNOWN, closed, page, shown, speaking, with_form

ANSWER_TAKES = timedelta(milliseconds=500)
"""How long the answer takes at least: longer than looking up, rendering and storing a letter."""

ASKED_AN_HOUR = 20
"""How often one client address may ask for letters."""

INCOMPLETE = 422


@require_http_methods(["GET", "HEAD", "POST"])
@page
@sensitive_variables("token")
def new_link(request: HttpRequest, token: str = "") -> HttpResponse:
    """Ask for a mail address and send it fresh links, if it is one of the customer's (POST)."""

    def send(email: str) -> None:
        links.send_new_links(email=email, token=token, ip_address=address_of(request) or None)

    return _ask(request, "consent/new_link.html", send)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def ask_overview(request: HttpRequest) -> HttpResponse:
    """Ask for a mail address and send it a link to the overview, if it is a customer's (POST)."""

    def send(email: str) -> None:
        overview.send_overview(email=email, ip_address=address_of(request) or None)

    return _ask(request, "consent/ask_overview.html", send)


@require_safe
@page
@sensitive_variables("token")
def overview_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show all associations on the link's tenant; reading only."""
    try:
        link = overview.link_of(token)
    except (LinkUnknown, OverviewExpired) as refusal:
        return _no_overview(request, refusal)
    with speaking(request, link.locale):
        entries = overview.entries_of(link)
        context = {
            "token": token,
            "tenant": link.tenant,
            "tenant_tail": str(link.tenant.tenant_id)[-4:],
            "expires_at": link.expires_at,
            "standing": [each for each in entries if each.stands],
            "ended": [each for each in entries if not each.stands],
            "lately": overview.LATELY.days,
            "whole": overview.shows_all(link),
        }
        response = shown(request, "consent/overview.html", context)
        has_forms = any(each.in_window or each.can_withdraw for each in entries)
        return with_form(response) if has_forms else response


@require_POST
@page
@sensitive_variables("token", "fresh")
def open_claim(request: HttpRequest, token: str, claim_id: int) -> HttpResponse:
    """Lead from the overview to one claim, by a fresh link of the reader's own."""
    try:
        fresh = overview.open_claim(
            token=token, claim_id=claim_id, ip_address=address_of(request) or None
        )
    except (LinkUnknown, OverviewExpired) as refusal:
        return _no_overview(request, refusal)
    except NotYours:
        return _no_overview(request, LinkUnknown())
    with speaking(request, overview.link_of(token).locale):
        return redirect(f"{reverse('consent_page', args=[fresh])}?lang={get_language()}")


def _ask(request: HttpRequest, template: str, send: Callable[[str], None]) -> HttpResponse:
    """Show the form, or send what was asked for; the answer never tells whether there was any.

    Raises ``TooMany`` for an address that asks too often.
    """
    started = time.monotonic()
    with speaking(request):
        if request.method != "POST":
            sent = "sent" in request.GET
            response = shown(request, template, {"form": AddressForm(), "sent": sent})
            return response if sent else with_form(response)
        form = AddressForm(request.POST)
        if not form.is_valid():
            return with_form(shown(request, template, {"form": form}, status=INCOMPLETE))
        limits.ask(
            "consent_asked", network_of(request), most=ASKED_AN_HOUR, within=timedelta(hours=1)
        )
        send(form.cleaned_data["email"])
        time.sleep(max(0.0, ANSWER_TAKES.total_seconds() - (time.monotonic() - started)))
        return redirect(f"{request.path}?lang={get_language()}&sent=1")


def _no_overview(request: HttpRequest, refusal: Refused) -> HttpResponse:
    status = UNKNOWN if isinstance(refusal, LinkUnknown) else 200
    with speaking(request):
        return closed(request, refusal, offers_overview=True, status=status)
