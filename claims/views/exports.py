"""Downloads of the claims that fit a filter, for everybody whose role may export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cpor_site.common import limits
from cpor_site.common.refusal_pages import too_many

from .. import actors, exports, listing
from ..actors import Capability
from ..models import Membership
from ..states import Status
from .access import page, reader
from .list_view import ListView

MOST_FILES = 30
WITHIN = timedelta(minutes=10)
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json; charset=utf-8",
}


@page
@require_safe
def claim_exports(request: HttpRequest) -> HttpResponse:
    """Say which claims the file will hold, let them be narrowed, and offer the formats."""
    memberships = actors.memberships_with(reader(request), Capability.EXPORT)
    if not memberships:
        return render(request, "claims/list/cannot_export.html", {"here": "claims"}, status=403)
    view = ListView(request, memberships)
    return _shown(request, view, memberships)


@page
@require_safe
def claim_export(request: HttpRequest, form: str) -> Any:
    """Send the claims that fit the address's filters, as they are read from the database.

    A wrong filter gets the page that says so, and no file that holds something else.
    """
    memberships = actors.memberships_with(reader(request), Capability.EXPORT)
    if not memberships:
        return render(request, "claims/list/cannot_export.html", {"here": "claims"}, status=403)
    try:
        limits.ask("claim_export", str(reader(request).pk), most=MOST_FILES, within=WITHIN)
    except limits.TooMany as refusal:
        return too_many(request, refusal)
    view = ListView(request, memberships)
    if not view.form.is_valid():
        return _shown(request, view, memberships, status=400)
    per_line = request.GET.get("rows") == "lines"
    claims = view.chosen()
    parts: Iterator[str]
    if form == "csv":
        parts = exports.as_csv(claims, per_line=per_line, mark=request.GET.get("bom") == "on")
    else:
        parts = exports.as_json(claims, per_line=per_line)
    day = view.calendar.day_of(view.now).isoformat()
    return StreamingHttpResponse(
        _gathered(parts),
        content_type=FORMATS[form],
        headers={"Content-Disposition": f'attachment; filename="claims-{day}.{form}"'},
    )


def _gathered(parts: Iterator[str], size: int = 100) -> Iterator[str]:
    """Yield the parts a hundred at a time, since each is sent by itself."""
    held: list[str] = []
    for part in parts:
        held.append(part)
        if len(held) == size:
            yield "".join(held)
            held.clear()
    yield "".join(held)


def _shown(
    request: HttpRequest, view: ListView, memberships: Sequence[Membership], *, status: int = 200
) -> HttpResponse:
    _found, sizes = listing.sized(view.narrowed(), view.wanted)
    context = {
        "here": "claims",
        "view": view,
        "form": view.form,
        "wanted": view.wanted,
        "statuses": [
            ("all", _("All claims")),
            ("mine", _("Needs the partner's action")),
            *((each.value, str(each.label)) for each in Status),
        ],
        "size": sizes[view.wanted.status],
        "counted": listing.COUNTED,
        "chips": [(chip, view.query(without=chip.name)) for chip in view.form.chips],
        "kept": [part for part in view.parts() if part[0] not in ("sort", "columns")],
        "formats": [(each, reverse(f"claim_export_{each}")) for each in FORMATS],
        "may_see": any(
            Capability.SEE in actors.ROLE_CAPABILITIES[each.role] for each in memberships
        ),
        "back": view.query(),
    }
    return render(request, "claims/list/exports.html", context, status=status)
