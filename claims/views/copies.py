"""New drafts from old claims: copying, replacing, renewing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cpor_site.common import clock
from cpor_site.common.problems import Problem

from .. import actors, door, offers
from ..forms.disputes import FromOldForm
from ..models import Claim
from ..services.copies import copy_claim, renew_claim, renewals_of, replace_claim
from .access import acting, claim_page, reader, refusals_of
from .sections import resume_url, shown, url_of


@dataclass(frozen=True)
class FromOld:
    """One way to a new draft; ``code`` is its name among the offers."""

    code: str
    service: Callable[..., Claim]
    takes_proof: bool
    title: Promise
    consequence: Promise
    button: Promise
    dangerous: bool = False
    corrects: bool = False


COPY = FromOld(
    "copy",
    copy_claim,
    True,
    gettext_lazy("Copy this claim to a new one?"),
    gettext_lazy(
        "This starts a draft with the same customer, products and contacts. The old claim stays as "
        "it is. You can change everything before you submit the new one."
    ),
    gettext_lazy("Start the copy"),
)
REPLACE = FromOld(
    "replace",
    replace_claim,
    True,
    gettext_lazy("Replace this claim by a new one?"),
    gettext_lazy(
        "For a claim made under the wrong partner ID or for the wrong activity. This starts a "
        "draft that takes this claim's place: once it is approved and the customer doesn't "
        "decline, this association ends in the same moment. Until then nothing changes."
    ),
    gettext_lazy("Start the replacement"),
    corrects=True,
)
RENEW = FromOld(
    "renew",
    renew_claim,
    False,
    gettext_lazy("Renew this claim for a new subscription?"),
    gettext_lazy(
        "An association ends with its subscription, and the one that follows needs a claim of its "
        "own. This starts a draft with the products whose subscription ends, and with the new "
        "subscription where the customer has exactly one."
    ),
    gettext_lazy("Start the renewal"),
)


def _view(way: FromOld) -> Callable[..., HttpResponse]:
    @claim_page
    @require_http_methods(["GET", "POST"])
    def from_old(request: HttpRequest, claim: Claim) -> HttpResponse:
        return _ask(request, claim, way)

    return from_old


copy, replace, renew = _view(COPY), _view(REPLACE), _view(RENEW)


def _ask(request: HttpRequest, claim: Claim, way: FromOld) -> HttpResponse:
    is_post = request.method == "POST"
    offered = frozenset() if is_post else _offered(request, claim)
    if way is RENEW and "renewed" in offered:
        return _to_the_renewal(request, claim)
    if not is_post and way.code not in offered:
        messages.info(
            request,
            _("That isn't possible now: the claim is in the status “%(status)s”.")
            % {"status": door.status_label(claim)},
        )
        return redirect("claim_page", claim.pk)
    initial = {
        "version": claim.version,
        "with_documents": way.takes_proof,
        "wrong": "partner",
    }
    form = FromOldForm(request.POST if is_post else None, initial=initial)
    if not way.corrects:
        del form.fields["wrong"]
    problems: tuple[Problem, ...] = ()
    if is_post and form.is_valid():
        made: list[Claim] = []
        problems = refusals_of(
            lambda: made.append(
                way.service(
                    claim_id=claim.pk,
                    actor=acting(request),
                    with_documents=form.cleaned_data["with_documents"],
                )
            )
        )
        if made:
            messages.success(
                request,
                _("Draft %(number)s is started. Look through each step, then submit it.")
                % {"number": made[0].number},
            )
            if way.corrects:
                return redirect(url_of(made[0], form.cleaned_data["wrong"] or "partner"))
            return redirect(resume_url(made[0]))
    context = {
        "here": "claims",
        "claim": claim,
        "asked": way,
        "form": form,
        "problems": shown(claim, problems),
    }
    return render(request, "claims/act.html", context)


def _to_the_renewal(request: HttpRequest, claim: Claim) -> HttpResponse:
    """An old link or letter: what it would begin was begun already."""
    renewal = renewals_of(claim).first() or claim
    messages.info(request, _("The renewal was begun already; this is it."))
    return redirect("claim_page", renewal.pk)


def _offered(request: HttpRequest, claim: Claim) -> frozenset[str]:
    has = actors.capabilities_on(reader(request), claim)
    return offers.offers_of(claim, has, clock.now())
