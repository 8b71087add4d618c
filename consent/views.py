"""The customer's pages: no sign-in, a secret link, and nothing that changes on GET (7.3, 7.6)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_supported_language_variant
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from claims.models import PoEDocument
from claims.refusals import MovedOn
from claims.services.lines import approved_lines
from cpor_site.common import clock
from cpor_site.common.client import address_of
from cpor_site.common.operator_calendar import operator_zone
from cpor_site.common.problems import Refused

from .forms import AgreeForm, DeclineForm
from .models import ConsentAnswer, ConsentRecipient
from .services import answers
from .services.answers import (
    AlreadyAnswered,
    LinkSuperseded,
    LinkUnknown,
    NothingLeft,
    Responder,
    WindowOver,
)
from .wording import activity_text

View = Callable[..., HttpResponse]
CLOSED_LINK = (AlreadyAnswered, LinkSuperseded, NothingLeft, WindowOver)


def token_page(view: View) -> View:
    """Find the recipient, speak their language, answer bad links without telling anything.

    The wrapped view gets ``recipient``. Every answer keeps the link from other sites, caches and
    search engines.
    """

    @wraps(view)
    @sensitive_variables("token")
    def wrapped(request: HttpRequest, token: str) -> HttpResponse:
        try:
            recipient = answers.recipient_of(token)
            with translation.override(_language(request, recipient.locale)):
                try:
                    answers.ask_open(recipient, clock.now())
                    response = view(request, token, recipient)
                except (*CLOSED_LINK, MovedOn) as refusal:
                    response = _closed(request, refusal, token, recipient)
        except LinkSuperseded as refusal:
            with translation.override(_language(request, "")):
                response = _closed(request, refusal, token, None)
        except LinkUnknown as refusal:
            with translation.override(_language(request, "")):
                response = _closed(request, refusal, "", None, status=404)
        return _guarded(response)

    return wrapped


@require_safe
@token_page
def consent_page(request: HttpRequest, token: str, recipient: ConsentRecipient) -> HttpResponse:
    """Show who claims what and what happens when; never changes anything."""
    return render(request, "consent/page.html", _context(token, recipient))


@require_http_methods(["GET", "HEAD", "POST"])
@token_page
def agree(request: HttpRequest, token: str, recipient: ConsentRecipient) -> HttpResponse:
    """Ask for the name, then record the agreement (POST only)."""
    form = AgreeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        answer = answers.agree(token=token, responder=_responder(request, form.cleaned_data))
        return _thanks(request, token, recipient, answer)
    return _form_page(request, "consent/agree.html", token, recipient, form)


@require_http_methods(["GET", "HEAD", "POST"])
@token_page
def decline(request: HttpRequest, token: str, recipient: ConsentRecipient) -> HttpResponse:
    """Ask for name, products and reason, then record the refusal (POST only)."""
    lines = approved_lines(recipient.request.claim)
    form = DeclineForm(request.POST if request.method == "POST" else None, claim_lines=lines)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        answer = answers.decline(
            token=token,
            responder=_responder(request, given),
            line_ids=[int(pk) for pk in given["lines"]],
            reason=given["reason"],
            message=given["message"],
            share_message=given["share_message"],
        )
        return _thanks(request, token, recipient, answer)
    return _form_page(request, "consent/decline.html", token, recipient, form)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Explain to customers what a claiming partner of record is; holds no personal data."""
    with translation.override(_language(request, "")):
        return render(request, "consent/about.html", _operator(request, ""))


def _context(token: str, recipient: ConsentRecipient) -> dict[str, Any]:
    claim = recipient.request.claim
    tenant = claim.tenant
    assert tenant is not None
    primary = tenant.domains.filter(is_active=True).order_by("-is_primary", "domain").first()
    return {
        "token": token,
        "recipient": recipient,
        "claim": claim,
        "request_row": recipient.request,
        "lines": approved_lines(claim),
        "tenant": tenant,
        "tenant_domain": primary.domain if primary else claim.domain_as_typed,
        "tenant_tail": str(tenant.tenant_id)[-4:],
        "what_it_did": [activity_text(each) for each in claim.activities.all()],
        "documents": [
            each
            for each in claim.documents.order_by("pk")
            # What came after the approval nobody has read.
            if each.counts and each.occasion != PoEDocument.Occasion.REFRESH
        ],
        "zone": operator_zone(),
        "operator_name": settings.CPOR_OPERATOR_NAME,
        "operator_email": settings.CPOR_OPERATOR_EMAIL,
        "languages": settings.LANGUAGES,
    }


def _operator(request: HttpRequest, token: str) -> dict[str, Any]:
    return {
        "token": token,
        "operator_name": settings.CPOR_OPERATOR_NAME,
        "operator_email": settings.CPOR_OPERATOR_EMAIL,
        "languages": settings.LANGUAGES,
    }


def _form_page(
    request: HttpRequest,
    template: str,
    token: str,
    recipient: ConsentRecipient,
    form: AgreeForm,
) -> HttpResponse:
    context = _context(token, recipient) | {"form": form}
    response = render(request, template, context, status=422 if form.errors else 200)
    # Under no-referrer browsers send forms from the origin "null", which the CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    return response


def _thanks(
    request: HttpRequest, token: str, recipient: ConsentRecipient, answer: ConsentAnswer
) -> HttpResponse:
    context = _context(token, recipient) | {
        "answer": answer,
        "declined": answer.kind == ConsentAnswer.Kind.DECLINED,
        "answered_lines": list(answer.lines.select_related("product", "activity")),
    }
    return render(request, "consent/thanks.html", context)


def _closed(
    request: HttpRequest,
    refusal: Refused,
    token: str,
    recipient: ConsentRecipient | None,
    *,
    status: int = 200,
) -> HttpResponse:
    context = _operator(request, token) | {
        "problems": refusal.problems,
        "claim": recipient.request.claim if recipient else None,
    }
    return render(request, "consent/closed.html", context, status=status)


def _responder(request: HttpRequest, given: dict[str, Any]) -> Responder:
    return Responder(
        name=given["responder_name"],
        title=given["responder_title"],
        ip_address=address_of(request) or None,
        user_agent=request.headers.get("User-Agent", ""),
    )


def _language(request: HttpRequest, preferred: str) -> str:
    for wanted in (request.GET.get("lang", ""), preferred):
        try:
            return get_supported_language_variant(wanted)
        except LookupError:
            continue
    return translation.get_language_from_request(request)


def _guarded(response: HttpResponse) -> HttpResponse:
    response.setdefault("Referrer-Policy", "no-referrer")
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store"
    return response
