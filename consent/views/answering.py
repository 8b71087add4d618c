"""The page behind a customer's link, and the answers that are given on it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from claims.models import Association, Claim, ClaimLine
from claims.services.associations import replacing_lines
from claims.services.lines import approved_lines
from claims.services.submission import judged_documents
from claims.states import AssociationState
from cpor_site.common import clock
from cpor_site.common.client import address_of
from cpor_site.common.problems import Problem

from ..forms import AgreeForm, DeclineForm, WithdrawForm
from ..models import ConsentAnswer, ConsentRecipient
from ..services import answers, withdrawals
from ..services.answers import NothingChosen, Responder, WindowOver
from ..services.requests import was_asked_once_more
from ..services.withdrawals import WindowRuns
from ..wording import activity_text, line_text
from .frame import shown, token_page, with_form

Kind = ConsentAnswer.Kind
FORM_METHODS = ["GET", "HEAD", "POST"]
INCOMPLETE = 422


@require_safe
@token_page
def consent_page(request: HttpRequest, token: str, recipient: ConsentRecipient) -> HttpResponse:
    """Show who claims what and what happens when, or after the window what stands now."""
    try:
        answers.ask_open(recipient, clock.now())
    except WindowOver as refusal:
        return _after(request, token, recipient, refusal.problems)
    return shown(request, "consent/page.html", about(token, recipient))


@require_http_methods(FORM_METHODS)
@token_page
def agree(request: HttpRequest, token: str, recipient: ConsentRecipient) -> HttpResponse:
    """Ask for the name, then record the agreement (POST only)."""
    try:
        answers.ask_open(recipient, clock.now())
        form = AgreeForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            answers.agree(token=token, responder=_responder(request, form.cleaned_data))
            return _to(token, "consent_done")
    except WindowOver as refusal:
        return _after(request, token, recipient, refusal.problems)
    return _form_page(request, "consent/agree.html", token, recipient, form)


@require_http_methods(FORM_METHODS)
@token_page
def decline(request: HttpRequest, token: str, recipient: ConsentRecipient) -> HttpResponse:
    """Ask for name, products and reason, then record the refusal (POST only).

    Who is a minute too late finds all that was typed in the form to withdraw.
    """
    posted = request.POST if request.method == "POST" else None
    try:
        answers.ask_open(recipient, clock.now())
        if posted is not None and _is_done(recipient, Kind.DECLINED, posted):
            return _to(token, "consent_done")
        form = DeclineForm(posted, claim_lines=approved_lines(recipient.request.claim))
        if posted is not None and form.is_valid():
            given = form.cleaned_data
            try:
                answers.decline(
                    token=token,
                    responder=_responder(request, given),
                    line_ids=[int(pk) for pk in given["lines"]],
                    **_reasons(given),
                )
            except NothingChosen:
                # Somebody was quicker, who may be the same person's second click.
                if not _is_done(recipient, Kind.DECLINED, posted):
                    standing = approved_lines(recipient.request.claim)
                    form = DeclineForm(posted, claim_lines=standing)
                    return _form_page(request, "consent/decline.html", token, recipient, form)
            return _to(token, "consent_done")
    except WindowOver as refusal:
        if posted is None:
            return _after(request, token, recipient, refusal.problems)
        typed = {name: posted.get(name, "") for name in posted}
        late = WithdrawForm(
            initial=typed | {"lines": posted.getlist("lines")},
            claim_lines=withdrawals.standing_lines(recipient.request.claim),
        )
        return _withdraw_page(request, token, recipient, late, refusal.problems)
    return _form_page(request, "consent/decline.html", token, recipient, form)


@require_http_methods(FORM_METHODS)
@token_page
def withdraw(request: HttpRequest, token: str, recipient: ConsentRecipient) -> HttpResponse:
    """After the window: ask for name, products, reason and a word of yes, then end it (POST)."""
    posted = request.POST if request.method == "POST" else None
    try:
        withdrawals.ask_over(token, clock.now())
        lines = withdrawals.standing_lines(recipient.request.claim)
        if not lines:
            return _to(token, "consent_page")
        if posted is not None and _is_done(recipient, Kind.WITHDRAWN, posted):
            return _to(token, "consent_done")
        form = WithdrawForm(posted, claim_lines=lines)
        if posted is not None and form.is_valid():
            given = form.cleaned_data
            try:
                withdrawals.withdraw(
                    token=token,
                    responder=_responder(request, given),
                    line_ids=[int(pk) for pk in given["lines"]],
                    **_reasons(given),
                )
            except NothingChosen:
                if not _is_done(recipient, Kind.WITHDRAWN, posted):
                    return _to(token, "consent_page")
            return _to(token, "consent_done")
    except WindowRuns:
        return _to(token, "consent_page")
    return _withdraw_page(request, token, recipient, form)


@require_safe
@token_page
def done(request: HttpRequest, token: str, recipient: ConsentRecipient) -> HttpResponse:
    """Show what the holder of the link answered last, and what follows from it."""
    answer = ConsentAnswer.objects.filter(recipient=recipient).order_by("-pk").first()
    if answer is None:
        return _to(token, "consent_page")
    context = about(token, recipient) | {
        "answer": answer,
        "answered_lines": [
            line_text(line)
            for line in answer.lines.select_related("product", "activity", "subscription", "claim")
        ],
    }
    return shown(request, "consent/thanks.html", context)


def about(token: str, recipient: ConsentRecipient) -> dict[str, Any]:
    """Return what the pages tell about the claim behind a link (7.3)."""
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
        "documents": [each for each in judged_documents().filter(claim=claim) if each.counts],
        "agreed": ConsentAnswer.objects.filter(
            request=recipient.request, kind=ConsentAnswer.Kind.AGREED
        )
        .order_by("-pk")
        .first(),
        "refused": _ended_lines(claim, approved_lines(claim)),
        "once_more": was_asked_once_more(claim),
        "replacing": [line_text(line) for line in replacing_lines(claim)],
    }


def _ended_lines(claim: Claim, standing: list[ClaimLine]) -> list[Association]:
    """Return what has ended, but for lines that stand again since somebody asked once more."""
    again = {_what(line) for line in standing}
    found = (
        Association.objects.filter(claim=claim, state=AssociationState.ENDED)
        .select_related("line__product", "line__activity", "line__subscription")
        .order_by("effective_to", "pk")
    )
    return [each for each in found if _what(each.line) not in again]


def _what(line: ClaimLine) -> tuple[int, int, int | None]:
    return line.product_id, line.activity_id, line.subscription_id


def _after(
    request: HttpRequest,
    token: str,
    recipient: ConsentRecipient,
    problems: tuple[Problem, ...],
) -> HttpResponse:
    """Show what stands after the window, what has been taken back, and the way to withdraw."""
    claim = recipient.request.claim
    context = about(token, recipient) | {
        "problems": problems,
        "lines": withdrawals.standing_lines(claim),
        "in_force": claim.association_state == AssociationState.ACTIVE,
        "announced": [
            (answer, [line_text(line) for line in answer.lines.all()])
            for answer in withdrawals.announced(claim).prefetch_related(
                "lines__product", "lines__activity", "lines__subscription", "lines__claim"
            )
        ],
    }
    return shown(request, "consent/after.html", context)


def _is_done(recipient: ConsentRecipient, kind: ConsentAnswer.Kind, posted: QueryDict) -> bool:
    """Whether these very products were answered for by this link before, as by a double click."""
    last = ConsentAnswer.objects.filter(recipient=recipient, kind=kind).order_by("-pk").first()
    if last is None:
        return False
    return {str(pk) for pk in last.lines.values_list("pk", flat=True)} == set(
        posted.getlist("lines")
    )


def _form_page(
    request: HttpRequest,
    template: str,
    token: str,
    recipient: ConsentRecipient,
    form: AgreeForm,
    **extra: Any,
) -> HttpResponse:
    context = about(token, recipient) | {"form": form} | extra
    status = INCOMPLETE if form.errors else 200
    return with_form(shown(request, template, context, status=status))


def _withdraw_page(
    request: HttpRequest,
    token: str,
    recipient: ConsentRecipient,
    form: WithdrawForm,
    problems: tuple[Problem, ...] = (),
) -> HttpResponse:
    now = clock.now()
    effect = withdrawals.effect_on(recipient.request.claim, now)
    return _form_page(
        request,
        "consent/withdraw.html",
        token,
        recipient,
        form,
        late=problems,
        effect=effect if effect > now else None,
    )


def _to(token: str, name: str) -> HttpResponse:
    return redirect(f"{reverse(name, args=[token])}?lang={get_language()}")


def _reasons(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("reason", "message", "share_message")}


def _responder(request: HttpRequest, given: dict[str, Any]) -> Responder:
    return Responder(
        name=given["responder_name"],
        title=given["responder_title"],
        ip_address=address_of(request) or None,
        user_agent=request.headers.get("User-Agent", ""),
    )
