"""The last step: everything that is wrong or unusual, and handing the claim in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cpor_site.common import clock
from cpor_site.common.operator_calendar import operator_day
from cpor_site.common.problems import Problem, Severity

from .. import actors, checks, door, selectors
from ..actors import Capability
from ..forms.handing_in import HandInForm
from ..models import Claim
from ..proof_check import matrix_of
from ..services.drafting import remember_section
from ..services.lines import included_lines
from ..services.submission import confirm_warnings, resubmit_claim, submit_claim
from ..states import Act, Status
from ..todos import todos_of
from .access import acting, again, claim_page, reader, refusals_of
from .editing import STALE
from .sections import CHECK, element_of, open_sections, shown, steps, url_of


@claim_page
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, claim: Claim) -> HttpResponse:
    """List every problem with the way to mend it; submit a draft, or answer the reviewers."""
    user = reader(request)
    if not actors.partner_can(user, Capability.DRAFT, claim):
        raise Http404
    if claim.status not in (Status.EDITING, Status.PARTNER_ACTION_REQUIRED):
        return _moved_on(request, claim)
    if request.method != "POST":  # Whoever sends the form has opened it; a refusal changes nothing.
        remember_section(claim=claim, section=CHECK)
    answering = claim.status == Status.PARTNER_ACTION_REQUIRED
    problems = checks.check_submission(claim, user, clock.now())
    reply = request.session.get(_kept_reply(claim), "")
    form = _form(claim, request.POST if request.method == "POST" else None, problems, reply)
    refusals: tuple[Problem, ...] = ()
    if form.is_bound and form.is_valid():
        leaving = "leave" in request.POST
        refusals = refusals_of(
            (lambda: _keep(request, claim, form))
            if leaving
            else (lambda: _hand_in(request, claim, form, answering))
        )
        if not refusals and leaving:
            messages.success(request, _("Saved."))
            return redirect("claim_page", claim.pk)
        if not refusals:
            request.session.pop(_kept_reply(claim), None)
            return _handed_in(request, claim)
        after = again(request, claim)
        if after.status != claim.status:
            return _moved_on(request, after)
        claim = after
        problems = checks.check_submission(claim, user, clock.now())
        # What was ticked and written stays; the page now shows the claim as it stands.
        typed = request.POST.copy()
        typed["version"] = str(claim.version)
        form = _form(claim, typed, problems)
        form.is_valid()
        form.note(refusals)
    blocking = [each for each in problems if each.blocks]
    documents, lines = selectors.documents_of(claim), included_lines(claim)
    infos = [each for each in problems if each.severity == Severity.INFORMATION]
    findings = selectors.findings_of(claim) if answering else []
    return render(
        request,
        "claims/check.html",
        {
            "here": "claims",
            "claim": claim,
            "form": form,
            "answering": answering,
            "refusals": [_on_this_page(claim, form, each) for each in refusals],
            "is_stale": tuple(each.code for each in refusals) == STALE,
            "blocking": shown(claim, blocking),
            "infos": shown(claim, infos),
            "findings": findings,
            "todos": todos_of(findings),
            "proof_url": url_of(claim, "proof") if answering else "",
            "products_url": url_of(claim, "products") if answering else "",
            "decision": selectors.decision_of(claim) if answering else None,
            "lines": lines,
            "documents": [each for each in documents if each.counts],
            "matrix": matrix_of(
                lines,
                documents,
                max_age_months=claim.rule_profile.poe_max_age_months,
                today=operator_day(clock.now()),
            ),
            "may_hand_in": bool(
                {Act.SUBMIT, Act.RESUBMIT} & set(door.open_acts(acting(request), claim))
            ),
            "steps": steps(claim, problems, CHECK),
            "all_done": not blocking,
            "sections": {each.code for each in open_sections(claim)},
            "section": CHECK,
            "now": clock.now(),
        },
    )


def _form(claim: Claim, data: Any, problems: list[Problem], reply: str = "") -> HandInForm:
    return HandInForm(
        data,
        initial={"version": claim.version, "reply": reply},
        problems=problems,
        known=claim.confirmed_warnings,
        answering=claim.status == Status.PARTNER_ACTION_REQUIRED,
    )


def _keep(request: HttpRequest, claim: Claim, form: HandInForm) -> None:
    """Keep what was ticked with the claim, and an answer begun with the person's session."""
    confirm_warnings(
        claim_id=claim.pk,
        actor=acting(request),
        version=form.cleaned_data["version"],
        confirmed=form.confirmed,
    )
    if form.cleaned_data.get("reply"):
        request.session[_kept_reply(claim)] = form.cleaned_data["reply"]
    else:
        request.session.pop(_kept_reply(claim), None)


def _kept_reply(claim: Claim) -> str:
    return f"reply-{claim.pk}-{claim.round}"


def _hand_in(request: HttpRequest, claim: Claim, form: HandInForm, answering: bool) -> Claim:
    version = form.cleaned_data["version"]
    if answering:
        return resubmit_claim(
            claim_id=claim.pk,
            actor=acting(request),
            version=version,
            reply=form.cleaned_data["reply"],
            confirmed=form.confirmed,
        )
    return submit_claim(
        claim_id=claim.pk,
        actor=acting(request),
        version=version,
        acknowledged=form.cleaned_data["statements"],
        confirmed=form.confirmed,
    )


def _handed_in(request: HttpRequest, claim: Claim) -> HttpResponse:
    messages.success(
        request,
        _("%(number)s is with the reviewers now. You'll get a letter when something happens.")
        % {"number": claim.number},
    )
    return redirect("claim_page", claim.pk)


def _moved_on(request: HttpRequest, claim: Claim) -> HttpResponse:
    """A second click, or a page left open: say where the claim is by now."""
    messages.info(
        request,
        _("There is nothing left to hand in: the claim is in the status “%(status)s”.")
        % {"status": door.status_label(claim)},
    )
    return redirect("claim_page", claim.pk)


def _on_this_page(claim: Claim, form: HandInForm, problem: Problem) -> dict[str, object]:
    """Link a refusal to its box on this page if it has one, else to its section."""
    if problem.field in form.fields:
        href = f"#id_{problem.field}"
    elif problem.severity == Severity.WARNING:
        href = f"#{form.box_of(problem)}"
    else:
        href = shown(claim, [problem])[0].href or f"#{element_of(problem)}".rstrip("#")
    return {"code": problem.code, "message": problem.message, "href": href}
