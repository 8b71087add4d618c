"""The page on which a partner asks that a customer who declined be asked once more (Q8)."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cpor_site.common import clock
from cpor_site.common.problems import Problem

from .. import actors, deadlines
from ..actors import Capability
from ..forms.disputes import AskAgainForm
from ..models import Claim
from ..services.renewals import ask_renewal, closed_to_renewals
from ..states import Status
from .access import acting, again, claim_page, reader, refusals_of
from .refused import refused_context, refused_form


@claim_page
@require_http_methods(["GET", "POST"])
def ask_again(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Say what follows, and take the reason; it stays in its field whatever happens."""
    arrived_at = clock.now()
    if not actors.partner_can(reader(request), Capability.CLAIM, claim):
        raise Http404
    is_post = request.method == "POST"
    if claim.status != Status.REJECTED:
        messages.info(
            request, _("Only after a customer has declined a claim can they be asked again.")
        )
        return redirect("claim_page", claim.pk)
    form = AskAgainForm(request.POST if is_post else None, initial={"version": claim.version})
    problems: tuple[Problem, ...] = ()
    if is_post and form.is_valid():
        problems = refusals_of(
            lambda: ask_renewal(
                claim_id=claim.pk,
                actor=acting(request),
                version=form.cleaned_data["version"],
                reason=form.cleaned_data["reason"],
                arrived_at=arrived_at,
            )
        )
        if not problems:
            messages.success(
                request,
                _("Your request is with the lead reviewers; you get a letter with the answer."),
            )
            return redirect("claim_page", claim.pk)
        claim = again(request, claim)
        form = refused_form(request, claim, problems, AskAgainForm)
    closed = closed_to_renewals(claim, arrived_at)
    return render(
        request,
        "claims/ask_again.html",
        {
            **refused_context(claim, form, problems, closed, arrived_at),
            "last": deadlines.renewal_end(claim),
        },
    )
