"""The proof of a claim: what is attached, and attaching, describing and withdrawing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from cpor_site.common import clock
from cpor_site.common.operator_calendar import operator_day
from cpor_site.common.problems import Problem, Severity, blocking

from .. import actors, checks, door, proof_template, selectors
from ..actors import Capability
from ..forms.handing_in import WarningsForm
from ..forms.proof import (
    ConfirmProofForm,
    DescriptionForm,
    DisclosureForm,
    ReplacementForm,
    UploadForm,
)
from ..forms.sections import SectionForm
from ..models import Claim, ClaimLine, CustomerTenant, PoEDocument
from ..proof_check import matrix_of
from ..selectors import IN_THE_RUNNING
from ..services.documents import (
    attach_document,
    describe_document,
    may_attach,
    may_change,
    replace_document,
    withdraw_document,
)
from ..services.drafting import edit_claim, editable_fields, remember_section
from ..services.submission import confirm_warnings
from ..states import Status
from .access import acting, again, claim_page, reader, refusals_of
from .sections import CHECK, NEW, errors_in, following, shown, state_of, steps, url_of

SECTION = "proof"


@claim_page
@require_http_methods(["GET", "POST"])
def proof(request: HttpRequest, claim: Claim) -> HttpResponse:
    """List the documents; take new ones, or the word that the disclosure is among them."""
    _require_drafting(request, claim)
    if not may_attach(claim):
        messages.warning(
            request,
            _("No proof can be added now: the claim is in the status “%(status)s”.")
            % {"status": door.status_label(claim)},
        )
        return redirect("claim_page", claim.pk)
    remember_section(claim=claim, section=SECTION)
    if request.method != "POST":
        return _page(request, claim)
    if "disclosure" in request.POST:
        return _disclose(request, claim)
    if "confirm" in request.POST:
        return _confirm(request, claim)
    return _take(request, claim)


def _take(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Attach the files that can be taken, whatever is wrong with others or their description."""
    form = _upload_form(request, claim, request.POST)
    form.is_valid()
    files: list[UploadedFile] = form.cleaned_data.get("files", [])
    attached: list[PoEDocument] = []
    refusals: list[Problem] = []
    for file in files:
        document, refused = _attach(request, claim, form, file)
        refusals += refused
        if document is not None:
            attached.append(document)
    if attached:
        messages.success(request, _attached_words(attached))
    if attached and not refusals and not form.errors:
        return redirect(f"{url_of(claim, SECTION)}?saved")
    claim = again(request, claim)
    if not may_attach(claim):
        for problem in refusals:
            messages.error(request, str(problem.message))
        return redirect("claim_page", claim.pk)
    if len(attached) == 1 and not refusals:
        # The file is kept; its description goes on where it can be mended.
        typed = request.POST.copy()
        typed["version"] = str(claim.version)
        again_form = DescriptionForm(typed, lines=_lines(claim), today=operator_day(clock.now()))
        again_form.is_valid()
        return _describe_page(request, claim, attached[0], again_form, again_form.refused())
    form.note(refusals)
    return _page(request, claim, form, [*refusals, *form.refused()])


def _attach(
    request: HttpRequest, claim: Claim, form: UploadForm, file: UploadedFile
) -> tuple[PoEDocument | None, tuple[Problem, ...]]:
    kept: list[PoEDocument] = []

    def attach() -> None:
        # A new document overwrites nothing, so an older page may still bring it.
        document, _warnings = attach_document(
            claim_id=claim.pk, actor=acting(request), upload=file, **form.description()
        )
        kept.append(document)

    refusals = refusals_of(attach)
    return (kept[0] if kept else None), refusals


def _attached_words(attached: list[PoEDocument]) -> str:
    names = get_text_list([each.original_name for each in attached], _("and"))
    sentence = ngettext("%(files)s is attached.", "%(files)s are attached.", len(attached))
    return sentence % {"files": names}


