"""Acts on an upload afterwards: making what was left out, and discarding its drafts."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from cpor_site.common.form_fields import whole_number
from cpor_site.common.problems import Problem, Refused, error

from ..bulk import discarding, making
from ..models import Claim
from ..refusals import NotYours
from .access import acting, page, reader
from .uploads import upload_or_404

VERSION_AS_MADE = 2
"""The version of a draft that nobody has touched since the upload made and filled it."""


@page
@require_POST
def make_left_out(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Make drafts of the rows that stand in an earlier upload, if their owner wants them twice."""
    found = upload_or_404(request, upload_id)
    rows = None
    if "all" not in request.POST:
        numbers = map(whole_number, request.POST.getlist("row"))
        rows = {each for each in numbers if each is not None}
    try:
        made = making.make_left_out(actor=acting(request), upload_id=found.pk, rows=rows)
    except NotYours as refusal:
        raise Http404 from refusal
    except Refused as refusal:
        for problem in refusal.problems:
            messages.error(request, f"{problem.message} ({problem.code})")
    else:
        _say_made(request, made, none_ticked=rows == set())
    return redirect("upload_result", found.pk)


def _say_made(request: HttpRequest, made: int, *, none_ticked: bool) -> None:
    if made:
        sentence = ngettext("%(number)d draft was made.", "%(number)d drafts were made.", made)
        messages.success(request, sentence % {"number": made})
    elif none_ticked:
        messages.error(request, _("Tick the rows that shall become drafts all the same."))
    else:
        messages.info(request, _("No draft was made: none of these rows is still left out."))


@page
@require_http_methods(["GET", "POST"])
def discard_drafts(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Ask once which drafts of the upload shall go, and say of each what became of it."""
    found = upload_or_404(request, upload_id)
    drafts = list(discarding.drafts_to_discard(reader(request), found))
    context = {"here": "claims", "upload": found}
    problems: list[Problem] = []
    if request.method == "POST":
        versions = _versions(request.POST.getlist("draft"))
        if versions:
            done = discarding.discard_drafts(actor=acting(request), upload=found, versions=versions)
            context |= {"done": done, "number": sum(not each.problem for each in done)}
            return render(request, "claims/uploads/discarded.html", context)
        problems = [error("BLK-16", _("Tick the drafts that shall be discarded."), field="drafts")]
    if not drafts:
        messages.info(request, _("This upload has no draft that you could discard."))
        return redirect("upload_result", found.pk)
    context |= {"drafts": [(claim, _touched(claim)) for claim in drafts], "problems": problems}
    return render(request, "claims/uploads/discard.html", context)


def _versions(ticked: list[str]) -> dict[int, int]:
    """Return the claims that were ticked, each with the version that the page showed."""
    found = {}
    for each in ticked:
        key, _hyphen, version = each.partition("-")
        claim_id, shown = whole_number(key), whole_number(version)
        if claim_id is not None and shown is not None:
            found[claim_id] = shown
    return found


def _touched(claim: Claim) -> bool:
    """Whether somebody has worked on the draft since it was made."""
    return claim.version > VERSION_AS_MADE
