"""Who is partner of record for a customer: read from the associations, and never changed here."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from claims.models import Association

from ..partners_of_record import Key, Page, page_of, wanted
from ..queue_search import LONGEST
from .case import VIEW_CLAIM

PERMISSION = "claims.view_association"
STATES = {
    "now": gettext_lazy("only those that stand"),
    "ended": gettext_lazy("only those that have ended"),
}


@require_safe
def record_page(request: HttpRequest) -> HttpResponse:
    """Show the associations of the customers that were searched for."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    term = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    states = request.GET.get("show", "")
    if states not in STATES:
        states = ""
    notice, page = "", Page([])
    if term:
        found = wanted(term)
        notice = found.notice
        page = page_of(
            found.condition,
            after=Key.read(request.GET.get("after", "")),
            before=Key.read(request.GET.get("before", "")),
            states=states,
        )
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Partners of record"),
        "opts": Association._meta,
        "zone": timezone.get_current_timezone(),
        "term": term,
        "states": states,
        "choices": STATES.items(),
        "notice": notice,
        "rows": page.rows,
        "sees_claims": request.user.has_perm(VIEW_CLAIM),
        "all_address": _address(term, ""),
        "first": _address(term, states),
        "previous": _address(term, states, before=page.previous),
        "next": _address(term, states, after=page.next),
    }
    return TemplateResponse(request, "admin/queue/record.html", context)


def _address(term: str, states: str, **place: Key | None) -> str:
    """Return the query of this page at another place; empty if there is no such place."""
    if place and not any(place.values()):
        return ""
    parts = {"q": term, "show": states, **{name: str(key) for name, key in place.items() if key}}
    return "?" + urlencode({name: value for name, value in parts.items() if value})
