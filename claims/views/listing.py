"""The list of a person's claims, and the start of a new one."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cpor_site.common import clock
from cpor_site.common.operator_calendar import operator_calendar

from .. import actors, selectors
from ..actors import Capability
from ..forms.acts import StartForm
from ..models import Claim
from ..services.drafting import start_claim
from ..states import Status
from .access import acting, page, reader, refusals_of
from .sections import url_of

PER_PAGE = 25


@page
@require_safe
def claim_list(request: HttpRequest) -> HttpResponse:
    """The claims that wait for the reader first, then drafts, then the rest by last change."""
    user = reader(request)
    folder = next(
        (each for each in selectors.FOLDERS if each.code == request.GET.get("status")),
        selectors.FOLDERS[0],
    )
    # PostgreSQL takes no text with a NUL.
    term = request.GET.get("q", "")[:100].replace("\0", "")
    mine = selectors.search(selectors.claims_for(user), term)
    sizes = selectors.folder_sizes(mine)
    found = selectors.listed(mine.filter(folder.condition))
    claims = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    names = {"all": _("All claims"), "mine": _("Needs my action")} | {
        status.value: str(status.label) for status in Status
    }
    kept = request.GET.copy()
    kept.pop("page", None)
    return render(
        request,
        "claims/claim_list.html",
        {
            "here": "claims",
            "claims": claims,
            "term": term,
            "folder": folder.code,
            "folders": [
                (each.code, names[each.code], sizes[each.code])
                for each in selectors.FOLDERS
                if sizes[each.code] or each.code in (folder.code, "all", "mine")
            ],
            "may_see": bool(actors.memberships_with(user, Capability.SEE)),
            "may_start": bool(selectors.organizations_to_claim_for(user)),
            "kept": kept.urlencode(),
            "now": clock.now(),
            "calendar": operator_calendar(),
        },
    )


@page
@require_http_methods(["GET", "POST"])
def claim_start(request: HttpRequest) -> HttpResponse:
    """Say what is needed, and start a draft."""
    organizations = selectors.organizations_to_claim_for(reader(request))
    if not organizations:
        return render(request, "claims/cannot_start.html", {"here": "start"}, status=403)
    form = StartForm(request.POST or None, organizations=organizations)
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
