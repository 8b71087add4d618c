"""The page on which a partner disputes a rejection."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cpor_site.common import clock
from cpor_site.common.problems import Problem

from .. import actors, selectors
from ..actors import Capability
from ..forms.disputes import DisputeForm
from ..models import Claim, PoEDocument
from ..refusals import ChangedMeanwhile
from ..ruling_words import rulings_told
from ..services.disputes import (
    closed_to_disputes,
    dispute_claim,
    lines_to_dispute,
    new_proof_of,
)
from ..services.documents import attach_document, may_attach
from ..standing import reasons_of
from ..states import DeadlineKind, Status
from .access import acting, again, claim_page, reader, refusals_of
from .refused import refused_context, refused_form


@claim_page
@require_http_methods(["GET", "POST"])
def dispute(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Say what was decided, and take justification and new proof; files stay whatever happens."""
    arrived_at = clock.now()
    if not actors.partner_can(reader(request), Capability.CLAIM, claim):
        raise Http404
    is_post = request.method == "POST"
    displaced = claim.status == Status.ENDED and claim.deadline_kind == DeadlineKind.DISPUTE_FILING
    if claim.status != Status.REJECTED and not displaced:
        messages.info(
            request, _("Only a rejected claim can be disputed; this one isn't rejected any more.")
        )
        return redirect("claim_page", claim.pk)
    lines = lines_to_dispute(claim)
    form = DisputeForm(
        request.POST if is_post else None,
        request.FILES if is_post else None,
        initial={"version": claim.version},
        lines=lines,
    )
    problems: tuple[Problem, ...] = ()
    if is_post and form.is_valid():
        if form.cleaned_data["version"] != claim.version:
            problems = ChangedMeanwhile().problems
        if may_attach(claim):
            problems += _attach_all(request, claim, form.cleaned_data["files"])
        if not problems:
            claim = again(request, claim)
            problems = refusals_of(
                lambda: dispute_claim(
                    claim_id=claim.pk,
                    actor=acting(request),
                    version=claim.version,
                    justification=form.cleaned_data["justification"],
                    dropped=[int(key) for key in form.cleaned_data.get("dropped", [])],
                    arrived_at=arrived_at,
                )
            )
        if not problems:
            messages.success(
                request,
                _("Your dispute is with the reviewers. Somebody new looks at the claim."),
            )
            return redirect("claim_page", claim.pk)
        claim = again(request, claim)
        form = refused_form(
            request, claim, problems, lambda typed: DisputeForm(typed, {}, lines=lines)
        )
    closed = closed_to_disputes(claim, arrived_at)
    return render(
        request,
        "claims/dispute.html",
        {
            **refused_context(claim, form, problems, closed, arrived_at),
            "displaced": displaced,
            "reasons": reasons_of(claim),
            "decision": selectors.decision_of(claim),
            "rulings": [
                each
                for each in rulings_told(claim, selectors.events_of(claim), lines, arrived_at)
                if each.is_against
            ],
            "new_proof": new_proof_of(claim),
        },
    )


def _attach_all(
    request: HttpRequest, claim: Claim, files: Iterable[UploadedFile]
) -> tuple[Problem, ...]:
    """Attach each file to the claim; a bad one doesn't take the others with it."""
    problems: list[Problem] = []
    for upload in files:
        problems += refusals_of(lambda upload=upload: _attach(request, claim, upload))  # type: ignore[misc]
    return tuple(problems)


def _attach(request: HttpRequest, claim: Claim, upload: UploadedFile) -> PoEDocument:
    document, _warnings = attach_document(claim_id=claim.pk, actor=acting(request), upload=upload)
    return document
