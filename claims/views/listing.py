"""The list of a person's claims, and the start of a new one."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from .. import actors, listing, listing_pages, organizations, selectors
from ..actors import Capability
from ..forms.acts import StartForm
from ..forms.listing import FilterNameForm
from ..models import Claim, SavedFilter
from ..services.drafting import start_claim
from ..states import Status
from .access import acting, page, reader, refusals_of
from .list_view import COLUMNS, SORTS, ListView, encoded
from .sections import url_of


@page
@require_safe
def claim_list(request: HttpRequest) -> HttpResponse:
    """The claims that wait for the reader first, then drafts, then the rest by last change."""
    user = reader(request)
    memberships = actors.memberships_with(user, Capability.SEE)
    if not memberships:
        may_export = bool(actors.memberships_with(user, Capability.EXPORT))
        context = {"here": "claims", "may_export": may_export}
        return render(request, "claims/list/no_claims_shown.html", context)
    view = ListView(request, memberships)
    wanted = view.wanted
    found, sizes = listing.sized(view.narrowed(), wanted)
    waiting = bool(sizes[listing.LOST] or sizes[listing.PROOF])
    segments = listing_pages.segments_of(view.sort, waiting=waiting)
    place, lost = _place(request, segments)
    shown = listing_pages.Page([])
    if sizes[wanted.status]:
        claims = listing.in_folder(found, wanted.status, sizes)
        shown = listing_pages.page_of(claims, segments, place)
        if place is not None and not shown.claims:
            shown, lost = listing_pages.page_of(claims, segments), True
    names = {"all": _("All claims"), "mine": _("Needs my action")} | {
        status.value: str(status.label) for status in Status
    }
    return render(
        request,
        "claims/claim_list.html",
        {
            "here": "claims",
            "view": view,
            "form": view.form,
            "wanted": wanted,
            "claims": shown.claims,
            "lost": lost,
            "folders": [
                (names[each.code], sizes[each.code], view.query(status=each.code), each.code)
                for each in listing.FOLDERS
                if sizes[each.code] or each.code in (wanted.status, "all", "mine")
            ],
            "size": sizes[wanted.status],
            "counted": listing.COUNTED,
            "chips": [(chip, view.query(without=chip.name)) for chip in view.form.chips],
            "query": view.query(),
            "unfiltered": encoded([("sort", view.sort)] if view.sort else []),
            "all_columns": [(column, column in view.columns) for column in COLUMNS],
            "kept": view.parts(without="columns"),
            "sorts": SORTS.items(),
            "kept_of_sort": view.parts(without="sort"),
            "kept_of_form": [each for each in view.parts() if each[0] in ("sort", "columns")],
            "first": view.query(),
            "previous": view.query(before=str(shown.previous)) if shown.previous else "",
            "next": view.query(after=str(shown.next)) if shown.next else "",
            "saved_filters": SavedFilter.objects.filter(user=user).order_by(Lower("name"), "pk"),
            "name_form": FilterNameForm(),
            "may_start": any(
                Capability.DRAFT in actors.ROLE_CAPABILITIES[each.role] for each in memberships
            ),
            "now": view.now,
            "calendar": view.calendar,
        },
    )


def _place(
    request: HttpRequest, segments: Sequence[listing_pages.Segment]
) -> tuple[listing_pages.Place | None, bool]:
    """Return where the page begins, and whether the address names a place that there is not."""
    for name in ("after", "before"):
        text = request.GET.get(name, "")
        if text:
            place = listing_pages.place_from(text, backwards=name == "before", segments=segments)
            return place, place is None
    return None, False


@page
@require_http_methods(["GET", "POST"])
def claim_start(request: HttpRequest) -> HttpResponse:
    """Say what is needed, and start a draft."""
    found = selectors.organizations_to_claim_for(reader(request))
    if not found:
        return render(request, "claims/cannot_start.html", {"here": "start"}, status=403)
    form = StartForm(
        request.POST or None,
        organizations=found,
        current=organizations.current_organization(request),
    )
    problems: tuple[object, ...] = ()
    if request.method == "POST" and form.is_valid():
        started: list[Claim] = []
        problems = refusals_of(
            lambda: started.append(
                start_claim(
                    actor=acting(request),
                    organization_id=form.cleaned_data["organization"],
                    name=form.cleaned_data["name"],
                )
            )
        )
        if started:
            return redirect(url_of(started[0], "customer"))
    return render(
        request, "claims/claim_start.html", {"here": "start", "form": form, "problems": problems}
    )
