"""What is written on the case page: notes for colleagues, comments to the partner."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from claims import actors
from claims.models import Claim
from claims.refusals import NotYours
from claims.services.comments import add_comment
from cpor_site.common.problems import Problem, Refused

from ..services.notes import write_note
from .case import about_a_case, comment_form, note_form, reader, render_case

CONFLICT = 409


@require_POST
@about_a_case
def note_act(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Keep an internal note."""
    return _write(request, claim, "note")


@require_POST
@about_a_case
def comment_act(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Send the partner a comment."""
    return _write(request, claim, "comment")


def _write(request: HttpRequest, claim: Claim, what: str) -> HttpResponse:
    user = reader(request)
    if not user.has_perm(actors.REVIEW_PERMISSION):
        raise PermissionDenied
    actor = actors.reviewer(user)
    form = note_form(request.POST) if what == "note" else comment_form(request.POST)
    problems: tuple[Problem, ...] = ()
    if form.is_valid():
        body = form.cleaned_data["body"]
        try:
            if what == "note":
                write_note(claim_id=claim.pk, actor=actor, body=body)
                messages.success(request, _("The note is kept."))
            else:
                add_comment(claim_id=claim.pk, actor=actor, body=body)
                messages.success(request, _("The comment is sent to the partner."))
        except NotYours:
            raise PermissionDenied from None
        except Refused as refusal:
            problems = refusal.problems
        else:
            return redirect("admin:claims_claim_change", claim.pk)
    status = CONFLICT if problems else 200
    note, comment = (form, None) if what == "note" else (None, form)
    return render_case(request, claim, note=note, comment=comment, problems=problems, status=status)
