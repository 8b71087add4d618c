"""What all of the customer's pages share: language, headers, limits, and what a bad link gets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_supported_language_variant
from django.views.decorators.debug import sensitive_variables

from claims.refusals import MovedOn
from cpor_site.common import clock, limits
from cpor_site.common.client import network_of
from cpor_site.common.operator_calendar import operator_zone
from cpor_site.common.problems import Refused

from ..services import answers
from ..services.answers import AlreadyAnswered, LinkSuperseded, LinkUnknown, NothingLeft

View = Callable[..., HttpResponse]
TOO_MANY = 429
UNKNOWN = 404

PAGES_A_MINUTE = 120
"""How many of these pages one client address may ask for; a whole company may share one."""


def page(view: View) -> View:
    """Guard a page: few requests a minute from one address, no cache, no referrer, no index.

    A customer can answer while Redis is away, because silence counts as consent.

    The view itself decides about the language, by ``speaking``.
    """

    @wraps(view)
    @sensitive_variables("kwargs")
    def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            limits.ask(
                "consent_page",
                network_of(request),
                most=PAGES_A_MINUTE,
                within=timedelta(minutes=1),
                strict=False,
            )
            response = view(request, **kwargs)
        except limits.TooMany as refusal:
            response = too_many(request, refusal)
        response.setdefault("Referrer-Policy", "no-referrer")
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Cache-Control"] = "no-store"
        return response

    return wrapped


def token_page(view: View) -> View:
    """Find the recipient, speak their language, answer bad links without telling anything.

    The wrapped view gets ``recipient``, and raises what ends an answer for good.
    """

    @page
    @wraps(view)
    @sensitive_variables("token")
    def wrapped(request: HttpRequest, token: str) -> HttpResponse:
        try:
            recipient = answers.recipient_of(token)
        except LinkSuperseded as refusal:
            with speaking(request):
                return closed(request, refusal, token=token, offers_link=True)
        except LinkUnknown as refusal:
            with speaking(request):
                return closed(request, refusal, offers_link=True, status=UNKNOWN)
        with speaking(request, recipient.locale):
            try:
                return view(request, token, recipient)
            except (AlreadyAnswered, NothingLeft, MovedOn) as refusal:
                return closed(request, refusal, token=token, number=recipient.request.claim.number)

    return wrapped


def speaking(request: HttpRequest, preferred: str = "") -> translation.override:
    """Return the context in which the page is in the language of the switch, else the reader's."""
    return translation.override(language_of(request, preferred))


def language_of(request: HttpRequest, preferred: str = "") -> str:
    """Return the language that the address names, else the preferred one, else the browser's."""
    for wanted in (request.GET.get("lang", ""), preferred):
        try:
            return get_supported_language_variant(wanted)
        except LookupError:
            continue
    return translation.get_language_from_request(request)


def shown(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page in the frame that all of them share."""
    shared = {
        "operator_name": settings.CPOR_OPERATOR_NAME,
        "operator_email": settings.CPOR_OPERATOR_EMAIL,
        "languages": settings.LANGUAGES,
        "zone": operator_zone(),
        "now": clock.now(),
    }
    return render(request, template, shared | context, status=status)


def with_form(response: HttpResponse) -> HttpResponse:
    """Let the page's form be sent.

    Under no-referrer browsers send forms from the origin "null", which the CSRF check refuses.
    """
    response["Referrer-Policy"] = "same-origin"
    return response


def closed(
    request: HttpRequest,
    refusal: Refused,
    *,
    token: str = "",
    number: str = "",
    offers_link: bool = False,
    offers_overview: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Say why a link takes no answer; ``number`` is the claim's, for who holds a link to it."""
    context = {
        "token": token,
        "problems": refusal.problems,
        "number": number,
        "offers_link": offers_link,
        "offers_overview": offers_overview,
    }
    return shown(request, "consent/closed.html", context, status=status)


def too_many(request: HttpRequest, refusal: limits.TooMany) -> HttpResponse:
    """Say that somebody has to wait, and for how long."""
    with speaking(request):
        context = {"problems": refusal.problems, "is_limit": True}
        response = shown(request, "consent/closed.html", context, status=TOO_MANY)
    wait = refusal.again_at - clock.now()
    response["Retry-After"] = str(max(1, int(wait.total_seconds())))
    return response
