"""What only lead reviewers decide: asking a customer once more (Q8), closing a claim (T23)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from claims import actors
from claims.models import Claim, ConsentRenewal
from claims.standing import day
from claims.states import Status
from consent.models import ConsentAnswer
from cpor_site.common import fresh
from cpor_site.common.models import User

from ..forms import ActForm
from ..models import AdministrativeEnd
from ..services import administrative, leases, renewals
from .case import VIEW_CLAIM, about_a_case, reader
from .reasons import ask_and_act, leading_reader

SHOWN = 200


class RenewalForm(ActForm):
    """Whether the customer is asked again, and what the partner reads of it."""

    decision = forms.ChoiceField(
        label=gettext_lazy("Your decision"),
        choices=[
            ("grant", gettext_lazy("Ask the customer once more")),
            ("refuse", gettext_lazy("Leave it at the customer's refusal")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the two.")},
    )
    text = forms.CharField(
        label=gettext_lazy("Text to the partner"),
        help_text=gettext_lazy("Needed if the customer is not asked again. It goes in the letter."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ProposalForm(ActForm):
    """Why a claim is to be closed: for its parties, and for colleagues alone."""

    reason = forms.CharField(
        label=gettext_lazy("Reason for the parties"),
        help_text=gettext_lazy(
            "Partner and customer read it in their letters, so name nobody else. At most %(most)d "
            "characters."
        ),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    internal_note = forms.CharField(
        label=gettext_lazy("Internal note"),
        help_text=gettext_lazy("Only people of the operator read it."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: QueryDict | None = None, *, claim: Claim) -> None:
        super().__init__(data, claim=claim)
        field = self.fields["reason"]
        field.help_text = str(field.help_text) % {"most": administrative.LONGEST_REASON}


class SettleForm(ActForm):
    """What becomes of a proposal to close a claim."""

    decision = forms.ChoiceField(
        label=gettext_lazy("Your decision"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the two.")},
    )

    def __init__(self, data: QueryDict | None = None, *, claim: Claim, is_own: bool) -> None:
        super().__init__(data, claim=claim)
        field = self.fields["decision"]
        assert isinstance(field, forms.ChoiceField)
        if is_own:
            field.choices = [("turn_down", _("Take my proposal back"))]
        else:
            field.choices = [
                ("confirm", _("Close the claim as proposed")),
                ("turn_down", _("Turn the proposal down")),
            ]


@require_safe
def leads_page(request: HttpRequest) -> HttpResponse:
    """List what waits for a lead reviewer: wishes of partners, proposals of other leads."""
    if not request.user.has_perm(VIEW_CLAIM):
        raise PermissionDenied
    user = reader(request)
    context = {
        **admin.site.each_context(request),
        "title": _("Waiting for a lead reviewer"),
        "opts": Claim._meta,
        "leads": leases.can_review(user) and actors.is_lead(user),
        "renewals": waiting_renewals()[:SHOWN],
        "proposals": administrative.waiting_ends()[:SHOWN],
        "user_id": user.pk,
        "sees_renewals": user.has_perm("claims.view_consentrenewal"),
        "sees_ends": user.has_perm("reviews.view_administrativeend"),
    }
    return TemplateResponse(request, "admin/queue/leads.html", context)


def waiting_renewals() -> Any:
    """Return the wishes of partners that wait for an answer, the oldest first."""
    return (
        ConsentRenewal.objects.filter(outcome="", claim__status=Status.REJECTED)
        .select_related("claim__organization", "claim__tenant", "asked_by")
        .order_by("asked_at", "pk")
    )


def leading_part(claim: Claim, user: User) -> dict[str, Any]:
    """Return what the case page shows of all this to the user."""
    leads = leases.can_review(user) and actors.is_lead(user)
    proposal = administrative.open_end(claim)
    return {
        "renewal": getattr(claim, "consent_renewal", None),
        "proposal": proposal,
        "own_proposal": proposal is not None and proposal.proposed_by_id == user.pk,
        "leads": leads,
        "can_propose": leads and proposal is None and administrative.can_be_closed(claim),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@about_a_case
@fresh.confirmed
def renewal_page(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Show the partner's wish and the customer's refusal, then decide (POST only)."""
    user = leading_reader(request)
    actor = actors.reviewer(user)
    wish = renewals.open_renewal(claim)
    form = RenewalForm(request.POST if request.method == "POST" else None, claim=claim)
    days = claim.rule_profile.consent_calendar_days

    def act() -> str:
        typed = form.cleaned_data
        known = {"claim_id": claim.pk, "actor": actor, "version": typed["version"]}
        if typed["decision"] == "grant":
            renewals.grant_renewal(**known, text=typed["text"])
        else:
            renewals.refuse_renewal(**known, text=typed["text"])
        return str(typed["decision"])

    done = {
        "grant": _(
            "The customer is asked once more; everybody there gets a letter with a new link."
        ),
        "refuse": _("The customer's refusal stands. The partner gets a letter."),
    }
    return ask_and_act(
        request,
        claim,
        form,
        title=_("Another letter to the customer of %(n)s?") % {"n": claim.number},
        button=_("Decide"),
        consequence=_settled_words(wish)
        or ngettext(
            "If you agree, the customer's people get new links and have %(days)d day again; their "
            "letter says that they declined before. This can be done once for a claim.",
            "If you agree, the customer's people get new links and have %(days)d days again; their "
            "letter says that they declined before. This can be done once for a claim.",
            days,
        )
        % {"days": days},
        act=act,
        done=lambda decision: done[decision],
        facts=_facts_of_wish(claim, wish),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@about_a_case
@fresh.confirmed
def close_page(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Propose to close the claim, or settle a colleague's proposal (POST only)."""
    user = leading_reader(request)
    proposal = administrative.open_end(claim)
    if proposal is None and "decision" not in request.POST:
        return _propose(request, claim, user)
    return _settle(request, claim, user, proposal)


def _propose(request: HttpRequest, claim: Claim, user: User) -> HttpResponse:
    form = ProposalForm(request.POST if request.method == "POST" else None, claim=claim)
    consequence = _what_follows(claim)
    if administrative.can_be_closed(claim):
        consequence += " " + _("Nothing happens before another lead reviewer has confirmed it.")
    return ask_and_act(
        request,
        claim,
        form,
        title=_("Close %(n)s as the operator?") % {"n": claim.number},
        button=_("Propose to close it"),
        consequence=consequence,
        act=lambda: administrative.propose_end(
            claim_id=claim.pk,
            actor=actors.reviewer(user),
            reason=form.cleaned_data["reason"],
            internal_note=form.cleaned_data["internal_note"],
            version=form.cleaned_data["version"],
        ),
        done=lambda _proposal: _("Proposed. Another lead reviewer has to confirm it."),
    )


def _settle(
    request: HttpRequest, claim: Claim, user: User, proposal: AdministrativeEnd | None
) -> HttpResponse:
    is_own = proposal is not None and proposal.proposed_by_id == user.pk
    form = SettleForm(
        request.POST if request.method == "POST" else None, claim=claim, is_own=is_own
    )

    def act() -> str:
        known = {
            "claim_id": claim.pk,
            "actor": actors.reviewer(user),
            "version": form.cleaned_data["version"],
        }
        if form.cleaned_data["decision"] == "confirm":
            administrative.confirm_end(**known)
        else:
            administrative.turn_down_end(**known)
        return str(form.cleaned_data["decision"])

    done = {
        "confirm": _("The claim is closed. The parties get a letter."),
        "turn_down": _("The proposal is settled; the claim stays as it is."),
    }
    return ask_and_act(
        request,
        claim,
        form,
        title=_("Close %(n)s as the operator?") % {"n": claim.number},
        button=_("Take it back") if is_own else _("Decide"),
        consequence=_("You proposed this. Another lead reviewer has to confirm it.")
        if is_own
        else _what_follows(claim),
        act=act,
        done=lambda decision: done[decision],
        facts=_facts_of_proposal(proposal),
    )


def _what_follows(claim: Claim) -> str:
    if claim.status == Status.EDITING:
        return _("A draft can't be closed this way: nobody but its partner has it.")
    if claim.status == Status.APPROVED:
        return _(
            "This ends the association for good: the products are free for others to claim, the "
            "incentive program is told, partner and customer get a letter with the reason. It "
            "can't be disputed."
        )
    if administrative.can_be_closed(claim):
        return _(
            "This rejects the claim for good: open questions, a dispute and the review end, and "
            "the partner gets a letter with the reason. It can't be disputed."
        )
    return _("This claim is closed already.")


def _facts_of_wish(claim: Claim, wish: ConsentRenewal | None) -> list[tuple[str, str]]:
    if wish is None:
        return []
    facts = [
        (_("The partner writes"), wish.reason),
        (_("Asked"), f"{day(wish.asked_at)}, {wish.asked_by}"),
    ]
    refusal = (
        ConsentAnswer.objects.filter(request__claim=claim, kind=ConsentAnswer.Kind.DECLINED)
        .order_by("-answered_at", "-pk")
        .first()
    )
    if refusal is not None:
        who = ", ".join(each for each in (refusal.responder_name, refusal.responder_title) if each)
        facts.append((_("The customer declined"), f"{day(refusal.answered_at)}, {who}"))
        facts.append((_("Their reason"), refusal.get_reason_display() or _("none given")))
        if refusal.message:
            facts.append((_("Their message"), refusal.message))
    return facts


def _facts_of_proposal(proposal: AdministrativeEnd | None) -> list[tuple[str, str]]:
    if proposal is None:
        return []
    facts = [
        (_("Proposed"), f"{day(proposal.proposed_at)}, {proposal.proposed_by}"),
        (_("Reason for the parties"), proposal.reason),
    ]
    if proposal.internal_note:
        facts.append((_("Internal note"), proposal.internal_note))
    return facts


def _settled_words(wish: ConsentRenewal | None) -> str:
    if wish is not None:
        return ""
    return _("Nothing waits for an answer here: the partner asks for nothing, or it is settled.")
