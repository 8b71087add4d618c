"""Handing out a document: to who may see its claim, as a file, never as a page."""

from __future__ import annotations

import logging

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cpor_site.common.models import User

from .. import actors, selectors
from ..models import PoEDocument
from .access import reader

logger = logging.getLogger(__name__)


@require_safe
@login_required
def document_download(request: HttpRequest, pk: int) -> FileResponse:
    """Send the document as an attachment; 404 for whoever may not see its claim.

    A withdrawn document stays readable; one that the virus check refused is kept from everybody.
    """
    document = get_object_or_404(_visible_to(reader(request)), pk=pk)
    if document.scan_state == PoEDocument.ScanState.INFECTED:
        raise PermissionDenied(_("This file was refused by the virus check."))
    try:
        content = document.file.open("rb")
    except FileNotFoundError:
        logger.error("The file of document %s is missing from the storage.", document.pk)
        raise Http404 from None
    response = FileResponse(
        content,
        as_attachment=True,
        filename=document.original_name,
        content_type=document.content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


def _visible_to(user: User) -> QuerySet[PoEDocument]:
    if user.is_staff and user.has_perm(actors.REVIEW_PERMISSION):
        return PoEDocument.objects.all()
    return PoEDocument.objects.filter(claim__in=selectors.claims_for(user))
