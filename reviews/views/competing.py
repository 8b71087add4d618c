"""A case of competing claims: the parties side by side, and who rules on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from claims import actors, door
from claims.refusals import ConflictOfInterest, DecidedBefore, NotYours
from claims.standing import until
from claims.states import RulingGround
from cpor_site.common import clock
from cpor_site.common.models import User
from cpor_site.common.operator_calendar import operator_calendar
from cpor_site.common.problems import Problem, Refused

from ..comparison import Comparison, case_with_ruling, compare
from ..competing_stages import HUES, Stage, age_of, with_stage
from ..models import CompetingClaimsCase
from ..proof_view import ZOOMS, view_of
from ..queue_forms import ArbiterForm
from ..services import arbiters, leases
from .case import VIEW_CASE, VIEW_CLAIM, reader
from .reasons import CONFLICT, INCOMPLETE, tell

CASE = "admin:reviews_competingclaimscase_change"

CaseView = Callable[..., HttpResponseBase]


def about_competing_claims(view: CaseView) -> CaseView:
    """Give the view the case; 403 without the right to read cases, 404 for an unknown one."""

    @wraps(view)
    def wrapped(request: HttpRequest, case_id: int, **kwargs: Any) -> HttpResponseBase:
        if not (request.user.has_perm(VIEW_CASE) and request.user.has_perm(VIEW_CLAIM)):
            raise PermissionDenied
        case = case_with_ruling(case_id)
        if case is None:
            raise Http404
        return view(request, case, **kwargs)

    return wrapped


def frame(request: HttpRequest, compared: Comparison, title: str) -> dict[str, Any]:
    """Return what the admin's frame around a page about the case needs."""
    return {
        **admin.site.each_context(request),
        "title": title,
        "opts": CompetingClaimsCase._meta,
        "competing": compared,
        "case": compared.case,
        "zone": timezone.get_current_timezone(),
        "now": clock.now(),
    }


def stage_of(case: CompetingClaimsCase) -> Stage:
    """Return how far the case is now; one query."""
    cases = with_stage(CompetingClaimsCase.objects.filter(pk=case.pk), clock.now())
    return Stage(cases.values_list("stage", flat=True).get())


@require_safe
@about_competing_claims
def competing_page(request: HttpRequest, case: CompetingClaimsCase) -> HttpResponse:
    """Show the case; nothing on this address changes anything."""
    user, now = reader(request), clock.now()
    compared, stage = compare(case), stage_of(case)
    leads = case.closed_at is None and leases.can_review(user) and actors.is_lead(user)
    hindrance = why_not(user, compared) if leads else None
    proof = view_of(compared.documents, request.GET)
    context = {
        **frame(request, compared, _("Competing claims: %(what)s") % {"what": compared.subject}),
        "stage": stage,
        "hue": HUES[stage],
        "age": age_of(case, now, operator_calendar()),
        "move": move_of(compared, stage),
        "hindrance": hindrance,
        "leads": leads and hindrance is None,
        "rules": leads and hindrance is None and stage == Stage.READY,
        "is_arbiter": case.arbiter_id == user.pk,
        "proof": proof,
        "shown_document": proof.document.pk if proof.document else None,
        "viewer_url": request.path,
        "owners": True,
        "zooms": ZOOMS,
        "grounds": ground_words(compared),
    }
    return TemplateResponse(request, "admin/competing/case.html", context)


def why_not(user: User, compared: Comparison) -> Problem | None:
    """Return the sentence that says why this lead has no part in the case, if they haven't."""
    try:
        for column in compared.columns:
            door.ask_impartial(user, column.claim)
    except (ConflictOfInterest, DecidedBefore) as refusal:
        return refusal.problems[0]
    return None


def ground_words(compared: Comparison) -> list[str]:
    """Return on what the ruling is based, in words; nothing without a ruling."""
    known = dict(RulingGround.choices)
    grounds = compared.ruling.grounds if compared.ruling else []
    return [str(known.get(each, each)) for each in grounds]


