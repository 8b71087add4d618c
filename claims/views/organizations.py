"""Switching between the organisations that a person belongs to."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from .. import organizations
from .access import page

ALL = "all"


@page
@require_POST
def choose_organization(request: HttpRequest) -> HttpResponse:
    """Look at one of the reader's organisations, or at all of them; then go back to ``next``."""
    wanted = request.POST.get("organization", "")
    if wanted == ALL:
        found = organizations.choose(request, None)
    else:
        found = wanted.isdecimal() and organizations.choose(request, int(wanted))
    if not found:
        raise Http404
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = "claim_list"
    return redirect(back)
