"""The whole file of one claim, handed to whoever may have it; each time is noted."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from claims import actors
from claims.models import Claim
from cpor_site.common.limits import TooMany
from cpor_site.common.problems import Refused
from cpor_site.common.refusal_pages import too_many

from ..services import case_bundle
from .case import about_a_case, reader


@require_POST
@about_a_case
def bundle_act(request: HttpRequest, claim: Claim) -> HttpResponse | FileResponse:
    """Send the claim's file as a ZIP; 403 without the permission and for a party to the claim.

    429 for somebody who had too many of them lately.
    """
    user = reader(request)
    try:
        bundle = case_bundle.export_case(claim_id=claim.pk, actor=actors.reviewer(user))
    except TooMany as refusal:
        return too_many(request, refusal)
    except Refused as refusal:
        raise PermissionDenied(str(refusal.problems[0].message)) from None
    response = FileResponse(
        bundle.file, as_attachment=True, filename=bundle.name, content_type="application/zip"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
