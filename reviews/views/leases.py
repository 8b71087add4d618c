"""Taking, giving back, taking over and giving away a case; and the bar that shows its state."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from claims import actors, door
from claims.models import Claim
from claims.refusals import NotYours
from claims.standing import time
from cpor_site.common import clock
from cpor_site.common.form_fields import whole_number
from cpor_site.common.models import User
from cpor_site.common.problems import Refused

from ..models import CaseLease
from ..queue_forms import ReasonForm, ReassignForm
from ..queues import coming_up
from ..services import leases
from ..services.next_case import next_case
from .case import about_a_case, reader
from .reasons import act_and_tell, ask_and_act, leading_reader


@dataclass(frozen=True)
class LeaseBar:
    """Who has the case open, in words, and what the reader can do about it.

    ``state`` is ``mine``, ``others`` or ``free``; empty where a lease has no meaning, because the
    claim isn't with the reviewers or the reader doesn't decide. ``blocks`` says that the reader's
    acts would be refused now (REV-05).
    """

    state: str
    words: str
    lease: CaseLease | None
    can_take: bool
    can_release: bool
    can_take_over: bool
    can_reassign: bool
    next_url: str

    @property
    def blocks(self) -> bool:
        return self.state == "others"


def lease_bar(
    claim: Claim, user: User, *, renew: bool = True, hindered: bool | None = None
) -> LeaseBar:
    """Return what ``admin/queue/lease_bar.html`` shows; with ``renew`` one's own lease is kept.

    ``hindered`` says whether ``door.ask_reviewer`` refuses the user, if somebody has asked already.
    """
    now = clock.now()
    decides = leases.can_review(user)
    with_reviewers = claim.status in leases.WITH_REVIEWERS
    if renew and decides:
        lease = leases.renew_on_opening(claim, user, now)
    else:
        lease = leases.lease_of(claim, now)
    lead = decides and actors.is_lead(user)
    if hindered is None:
        asks = decides and with_reviewers and (lead or lease is None)
        hindered = asks and not _may_take(claim, user)
    mine = claim.assigned_reviewer_id == user.pk
    state, words = "", ""
    if lease is not None:
        state = "mine" if lease.holder_id == user.pk else "others"
        until = {"holder": lease.holder, "time": time(lease.expires_at)}
        words = (
            _("You have this case open until %(time)s.")
            if state == "mine"
            else _("%(holder)s has this case open until %(time)s.")
        ) % until
    elif with_reviewers:
        state, words = "free", _("Nobody has this case open.")
        if claim.assigned_reviewer is not None and not mine:
            words = f"{words} {_assigned_words(claim, lead)}"
    return LeaseBar(
        state=state,
        words=words,
        lease=lease,
        can_take=decides and with_reviewers and lease is None and not hindered,
        can_release=decides and state == "mine",
        can_take_over=lead and state == "others" and with_reviewers and not hindered,
        can_reassign=with_reviewers and ((decides and mine) or (lead and not hindered)),
        next_url=reverse("admin:reviews_next_case") if decides else "",
    )


def _assigned_words(claim: Claim, lead: bool) -> str:
    words = (
        _(
            "It is still assigned to %(reviewer)s, so that “Next case” gives it to nobody else; "
            "you can change the reviewer."
        )
        if lead
        else _(
            "It is still assigned to %(reviewer)s, so that “Next case” gives it to nobody else; "
            "a lead reviewer can change the reviewer."
        )
    )
    return words % {"reviewer": claim.assigned_reviewer}


def _may_take(claim: Claim, user: User) -> bool:
    try:
        door.ask_reviewer(actors.reviewer(user), claim)
    except Refused:
        return False
    return True


@require_POST
def next_case_act(request: HttpRequest) -> HttpResponse:
    """Take the most urgent case and open it; without one, back to the queue with a word."""
    instead_of = request.POST.get("instead_of", "")
    try:
        lease = next_case(
            actor=actors.reviewer(reader(request)),
            instead_of=whole_number(instead_of),
        )
    except NotYours:
        raise PermissionDenied from None
    if lease is None:
        return redirect("admin:reviews_no_case")
    return redirect("admin:claims_claim_change", lease.claim_id)


@require_POST
@about_a_case
def take_act(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Hold the case."""
    actor = actors.reviewer(reader(request))
    act_and_tell(request, lambda: leases.take_case(claim_id=claim.pk, actor=actor))
    return _back(request, claim)


@require_POST
@about_a_case
def release_act(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Give the case back; one's own needs no reason."""
    actor = actors.reviewer(reader(request))
    act_and_tell(
        request,
        lambda: leases.release_case(claim_id=claim.pk, actor=actor),
        _("You have given %(number)s back; others can open it now.") % {"number": claim.number},
    )
    return _back(request, claim)


@require_http_methods(["GET", "HEAD", "POST"])
@about_a_case
def take_over_page(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Let a lead say why they take over a case that somebody else has open."""
    user = leading_reader(request)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    lease = leases.lease_of(claim, clock.now())
    consequence = (
        _(
            "%(holder)s has this case open. You take it over; what they typed isn't lost, but they "
            "can't decide any more."
        )
        % {"holder": lease.holder}
        if lease is not None
        else _("Nobody has this case open any more.")
    )
    return ask_and_act(
        request,
        claim,
        form,
        title=_("Take over %(number)s") % {"number": claim.number},
        button=_("Take over"),
        consequence=consequence,
        act=lambda: leases.take_over_case(
            claim_id=claim.pk, actor=actors.reviewer(user), reason=form.cleaned_data["reason"]
        ),
        done=lambda lease: _("You have this case open now."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@about_a_case
def reassign_page(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Give the claim another reviewer, or put it back to the unassigned ones."""
    user = reader(request)
    mine = claim.assigned_reviewer_id == user.pk
    if not leases.can_review(user) or not (mine or actors.is_lead(user)):
        raise PermissionDenied
    form = ReassignForm(request.POST if request.method == "POST" else None)
    return ask_and_act(
        request,
        claim,
        form,
        title=_("Change who reviews %(number)s") % {"number": claim.number},
        button=_("Change the reviewer"),
        consequence=_(
            "The case goes to the person you choose, with everything done so far. No deadline "
            "moves."
        ),
        act=lambda: leases.reassign_claim(
            claim_id=claim.pk,
            actor=actors.reviewer(user),
            to=form.cleaned_data["to"],
            reason=form.cleaned_data["reason"],
        ),
        done=lambda changed: (
            _("The reviewer of %(number)s is changed.") % {"number": changed.number}
        ),
    )


def _back(request: HttpRequest, claim: Claim) -> HttpResponse:
    return redirect(way_back(request) or reverse("admin:claims_claim_change", args=[claim.pk]))


def way_back(request: HttpRequest) -> str:
    """Return the address within the admin that the form came from, or an empty string."""
    wanted = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if safe and wanted.startswith("/admin/") else ""


@require_safe
def no_case_page(request: HttpRequest) -> HttpResponse:
    """Say that nothing waits for the reader, and what comes next."""
    user = reader(request)
    if not leases.can_review(user):
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": _("No case waits for you"),
        "coming": coming_up(user, clock.now()),
    }
    return TemplateResponse(request, "admin/queue/no_case.html", context)