def _disclose(request: HttpRequest, claim: Claim) -> HttpResponse:
    disclosure = _disclosure(claim, request.POST)
    refusals: tuple[Problem, ...] = ()
    if disclosure is not None and disclosure.is_valid():
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
    return _page(request, again(request, claim), problems=list(refusals), disclosure=disclosure)


def _confirm(request: HttpRequest, claim: Claim) -> HttpResponse:
    boxes = _boxes(claim, checks.check_submission(claim, reader(request), clock.now()), request)
    refusals: tuple[Problem, ...] = ()
    if boxes.is_valid():
        refusals = refusals_of(
            lambda: confirm_warnings(
                claim_id=claim.pk,
                actor=acting(request),
                version=boxes.cleaned_data["version"],
                confirmed=boxes.confirmed,
            )
        )
        if not refusals:
            messages.success(request, _("Saved."))
            return redirect(f"{url_of(claim, SECTION)}?saved")
    return _page(request, again(request, claim), problems=list(refusals))


def _page(
    request: HttpRequest,
    claim: Claim,
    form: UploadForm | None = None,
    problems: list[Problem] | None = None,
    disclosure: SectionForm | None = None,
) -> HttpResponse:
    found = checks.check_submission(claim, reader(request), clock.now())
    is_saved = "saved" in request.GET and not problems
    here: list[Problem] = []
    if not problems and (is_saved or state_of(claim, found, SECTION) != NEW):
        here = errors_in(found, SECTION)
    documents, lines = selectors.documents_of(claim), _lines(claim)
    form = form or _upload_form(request, claim, None)
    disclosure = disclosure or _disclosure(claim, None)
    if disclosure is not None:
        disclosure.note(here)
    notes: dict[str, list[Problem]] = {}
    for problem in here:
        notes.setdefault(problem.subject, []).append(problem)
    return render(
        request,
        "claims/edit/proof.html",
        {
            "here": "claims",
            "claim": claim,
            "form": form,
            "disclosure": disclosure,
            "problems": shown(claim, problems or [], here=SECTION),
            "is_saved": is_saved,
            "has_errors_here": bool(blocking(here)),
            "findings_here": shown(claim, here, here=SECTION),
            "documents": [
                (each, may_change(claim, each), notes.get(str(each.pk), [])) for each in documents
            ],
            "matrix": _matrix(claim, lines, documents),
            "boxes": _boxes(claim, found) if claim.status == Status.SUBMITTED else None,
            "steps": steps(claim, found, SECTION),
            "all_done": not blocking(found),
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
        return _not_any_more(request, claim)
    form = DescriptionForm(
        request.POST if request.method == "POST" else None,
        initial={"version": claim.version, **DescriptionForm.read(document)},
        lines=_lines(claim),
        today=operator_day(clock.now()),
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
        claim = again(request, claim)
        typed = request.POST.copy()
        typed["version"] = str(claim.version)
        form = DescriptionForm(typed, lines=_lines(claim), today=operator_day(clock.now()))
        form.note(refusals)
    return _describe_page(request, claim, document, form, [*refusals, *form.refused()])


def _describe_page(
    request: HttpRequest,
    claim: Claim,
    document: PoEDocument,
    form: DescriptionForm,
    problems: list[Problem],
) -> HttpResponse:
    context = {
        "here": "claims",
        "claim": claim,
        "document": document,
        "form": form,
        "problems": shown(claim, problems, here=SECTION),
    }
    return render(request, "claims/edit/describe.html", context)


@claim_page
@require_http_methods(["GET", "POST"])
def replace_proof(request: HttpRequest, claim: Claim, document_id: int) -> HttpResponse:
    """Put a newer file in a document's place, with the same description."""
    document = _document(request, claim, document_id)
    if request.method == "GET" and not may_change(claim, document):
        return _not_any_more(request, claim)
    form = ReplacementForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        initial={"version": claim.version},
    )
    refusals: tuple[Problem, ...] = ()
    if form.is_bound and form.is_valid():
        # The document itself tells whether somebody else has replaced it since.
        refusals = refusals_of(
            lambda: replace_document(
                document_id=document.pk, actor=acting(request), upload=form.cleaned_data["file"]
            )
        )
        if not refusals:
            messages.success(
                request,
                _("%(file)s is replaced. Check what is said about it.")
                % {"file": document.original_name},
            )
            return redirect(f"{url_of(claim, SECTION)}?saved")
        form.note(refusals)
    context = {
        "here": "claims",
        "claim": claim,
        "document": document,
        "form": form,
        "problems": shown(claim, refusals, here=SECTION),
    }
    return render(request, "claims/edit/replace.html", context)


@claim_page
@require_http_methods(["GET", "POST"])
def withdraw_proof(request: HttpRequest, claim: Claim, document_id: int) -> HttpResponse:
    """Ask once, then take a document back. Doing so twice is doing it once."""
    document = _document(request, claim, document_id)
    if request.method == "GET" and not may_change(claim, document):
        return _not_any_more(request, claim)
    refusals: tuple[Problem, ...] = ()
    if request.method == "POST":
        if document.withdrawn_at is None:
            refusals = refusals_of(
                lambda: withdraw_document(document_id=document.pk, actor=acting(request))
            )
        if not refusals:
            messages.success(
                request,
                _("%(file)s is withdrawn. It stays on file but counts no more.")
                % {"file": document.original_name},
            )
            if may_attach(claim):
                return redirect(f"{url_of(claim, SECTION)}?saved")
            return redirect("claim_page", claim.pk)
    context = {
        "here": "claims",
        "claim": claim,
        "document": document,
        "form": ConfirmProofForm(initial={"version": claim.version}),
        "problems": shown(claim, refusals),
    }
    return render(request, "claims/edit/withdraw_proof.html", context)


@claim_page
@require_safe
def template(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Hand out the form that the customer can sign, with the claim's data in it."""
    response = HttpResponse(
        proof_template.build(claim, _lines(claim)), content_type=proof_template.CONTENT_TYPE
    )
    response["Content-Disposition"] = f'attachment; filename="{claim.number}-proof.docx"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _not_any_more(request: HttpRequest, claim: Claim) -> HttpResponse:
    messages.warning(request, _("This document can't be changed any more."))
    return redirect("claim_page", claim.pk)


def _upload_form(request: HttpRequest, claim: Claim, data: Any) -> UploadForm:
    lines = _lines(claim)
    return UploadForm(
        data,
        request.FILES if data is not None else None,
        initial={"version": claim.version, "line_ids": [line.pk for line in lines]},
        lines=lines,
        today=operator_day(clock.now()),
    )


def _boxes(
    claim: Claim, problems: list[Problem], request: HttpRequest | None = None
) -> WarningsForm:
    """Return boxes for what a claim that is handed in warns of since, as to its proof."""
    since = [
        each
        for each in errors_in(problems, SECTION)
        if each.severity == Severity.WARNING and each.key not in claim.confirmed_warnings
    ]
    return WarningsForm(
        request.POST if request else None,
        initial={"version": claim.version},
        problems=since,
        known=claim.confirmed_warnings,
    )


def _matrix(claim: Claim, lines: list[ClaimLine], documents: list[PoEDocument]) -> Any:
    return matrix_of(
        lines,
        documents,
        max_age_months=claim.rule_profile.poe_max_age_months,
        today=operator_day(clock.now()),
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


def _disclosure(claim: Claim, data: Any) -> SectionForm | None:
    """Return the disclosure's form for a customer in the public sector, while it can be changed."""
    tenant = claim.tenant
    if tenant is None or tenant.sector != CustomerTenant.Sector.PUBLIC:
        return None
    editable = editable_fields(claim)
    if not DisclosureForm.changes_fields & editable:
        return None
    return DisclosureForm(data, claim=claim, offered=editable)
