"""The pages of proof as pictures: ours, never the partner's file."""

from __future__ import annotations

import logging

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from claims.models import Claim, PoEDocument
from claims.services import handing_out

from ..models import ProofPage, ProofRendering
from .case import about_a_case, reader

logger = logging.getLogger(__name__)


@require_safe
@about_a_case
def page_image(request: HttpRequest, claim: Claim, document_id: int, number: int) -> FileResponse:
    """Send one page as an image; 404 for a page that isn't there or may not be shown (any more)."""
    pages = ProofPage.objects.select_related("rendering__document__claim")
    page = pages.filter(
        rendering__document=document_id,
        rendering__document__claim=claim,
        rendering__document__scan_state__in=PoEDocument.open_states(),
        rendering__state=ProofRendering.State.READY,
        number=number,
    ).first()
    if page is None or not page.image:
        raise Http404
    try:
        content = page.image.open("rb")
    except FileNotFoundError:
        logger.error("The image of page %s is missing from the storage.", page.pk)
        raise Http404 from None
    if request.method == "GET":
        handing_out.note_reading(page.rendering.document, reader(request))
    response = FileResponse(content, content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
