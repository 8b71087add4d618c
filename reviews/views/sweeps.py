"""What the next runs of the jobs will do by themselves, and holds that keep a claim from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from operator import attrgetter
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from claims import actors
from claims.models import Claim, ClockHold
from claims.reminding import DRAFT_KEPT
from claims.services import archive, dispute_windows, subscription_ends
from claims.services.displacement import held_up_by, is_to_yield
from claims.services.reminders import drafts_due, partners_due, proof_due
from claims.services.renewal_reminders import subscriptions_due
from claims.services.sweeps import unanswered
from claims.states import Status
from consent.services.reminders import customers_due
from consent.services.windows import passed
from consent.services.withdrawals import claims_due
from cpor_site.common import clock
from cpor_site.common.models import JobRun

from ..queue_forms import ReasonForm
from ..queue_pages import rows
from ..services import holds, leases
from ..services.lateness import late
from .case import VIEW_CLAIM, about_a_case, reader
from .reasons import act_and_tell, ask_and_act, leading_reader

AHEAD = timedelta(hours=24)
SHOWN = 200


@dataclass(frozen=True)
class Plan:
    """What one job will do until ``AHEAD`` from now, by its own selection of claims."""

    job: str
    title: Promise
    act: Promise
    empty: Promise
    claims: list[Claim]
    more: bool
    last_run: JobRun | None


@require_safe
def sweeps_page(request: HttpRequest) -> HttpResponse:
    """Show the dry run of the coming day, and the claims that are kept from it."""
    if not request.user.has_perm(VIEW_CLAIM):
        raise PermissionDenied
    user, now = reader(request), clock.now()
    withdrawn = claims_due(now + AHEAD)
    ending = subscription_ends.claims_ending(now + AHEAD)
    plans = [
        _plan(
            "reject_stale_claims",
            gettext_lazy("Rejected for want of an answer"),
            gettext_lazy("is rejected; the partner can dispute that"),
            gettext_lazy("No partner's time to answer ends within the next 24 hours."),
            unanswered(now + AHEAD),
            attrgetter("due_at"),
        ),
        _plan(
            "finalise_consent_windows",
            gettext_lazy("Put in force without a refusal"),
            gettext_lazy("comes into force and is handed over to the incentive program"),
            gettext_lazy("No customer's time to refuse ends within the next 24 hours."),
            passed(now + AHEAD),
            attrgetter("consent_closes_at"),
        ),
        _plan(
            "carry_out_withdrawals",
            gettext_lazy("Ended at the customer's wish"),
            gettext_lazy("ends for the products that the customer withdrew"),
            gettext_lazy("No withdrawal takes effect within the next 24 hours."),
            withdrawn,
            lambda claim: withdrawn[claim.pk],
        ),
        _plan(
            "end_expired_subscriptions",
            gettext_lazy("Ended with their subscription"),
            gettext_lazy("ends for the products whose subscription is past its grace period"),
            gettext_lazy("No subscription's grace period ends within the next 24 hours."),
            ending,
            lambda claim: ending[claim.pk],
        ),
        _plan(
            "close_dispute_windows",
            gettext_lazy("Closed without a dispute"),
            gettext_lazy("can't be disputed any more"),
            gettext_lazy("No partner's time to dispute ends within the next 24 hours."),
            dispute_windows.lapsed(now + AHEAD),
            attrgetter("due_at"),
        ),
        _plan(
            "archive_idle_drafts",
            gettext_lazy("Drafts for the archive"),
            gettext_lazy("is archived; its partner can take it out again"),
            gettext_lazy("No draft has been idle for 90 days within the next 24 hours."),
            archive.idle(now + AHEAD),
            lambda claim: claim.changed_at + DRAFT_KEPT,
        ),
    ]
    plans += _reminders(now)
    held = list(
        ClockHold.objects.filter(lifted_at=None)
        .select_related("claim__organization", "claim__tenant", "placed_by")
        .order_by("placed_at", "pk")[:SHOWN]
    )
    held_up = held_up_by([hold.claim_id for hold in held])
    for hold in held:
        hold.keeps_waiting = held_up.get(hold.claim_id, [])  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Tonight's sweep"),
        "opts": Claim._meta,
        "zone": timezone.get_current_timezone(),
        "until": now + AHEAD,
        "plans": plans,
        "nothing_due": [plan for plan in plans if not plan.claims],
        "held": held,
        "leads": leases.can_review(user) and actors.is_lead(user),
        "sees_runs": user.has_perm("common.view_jobrun"),
        "now": now,
    }
    return TemplateResponse(request, "admin/queue/sweeps.html", context)


def _reminders(now: datetime) -> list[Plan]:
    until = now + AHEAD
    return [
        _plan(
            "remind_partners",
            gettext_lazy("Partners reminded of their answer"),
            gettext_lazy("causes a letter to the partner"),
            gettext_lazy("No partner is due a reminder within the next 24 hours."),
            partners_due(now, until=until),
            attrgetter("due_at"),
        ),
        _plan(
            "remind_customers",
            gettext_lazy("Customers asked again"),
            gettext_lazy("causes a letter to the customer's people"),
            gettext_lazy("No customer is due a reminder within the next 24 hours."),
            customers_due(now, until=until),
            attrgetter("consent_closes_at"),
        ),
        _plan(
            "report_late_reviews",
            gettext_lazy("Told to the lead reviewers as late"),
            gettext_lazy("causes a letter to the lead reviewers"),
            gettext_lazy("No deadline of the reviewers passes untold within the next 24 hours."),
            late(now, until=until),
            attrgetter("due_at"),
        ),
        _plan(
            "remind_of_subscriptions",
            gettext_lazy("Partners told of an ending subscription"),
            gettext_lazy("causes a letter that tells the partner how to renew"),
            gettext_lazy("No subscription of an association comes near its end."),
            subscriptions_due(now, until=until),
        ),
        _plan(
            "remind_of_proof",
            gettext_lazy("Partners told of ageing proof"),
            gettext_lazy("causes a letter that asks the partner for newer proof"),
            gettext_lazy("No proof of an approved claim becomes 10 months old."),
            proof_due(now, until=until),
        ),
        _plan(
            "remind_of_drafts",
            gettext_lazy("Owners told of an idle draft"),
            gettext_lazy("causes a letter to its owner"),
            gettext_lazy("No draft becomes idle for 30 days."),
            drafts_due(now, until=until),
        ),
    ]


def _nothing(claim: Claim) -> None:
    """Return what a claim without a deadline is sorted by."""


def _plan(
    job: str,
    title: Promise,
    act: Promise,
    empty: Promise,
    keys: Iterable[int],
    due_of: Callable[[Claim], datetime | None] = _nothing,
) -> Plan:
    found = list(islice(keys, SHOWN + 1))
    claims = rows(found[:SHOWN])
    last = JobRun.objects.filter(job=job, dry_run=False).order_by("-started_at", "-pk").first()
    plan = Plan(job, title, act, empty, claims, len(found) > SHOWN, last)
    if due_of is not _nothing:
        claims.sort(key=lambda claim: (due_of(claim), claim.pk))
    for claim in claims:
        claim.acted_on_at = due_of(claim)  # type: ignore[attr-defined]
        claim.may_be_held = holds.ends_by_itself(claim)  # type: ignore[attr-defined]
    return plan


@require_http_methods(["GET", "HEAD", "POST"])
@about_a_case
def hold_page(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Let a lead keep the sweeps from one claim, with a reason."""
    user = leading_reader(request)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    return ask_and_act(
        request,
        claim,
        form,
        title=_("Put %(number)s on hold") % {"number": claim.number},
        button=_("Put on hold"),
        consequence=_what_waits(claim),
        act=lambda: holds.place_hold(
            claim_id=claim.pk, actor=actors.reviewer(user), reason=form.cleaned_data["reason"]
        ),
        done=lambda hold: (
            _("%(number)s is on hold: nothing happens to it by itself until you lift the hold.")
            % {"number": claim.number}
        ),
        sweeps=True,
    )


@require_POST
@about_a_case
def lift_act(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Lift the hold."""
    act_and_tell(
        request,
        lambda: holds.lift_hold(claim_id=claim.pk, actor=actors.reviewer(reader(request))),
        _("The hold on %(number)s is lifted. What is overdue happens with the next run.")
        % {"number": claim.number},
    )
    return redirect("admin:reviews_sweeps")


def _what_waits(claim: Claim) -> str:
    if claim.status == Status.PARTNER_ACTION_REQUIRED:
        return _(
            "The claim isn't rejected for want of an answer until the hold is lifted. The deadline "
            "itself stays."
        )
    if is_to_yield(claim):
        return _(
            "Nothing ends by itself until the hold is lifted. The winner of the ruling, which is "
            "to take this claim's place, doesn't come into force before that either."
        )
    if claim.activated_at is not None:
        return _(
            "Nothing ends by itself until the hold is lifted, neither with a subscription nor "
            "because the customer withdrew. The days that were told to the customer stay."
        )
    return _(
        "The association doesn't come into force by itself until the hold is lifted. The deadline "
        "itself stays."
    )
