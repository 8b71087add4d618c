"""Switching between the organisations that a person belongs to."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from cpor_site.common.form_fields import whole_number

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
        number = whole_number(wanted)
        found = number is not None and organizations.choose(request, number)
    if not found:
        raise Http404
    back = request.POST.get("next", "")
    if not back.startswith("/") or not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = reverse("claim_list")
    return HttpResponseRedirect(back)
