"""Handing out a document: to who may see its claim, as a file, never as a page."""

from __future__ import annotations

import logging

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cpor_site.common.models import User

from .. import actors, selectors
from ..models import PoEDocument
from ..services import handing_out
from .access import reader

logger = logging.getLogger(__name__)


@require_safe
@login_required
def document_download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the document as an attachment; 404 for whoever may not see its claim.

    From a bucket it is handed out at an address that is signed and good for a minute. A withdrawn
    document stays readable; one that the virus check refused, or hasn't passed yet, is kept from
    everybody. Each download is noted in the claim's record.
    """
    user = reader(request)
    documents = _visible_to(user).select_related("claim")
    document = get_object_or_404(documents, pk=pk)
    if not document.may_be_opened:
        return _kept_back(request, document)
    address = handing_out.signed_address(document)
    if address:
        response: HttpResponseBase = HttpResponseRedirect(address)
        response["Referrer-Policy"] = "no-referrer"
    else:
        try:
            content = handing_out.content_of(document)
        except FileNotFoundError:
            logger.error("The file of document %s is missing from the storage.", document.pk)
            raise Http404 from None
        response = FileResponse(
            content,
            as_attachment=True,
            filename=document.original_name,
            content_type=document.content_type,
        )
    if request.method == "GET" or address:
        # An address is as good as the file, even where only the head was asked for.
        handing_out.note_download(document, user)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


def _kept_back(request: HttpRequest, document: PoEDocument) -> HttpResponseBase:
    reasons = {
        PoEDocument.ScanState.INFECTED: _("This file was refused by the virus check."),
        PoEDocument.ScanState.FAILED: _("This file couldn't be checked for viruses."),
    }
    waits = _("This file is still being checked for viruses. Try again in a minute.")
    why = reasons.get(PoEDocument.ScanState(document.scan_state), waits)
    return render(request, "403.html", {"why": why}, status=403)


def _visible_to(user: User) -> QuerySet[PoEDocument]:
    if actors.reads_proof(user):
        return PoEDocument.objects.all()
    return PoEDocument.objects.filter(claim__in=selectors.claims_for(user))
