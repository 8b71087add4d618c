"""Writing to the reviewers, with files if need be."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cpor_site.common.problems import Problem

from ..forms.acts import CommentForm
from ..forms.base import CODED
from ..models import Claim, Comment, PoEDocument
from ..services.comments import add_comment
from ..services.documents import attach_document
from .access import acting, again, claim_page, refusals_of
from .claim import page_of


@claim_page
@require_POST
def comment(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Write to the reviewers; a refused text stays in its field, a good file is kept in any case.

    Files become documents of the claim, attached to the comment if there is one.
    """
    form = CommentForm(request.POST, request.FILES)
    form.is_valid()
    body = form.cleaned_data.get("body", "")
    written: list[Comment] = []
    problems = refusals_of(
        lambda: written.append(add_comment(claim_id=claim.pk, actor=acting(request), body=body))
    )
    kept: list[PoEDocument] = []
    refused: list[Problem] = []
    for file in form.cleaned_data.get("files", []):
        refused += refusals_of(
            partial(_keep, request, claim, file, written[0] if written else None, kept)
        )
    if written:
        messages.success(request, _("Your comment is with the reviewers."))
    if kept and not written:
        names = ", ".join(each.original_name for each in kept)
        messages.warning(
            request,
            _("Kept among the documents: %(files)s. The comment isn't sent yet.")
            % {"files": names},
        )
    if not problems and not refused:
        return redirect("claim_page", claim.pk)
    if written:
        # What was sent must not be sent again.
        form = CommentForm({}, {})
        form.is_valid()
    for problem in problems:
        form.add_error("body", str(problem.message))
    for problem in refused:
        form.add_error("files", ValidationError(format_html(CODED, problem.message, problem.code)))
    return render(request, "claims/claim_page.html", page_of(request, again(request, claim), form))


def _keep(
    request: HttpRequest,
    claim: Claim,
    file: UploadedFile,
    sent_with: Comment | None,
    kept: list[PoEDocument],
) -> None:
    document, _warnings = attach_document(
        claim_id=claim.pk, actor=acting(request), upload=file, comment=sent_with
    )
    kept.append(document)
