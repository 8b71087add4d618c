"""Draft claims from a file: choosing it, what became of it, the rows to mend, earlier uploads."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cpor_site.common import clock
from cpor_site.common.operator_calendar import operator_calendar
from cpor_site.common.problems import Problem, Refused, Severity, error

from .. import checks, organizations, selectors
from ..bulk import discarding, making, past, reading, template
from ..bulk.columns import BY_CODE, COLUMNS
from ..forms.uploads import KeptFileForm, UploadForm
from ..models import Claim, DraftUpload
from ..refusals import NotYours
from ..states import Status
from .access import acting, page, reader
from .sections import Shown, shown

DRAFTS_PER_PAGE = 10
"""Each draft on a page is checked anew, as its own pages do it."""

UPLOADS_PER_PAGE = 25
MOST_FINDINGS_SHOWN = 100
KEPT_SECONDS = 30 * 60


@dataclass(frozen=True)
class KeptFile:
    """A file that waits for a word whether it shall be uploaded once more."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Row:
    """A finding as the page lists it."""

    number: int
    column: str
    code: str
    message: str
    value: str


@dataclass(frozen=True)
class Draft:
    """A claim made from the file, and what it lacks before it can be submitted."""

    claim: Claim
    errors: list[Shown]
    warnings: int


@page
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Ask for the file, and make its good rows drafts."""
    found = selectors.organizations_to_claim_for(reader(request))
    if not found:
        return render(request, "claims/cannot_start.html", {"here": "start"}, status=403)
    kept = "kept" in request.POST
    form = UploadForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" and not kept else None,
        organizations=found,
        current=organizations.current_organization(request),
    )
    problems: tuple[Problem, ...] = ()
    if request.method == "POST" and kept:
        form.is_valid()
        form.errors.pop("file", None)
        try:
            return _upload_kept(request)
        except Refused as refusal:
            problems = refusal.problems
    elif form.is_bound and form.is_valid():
        try:
            return _upload(request, form.cleaned_data["organization"], form.cleaned_data["file"])
        except making.AlreadyUploaded as refusal:
            return _ask_again(request, form.cleaned_data, refusal)
        except Refused as refusal:
            problems = refusal.problems
    form.note(problems)
    return render(
        request,
        "claims/uploads/upload.html",
        {
            "here": "claims",
            "form": form,
            "problems": [each for each in problems if each.field not in form.fields],
            "has_errors": bool(problems or form.errors),
            "columns": COLUMNS,
        },
    )


@page
@require_safe
def upload_template(request: HttpRequest) -> HttpResponse:
    """The file to fill in."""
    return _csv(template.template(), _("draft claims") + ".csv")


@page
@require_safe
def uploads(request: HttpRequest) -> HttpResponse:
    """The files uploaded so far."""
    found = past.listed(
        past.uploads_for(reader(request)), organizations.current_organization(request)
    )
    return render(
        request,
        "claims/uploads/list.html",
        {
            "here": "claims",
            "uploads": Paginator(found, UPLOADS_PER_PAGE).get_page(request.GET.get("page")),
            "may_upload": bool(selectors.organizations_to_claim_for(reader(request))),
        },
    )


@page
@require_safe
def upload_result(request: HttpRequest, upload_id: int) -> HttpResponse:
    """What became of a file: the rows to mend, and the drafts with what each still lacks."""
    user = reader(request)
    found = upload_or_404(request, upload_id)
    sees_rows = past.sees_rows(user, found)
    about_rows = [each for each in found.problems if each["row"]] if sees_rows else []
    rows = [_row(each) for each in about_rows if each["code"] != making.LEFT_OUT]
    left_out = [each for each in about_rows if each["code"] == making.LEFT_OUT]
    drafts = Paginator(past.drafts_of(user, found), DRAFTS_PER_PAGE)
    here = drafts.get_page(request.GET.get("page"))
    now = clock.now()
    return render(
        request,
        "claims/uploads/result.html",
        {
            "here": "claims",
            "upload": found,
            "refused": len(found.refused_rows) if sees_rows else 0,
            "rows": rows[:MOST_FINDINGS_SHOWN],
            "more_rows": max(0, len(rows) - MOST_FINDINGS_SHOWN),
            "notes": [_row(each) for each in found.problems if not each["row"]],
            "left_out": left_out[:MOST_FINDINGS_SHOWN],
            "left_out_count": len(left_out),
            "may_discard": discarding.drafts_to_discard(user, found).exists(),
            "pages": here,
            "drafts": [_draft(request, claim, now) for claim in here],
            "now": now,
            "calendar": operator_calendar(),
        },
    )


@page
@require_safe
def refused_rows(request: HttpRequest, upload_id: int) -> HttpResponse:
    """The rows to mend, as a file to upload again."""
    found = upload_or_404(request, upload_id)
    if not found.refused_rows or not past.sees_rows(reader(request), found):
        raise Http404
    stem = found.file_name.rpartition(".")[0] or found.file_name
    return _csv(template.refused_rows(found), _("%(file)s to mend") % {"file": stem} + ".csv")


# -- what they do ----------------------------------------------------------------------------------


def _upload(request: HttpRequest, organization_id: int, file: UploadedFile) -> HttpResponse:
    reading.ask_size(file.size or 0)
    return _done(request, organization_id, KeptFile(file.name or "", file.read()), again=False)


def _upload_kept(request: HttpRequest) -> HttpResponse:
    form = KeptFileForm(request.POST)
    key = form.is_valid() and _key(request, form.cleaned_data["kept"])
    file = cache.get(key) if key else None
    if not isinstance(file, KeptFile):
        raise Refused(
            error(
                "BLK-14",
                _("The file was kept here for half an hour only. Choose it again."),
                field=reading.FIELD,
            )
        )
    answer = _done(request, form.cleaned_data["organization"], file, again=True)
    cache.delete(str(key))
    return answer


def _done(
    request: HttpRequest, organization_id: int, file: KeptFile, *, again: bool
) -> HttpResponse:
    try:
        made = making.upload_drafts(
            actor=acting(request),
            organization_id=organization_id,
            file_name=file.name,
            content=file.content,
            again=again,
        )
    except NotYours as refusal:
        raise Http404 from refusal
    return redirect("upload_result", made.pk)


def _ask_again(
    request: HttpRequest, chosen: dict[str, Any], refusal: making.AlreadyUploaded
) -> HttpResponse:
    """Keep the file for a while, and ask whether it shall be uploaded once more."""
    file = chosen["file"]
    file.seek(0)
    token = secrets.token_urlsafe(16)
    cache.set(_key(request, token), KeptFile(file.name or "", file.read()), KEPT_SECONDS)
    return render(
        request,
        "claims/uploads/again.html",
        {
            "here": "claims",
            "problem": refusal.problems[0],
            "previous": past.uploads_for(reader(request)).filter(pk=refusal.previous.pk).first(),
            "form": KeptFileForm(initial={"organization": chosen["organization"], "kept": token}),
        },
    )


def _key(request: HttpRequest, token: str) -> str:
    return f"kept_upload:{reader(request).pk}:{token}"


def upload_or_404(request: HttpRequest, upload_id: int) -> DraftUpload:
    """Return the upload if the reader may open it."""
    found = past.uploads_for(reader(request)).filter(pk=upload_id).first()
    if found is None:
        raise Http404
    return found


def _row(stored: dict[str, Any]) -> Row:
    column = BY_CODE.get(stored["column"])
    title = str(column.title) if column else ""
    return Row(stored["row"], title, stored["code"], stored["message"], stored["value"])


def _draft(request: HttpRequest, claim: Claim, now: datetime) -> Draft:
    if claim.status != Status.EDITING:
        return Draft(claim, [], 0)
    problems = checks.check_submission(claim, reader(request), now)
    blocking = [each for each in problems if each.blocks]
    warnings = [each for each in problems if each.severity == Severity.WARNING]
    return Draft(claim, shown(claim, blocking), len(warnings))


def _csv(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": content_disposition_header(True, name) or ""}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)
