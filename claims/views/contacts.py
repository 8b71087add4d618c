"""Naming another contact at the customer, where our letter came back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cpor_site.common.problems import Problem

from .. import actors, selectors
from ..actors import Capability
from ..forms.handing_in import WarningsForm, confirmed_in
from ..forms.sections import OtherContactForm
from ..models import Claim
from ..services.contacts import name_other_contact
from .access import acting, again, claim_page, reader, refusals_of
from .acts import moved_on
from .editing import STALE
from .refused import refused_form
from .sections import shown


@claim_page
@require_http_methods(["GET", "POST"])
def other_contact(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Ask for the person, say what the rules say about them, and have the customer asked anew."""
    if not actors.partner_can(reader(request), Capability.CLAIM, claim):
        raise Http404
    if not claim.awaits_contact:
        return moved_on(request, claim)
    lost = selectors.business_contact_of(claim)
    form = OtherContactForm(request.POST if request.method == "POST" else None, claim=claim)
    refusals: tuple[Problem, ...] = ()
    if form.is_bound and form.is_valid():
        refusals = refusals_of(
            lambda: name_other_contact(
                claim_id=claim.pk,
                actor=acting(request),
                version=form.cleaned_data["version"],
                contact=form.contact(),
                confirmed=confirmed_in(request.POST),
            )
        )
        if not refusals:
            messages.success(
                request,
                _(
                    "Thank you. We write to the customer again; their time to decline begins when "
                    "the letter has left."
                ),
            )
            return redirect("claim_page", claim.pk)
        claim = again(request, claim)
        if not claim.awaits_contact:
            return moved_on(request, claim)
        form = refused_form(
            request, claim, refusals, lambda typed: OtherContactForm(typed, claim=claim)
        )
    context = {
        "here": "claims",
        "claim": claim,
        "lost": lost,
        "form": form,
        "fields": form.groups()[0][2],
        "problems": shown(claim, refusals, here="contacts"),
        "boxes": WarningsForm(
            request.POST if form.is_bound else None,
            problems=refusals,
            known={},
        ),
        "is_stale": tuple(each.code for each in refusals) == STALE,
    }
    return render(request, "claims/other_contact.html", context)
