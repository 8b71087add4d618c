"""What a support case needs to know about a claim, to copy or to keep as a file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cpor_site.common import clock

from .. import journey, selectors, support
from ..models import Claim
from .access import claim_page


@claim_page
@require_safe
def facts(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Show the bundle as text."""
    return render(
        request, "claims/support.html", {"here": "claims", "claim": claim, "text": _text(claim)}
    )


@claim_page
@require_safe
def file(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Send the bundle as a text file."""
    response = HttpResponse(_text(claim), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{claim.number}.txt"'
    return response


def _text(claim: Claim) -> str:
    return support.bundle_of(
        claim,
        selectors.lines_of(claim),
        journey.without_repeats(selectors.events_of(claim)),
        clock.now(),
    )
