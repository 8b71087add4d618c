"""The proof of a claim: what is attached, and attaching, describing and withdrawing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cpor_site.common import clock
from cpor_site.common.problems import Problem

from .. import actors, checks, door, selectors
from ..actors import Capability
from ..forms.proof import DescriptionForm, DisclosureForm, UploadForm
from ..forms.sections import SectionForm
from ..models import Claim, ClaimLine, CustomerTenant, PoEDocument
from ..selectors import IN_THE_RUNNING
from ..services.documents import (
    attach_document,
    describe_document,
    may_attach,
    may_change,
    withdraw_document,
)
from ..services.drafting import edit_claim, editable_fields, remember_section
from ..states import Status
from .access import acting, claim_page, reader, refusals_of
from .sections import CHECK, errors_in, following, shown, steps, url_of

SECTION = "proof"


@claim_page
@require_http_methods(["GET", "POST"])
def proof(request: HttpRequest, claim: Claim) -> HttpResponse:
    """List the documents; take a new one, or the word that the disclosure is among them."""
    _require_drafting(request, claim)
    if not may_attach(claim):
        messages.warning(
            request,
            _("No proof can be added now: the claim is in the status “%(status)s”.")
            % {"status": door.status_label(claim)},
        )
        return redirect("claim_page", claim.pk)
    remember_section(claim=claim, section=SECTION)
    lines = _lines(claim)
    is_upload = request.method == "POST" and "disclosure" not in request.POST
    form = UploadForm(
        request.POST if is_upload else None,
        request.FILES if is_upload else None,
        initial={"version": claim.version, "line_ids": [line.pk for line in lines]},
        lines=lines,
    )
    disclosure = _disclosure(request, claim)
    refusals: tuple[Problem, ...] = ()
    if form.is_bound and form.is_valid():
        refusals = refusals_of(lambda: _attach(request, claim, form))
        if not refusals:
            messages.success(request, _("The document is attached."))
            return redirect(f"{url_of(claim, SECTION)}?saved")
    elif disclosure is not None and disclosure.is_bound and disclosure.is_valid():
        refusals = refusals_of(
            lambda: edit_claim(
                claim_id=claim.pk,
                actor=acting(request),
                version=disclosure.cleaned_data["version"],
                changes=disclosure.changes(),
            )
        )
        if not refusals:
            messages.success(request, _("Saved."))
            return redirect(f"{url_of(claim, SECTION)}?saved")
    problems = checks.check_submission(claim, reader(request), clock.now())
    here = errors_in(problems, SECTION) if "saved" in request.GET and not form.is_bound else []
    documents = selectors.documents_of(claim)
    return render(
        request,
        "claims/edit/proof.html",
        {
            "here": "claims",
            "claim": claim,
            "form": form,
            "disclosure": disclosure,
            "problems": shown(claim, refusals, here=SECTION),
            "findings_here": shown(claim, here, here=SECTION),
            "documents": [(each, may_change(claim, each)) for each in documents],
            "steps": steps(claim, problems, SECTION),
            "check_url": url_of(claim, CHECK) if claim.status == Status.EDITING else "",
            "next_url": following(claim, SECTION),
            "is_draft": claim.status == Status.EDITING,
            "section": SECTION,
        },
    )


@claim_page
@require_http_methods(["GET", "POST"])
def describe(request: HttpRequest, claim: Claim, document_id: int) -> HttpResponse:
    """Say anew what a document is, who signed it, and what it covers."""
    document = _document(request, claim, document_id)
    if request.method == "GET" and not may_change(claim, document):
        messages.warning(request, _("This document can't be changed any more."))
        return redirect("claim_page", claim.pk)
    form = DescriptionForm(
        request.POST if request.method == "POST" else None,
        initial={"version": claim.version, **DescriptionForm.read(document)},
        lines=_lines(claim),
    )
    refusals: tuple[Problem, ...] = ()
    if form.is_bound and form.is_valid():
        refusals = refusals_of(
            lambda: describe_document(
                document_id=document.pk, actor=acting(request), **form.cleaned_data
            )
        )
        if not refusals:
            messages.success(request, _("Saved."))
            return redirect(f"{url_of(claim, SECTION)}?saved")
    context = {
        "here": "claims",
        "claim": claim,
        "document": document,
        "form": form,
        "problems": shown(claim, refusals, here=SECTION),
    }
    return render(request, "claims/edit/describe.html", context)


@claim_page
@require_POST
def withdraw_proof(request: HttpRequest, claim: Claim, document_id: int) -> HttpResponse:
    """Take a document back. Doing so twice is doing it once."""
    document = _document(request, claim, document_id)
    refusals: tuple[Problem, ...] = ()
    if document.withdrawn_at is None:
        refusals = refusals_of(
            lambda: withdraw_document(document_id=document.pk, actor=acting(request))
        )
    for problem in refusals:
        messages.error(request, str(problem.message))
    if not refusals:
        messages.success(
            request,
            _("%(file)s is withdrawn. It stays on file but counts no more.")
            % {"file": document.original_name},
        )
    if may_attach(claim):
        return redirect(url_of(claim, SECTION))
    return redirect("claim_page", claim.pk)


def _attach(request: HttpRequest, claim: Claim, form: UploadForm) -> Any:
    typed = dict(form.cleaned_data)
    return attach_document(
        claim_id=claim.pk, actor=acting(request), upload=typed.pop("file"), **typed
    )


def _require_drafting(request: HttpRequest, claim: Claim) -> None:
    if not actors.partner_can(reader(request), Capability.DRAFT, claim):
        raise Http404


def _document(request: HttpRequest, claim: Claim, document_id: int) -> PoEDocument:
    _require_drafting(request, claim)
    document = PoEDocument.objects.filter(pk=document_id, claim=claim).first()
    if document is None:
        raise Http404
    return document


def _lines(claim: Claim) -> list[ClaimLine]:
    return [each for each in selectors.lines_of(claim) if each.line_status in IN_THE_RUNNING]


def _disclosure(request: HttpRequest, claim: Claim) -> SectionForm | None:
    """Return the disclosure's form for a customer in the public sector, while it can be changed."""
    tenant = claim.tenant
    if tenant is None or tenant.sector != CustomerTenant.Sector.PUBLIC:
        return None
    editable = editable_fields(claim)
    if not DisclosureForm.changes_fields & editable:
        return None
    data = request.POST if request.method == "POST" and "disclosure" in request.POST else None
    return DisclosureForm(data, claim=claim, offered=editable)