def move_of(compared: Comparison, stage: Stage) -> str:
    """Say in a sentence what the case waits for, or how it ended."""
    case = compared.case
    words = {
        "arbiter": str(case.arbiter or ""),
        "incumbent": ", ".join(
            dict.fromkeys(str(c.claim.organization) for c in compared.incumbents)
        ),
        "by": until(case.answers_due_at) if case.answers_due_at else "",
        "ready": ", ".join(str(column.claim) for column in compared.ready),
        "closed": until(case.closed_at) if case.closed_at else "",
    }
    match stage:
        case Stage.REVIEW if compared.incumbents:
            return (
                _(
                    "The reviewers' move: judge whether a challenger's proof is sufficient by "
                    "itself. Until then %(incumbent)s isn't asked."
                )
                % words
            )
        case Stage.REVIEW:
            return _(
                "The reviewers' move: judge whether a challenger's proof is sufficient by itself."
            )
        case Stage.ASKED:
            return (
                _("%(incumbent)s's move: add newer proof, or say that there is none, by %(by)s.")
                % words
            )
        case Stage.READY if case.arbiter is not None:
            return _("%(arbiter)s's move: rule on the case (ready: %(ready)s).") % words
        case Stage.READY:
            return _("A lead reviewer's move: rule on the case (ready: %(ready)s).") % words
        case Stage.RULED:
            return _("Closed: ruled on %(closed)s.") % words
        case _:
            return _("Closed on %(closed)s without a ruling: nobody was left to compare.") % words


@require_POST
@about_competing_claims
def take_act(request: HttpRequest, case: CompetingClaimsCase) -> HttpResponse:
    """Make the reader the arbiter."""
    actor = actors.reviewer(leading(request))
    try:
        arbiters.take_arbitration(case_id=case.pk, actor=actor, version=version_in(request))
    except NotYours:
        raise PermissionDenied from None
    except Refused as refusal:
        tell(request, refusal)
    else:
        messages.success(request, _("You are the arbiter of this case."))
    return redirect(CASE, case.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@about_competing_claims
def assign_page(request: HttpRequest, case: CompetingClaimsCase) -> HttpResponse:
    """Ask who shall rule, then note it (POST only)."""
    actor = actors.reviewer(leading(request))
    is_post = request.method == "POST"
    form = ArbiterForm(
        request.POST if is_post else None, initial={"to": case.arbiter_id, "version": case.version}
    )
    problems: list[dict[str, Any]] = []
    if is_post and form.is_valid():
        try:
            arbiters.assign_arbiter(case_id=case.pk, actor=actor, **form.cleaned_data)
        except NotYours:
            raise PermissionDenied from None
        except Refused as refusal:
            problems = [located(each) for each in refusal.problems]
            form.show_version(case.version)
        else:
            chosen = form.cleaned_data["to"]
            messages.success(
                request,
                _("%(name)s rules on this case.") % {"name": chosen}
                if chosen
                else _("Any lead reviewer may take this case now."),
            )
            return redirect(CASE, case.pk)
    context = {
        **frame(request, compare(case), _("Who rules on this case?")),
        "form": form,
        "problems": problems,
    }
    status = CONFLICT if problems else INCOMPLETE if form.errors else 200
    return TemplateResponse(request, "admin/competing/assign.html", context, status=status)


def leading(request: HttpRequest) -> User:
    """Return the signed-in person if they may rule; 403 otherwise."""
    user = reader(request)
    if not (leases.can_review(user) and actors.is_lead(user)):
        raise PermissionDenied
    return user


def version_in(request: HttpRequest) -> int | None:
    """Return the version of the case that the page showed; None if the form named none."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def located(problem: Problem) -> dict[str, Any]:
    """Return a problem as the error summary shows it, linked to its field."""
    return {
        "code": problem.code,
        "message": problem.message,
        "href": f"#id_{problem.field}" if problem.field else "",
    }
