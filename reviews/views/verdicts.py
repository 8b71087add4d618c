"""Marking the checklist."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from claims import actors
from claims.models import Claim
from claims.refusals import NotYours
from claims.states import LineStatus
from cpor_site.common.form_fields import whole_number
from cpor_site.common.problems import Problem, Refused

from ..case_file import read_case
from ..checklist import checklist_of
from ..services.verdicts import set_verdicts
from ..verdict_table import VerdictTable
from .case import about_a_case, reader, render_case

CONFLICT = 409
SHOWN = ("document", "page", "zoom", "find")


@require_POST
@about_a_case
def verdicts_act(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Keep the checklist as marked, and return to the same page of the proof."""
    user = reader(request)
    if not user.has_perm(actors.REVIEW_PERMISSION):
        raise PermissionDenied
    case = read_case(claim, user)
    table = VerdictTable(
        checklist_of(claim, case.lines, case.documents),
        [line for line in case.lines if line.line_status == LineStatus.INCLUDED],
        case.documents,
        case.verdicts,
        claim.round,
        data=request.POST,
    )
    marks, problems = table.marks()
    if problems:
        return _again(request, claim, request.POST, tuple(problems), 200)
    round_number = request.POST.get("round", "")
    try:
        changed = set_verdicts(
            claim_id=claim.pk,
            actor=actors.reviewer(user),
            round_number=whole_number(round_number) or 0,
            stamp=request.POST.get("stamp", ""),
            marks=marks,
        )
    except NotYours:
        raise PermissionDenied from None
    except Refused as refusal:
        return _again(request, claim, request.POST, refusal.problems, CONFLICT)
    messages.success(
        request,
        ngettext("%(count)d mark is kept.", "%(count)d marks are kept.", changed)
        % {"count": changed}
        if changed
        else gettext("Nothing was marked differently."),
    )
    asked = {name: request.POST.get(f"shown-{name}", "") for name in SHOWN}
    query = urlencode({name: value for name, value in asked.items() if value})
    address = reverse("admin:claims_claim_change", args=[claim.pk])
    return redirect(f"{address}{'?' if query else ''}{query}#checklist")


def _again(
    request: HttpRequest,
    claim: Claim,
    typed: QueryDict,
    problems: tuple[Problem, ...],
    status: int,
) -> HttpResponse:
    return render_case(request, claim, marks=typed, problems=problems, status=status)
