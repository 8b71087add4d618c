"""A partner of record is asked for newer proof, and answers that there is nothing to add (5.3)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cpor_site.common.problems import Problem

from .. import actors
from ..actors import Capability
from ..forms.acts import ConfirmForm
from ..models import Claim
from ..services import proof_requests
from .access import acting, claim_page, reader, refusals_of
from .sections import shown

NOTHING = {
    "title": gettext_lazy("Nothing to add?"),
    "consequence": gettext_lazy(
        "We then go by the proof that is on file, and need not wait for you. Until the matter is "
        "settled you can still add newer proof."
    ),
    "button": gettext_lazy("There is nothing to add"),
    "dangerous": False,
}


@claim_page
@require_http_methods(["GET", "POST"])
def nothing_to_add(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Ask once, then answer the request for newer proof; 404 for who may not claim."""
    is_post = request.method == "POST"
    if not actors.partner_can(reader(request), Capability.CLAIM, claim):
        raise Http404
    if not proof_requests.unanswered(claim):
        return _settled(request, claim)
    form = ConfirmForm(request.POST if is_post else None, initial={"version": claim.version})
    problems: tuple[Problem, ...] = ()
    if is_post and form.is_valid():
        typed: dict[str, Any] = form.cleaned_data
        problems = refusals_of(
            lambda: proof_requests.answer_nothing(claim_id=claim.pk, actor=acting(request), **typed)
        )
        if not problems:
            messages.success(
                request, _("Thank you. We go by the proof on file and tell you what is decided.")
            )
            return redirect("claim_page", claim.pk)
        form.note(problems)
    context = {
        "here": "claims",
        "claim": claim,
        "asked": NOTHING,
        "form": form,
        "problems": shown(claim, problems),
    }
    return render(request, "claims/act.html", context)


def _settled(request: HttpRequest, claim: Claim) -> HttpResponse:
    """A second click, or a page left open: no answer is awaited."""
    messages.info(request, _("No answer of yours is awaited now."))
    return redirect("claim_page", claim.pk)
