"""Submitting, recalling, answering and withdrawing a claim."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cpor_site.common.key_lists import Among
from cpor_site.common.problems import Problem, Refused, Severity, blocking, error

from .. import actors, checks, conflicts, deadlines, door
from ..actors import Actor, Capability
from ..door import Passage
from ..models import (
    Claim,
    ClaimEvent,
    CustomerTenant,
    Dispute,
    PoEDocument,
    ReviewFinding,
    RuleProfile,
    Subscription,
)
from ..refusals import MovedOn, NotYours
from ..states import Act, LineStatus, RejectionReason, Side, Status
from .comments import write_comment
from .dispute_record import settle_dispute
from .lines import included_lines, look_up_subscriptions

ACKNOWLEDGEMENT_WORDING = "2026-11"
FROZEN_FIELDS = frozenset({"tenant_id", "domain"})
OPEN_TO_CONFIRM = (Status.EDITING, Status.SUBMITTED, Status.PARTNER_ACTION_REQUIRED)
ANSWERING_EVENTS = (
    "claim_edited",
    "document_attached",
    "document_described",
    "comment_added",
)


def submit_claim(
    *,
    claim_id: int,
    actor: Actor,
    version: int,
    acknowledged: bool,
    confirmed: Mapping[str, str] | None = None,
) -> Claim:
    """T2: hand the claim in for review.

    Effects, in order: subscriptions looked up anew, every rule of section 3 asked, conflicts marked
    on the lines, acknowledgement and confirmed warnings recorded, status, pick-up clock, event
    ``claim_submitted`` with a snapshot. ``confirmed`` maps ``Problem.key`` of a warning to the
    partner's explanation. Raises ``Refused`` with every error and every unconfirmed warning
    (SUBM-01 for the statements), and the door's refusals.
    """
    with door.passage(claim_id=claim_id, act=Act.SUBMIT, actor=actor, version=version) as passage:
        claim = passage.claim
        if claim.first_submitted_at is None:
            claim.rule_profile = RuleProfile.current()
        problems = _check(passage, confirmed or {})
        if not acknowledged:
            problems.append(
                error("SUBM-01", _("Confirm the statements before submitting."), field="statements")
            )
        if problems:
            raise Refused(*problems)
        claim.acknowledged_at = passage.now
        claim.acknowledged_by = actor.user
        claim.acknowledged_wording = ACKNOWLEDGEMENT_WORDING
        passage.go(
            event="claim_submitted",
            deadline=deadlines.pickup(claim.rule_profile, passage.now),
            details={"snapshot": snapshot(claim)},
        )
    return passage.claim


def resubmit_claim(
    *,
    claim_id: int,
    actor: Actor,
    version: int,
    reply: str = "",
    confirmed: Mapping[str, str] | None = None,
) -> Claim:
    """T6: answer the reviewer and hand the claim in again; it returns to the same reviewer (Q11).

    In a dispute the answer leads back to it (T17), and the clock is that of its answer.

    Effects, in order: the reply as a comment, rules and conflicts as for T2, findings of the round
    settled, status with the next round, pick-up clock, event ``claim_resubmitted``. Raises
    ``Refused`` (SUBM-04) if nothing was changed or answered since the reviewer asked.
    """
    with door.passage(claim_id=claim_id, act=Act.RESUBMIT, actor=actor, version=version) as passage:
        claim, now = passage.claim, passage.now
        if not reply.strip() and not changed_since_asked(claim):
            raise Refused(
                error(
                    "SUBM-04",
                    _(
                        "Add a document, change a product or answer the reviewer before "
                        "resubmitting."
                    ),
                    field="reply",
                )
            )
        problems = _check(passage, confirmed or {})
        if problems:
            raise Refused(*problems)
        if reply.strip():
            write_comment(claim, actor=actor, body=reply, now=now)
        settle_findings(claim, now)
        answered = deadlines.pickup if claim.disputed_at is None else deadlines.dispute_answer
        passage.go(
            event="claim_resubmitted",
            deadline=answered(claim.rule_profile, now),
            details={"snapshot": snapshot(claim)},
        )
    return passage.claim


def recall_claim(*, claim_id: int, actor: Actor, version: int | None = None) -> Claim:
    """T4: take the claim back before a reviewer picks it up; documents and comments stay.

    Raises ``Refused`` (SUBM-03) for a claim that returns to a reviewer after questions.
    """
    with door.passage(claim_id=claim_id, act=Act.RECALL, actor=actor, version=version) as passage:
        claim = passage.claim
        if claim.assigned_reviewer_id is not None:
            raise Refused(
                error(
                    "SUBM-03",
                    _(
                        "A reviewer has taken this claim up before, so it can't be recalled. "
                        "You can withdraw it."
                    ),
                )
            )
        _clear_conflicts(claim, actor)
        passage.go(event="claim_recalled")
    return passage.claim


def withdraw_claim(
    *, claim_id: int, actor: Actor, reason: str, version: int | None = None
) -> Claim:
    """T14: give the claim up; it ends as rejected at the partner's request and can't be disputed.

    Effects, in order: open findings settled, lines rejected, status, event ``claim_withdrawn``.
    Raises ``Refused`` (ASC-01) without a reason.
    """
    with door.passage(claim_id=claim_id, act=Act.WITHDRAW, actor=actor, version=version) as passage:
        reason = reason.strip()
        if not reason:
            raise Refused(
                error("ASC-01", _("Tell us why you're withdrawing the claim."), field="reason")
            )
        close_lines(passage.claim, actor=actor, to=LineStatus.REJECTED, note="")
        settle_findings(passage.claim, passage.now)
        settle_dispute(passage.claim, Dispute.Outcome.WITHDRAWN, by=actor.user, now=passage.now)
        passage.claim.ended_reason = reason[:200]
        passage.go(
            event="claim_withdrawn",
            details={"reasons": [RejectionReason.PARTNER], "text": reason},
        )
    return passage.claim


def confirm_warnings(
    *, claim_id: int, actor: Actor, version: int, confirmed: Mapping[str, str]
) -> Claim:
    """Keep what a partner has confirmed so far, before the claim is handed in or while it waits.

    Effects, in order: the confirmations of warnings that the claim raises now, one save. What is
    unconfirmed stays so; a warning that was confirmed and isn't named any more counts as taken
    back, except in a claim that is handed in. Raises ``NotYours``, ``ChangedMeanwhile``,
    ``MovedOn`` once a reviewer has the claim.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor, version=version) as (claim, now):
        user = actor.user
        if user is None or not actors.partner_can(user, Capability.DRAFT, claim):
            raise NotYours
        if claim.status not in OPEN_TO_CONFIRM:
            raise MovedOn(door.status_label(claim))
        problems, before = checks.check_submission(claim, user, now), claim.confirmed_warnings
        if claim.status != Status.SUBMITTED:
            raised = {each.key for each in problems}
            claim.confirmed_warnings = {
                key: text for key, text in claim.confirmed_warnings.items() if key not in raised
            }
        keep_confirmed(claim, problems, confirmed)
        if claim.confirmed_warnings != before:
            door.save(claim, actor=actor, now=now, reason="warnings_confirmed")
    return claim


def keep_confirmed(
    claim: Claim, problems: Iterable[Problem], confirmed: Mapping[str, str]
) -> list[Problem]:
    """Put on the claim what was confirmed of its warnings; return those that still wait for it."""
    kept, left = dict(claim.confirmed_warnings), []
    for problem in problems:
        if problem.severity != Severity.WARNING:
            continue
        if problem.key in confirmed:
            # A database takes no NUL, in JSON neither.
            kept[problem.key] = confirmed[problem.key].replace("\0", "").strip()[:500]
        if problem.key not in kept or (problem.needs_reason and not kept[problem.key]):
            left.append(problem)
    claim.confirmed_warnings = kept
    return left


def changed_since_asked(claim: Claim) -> bool:
    """Whether the partner has changed or said anything since the reviewer asked (SUBM-04)."""
    return ClaimEvent.objects.filter(
        claim=claim, side=Side.PARTNER, kind__in=ANSWERING_EVENTS, at__gte=claim.action_requested_at
    ).exists()


def snapshot(claim: Claim) -> dict[str, Any]:
    """Return the claim as it is handed in (JSON): what the reviewer of this round judges."""
    documents = PoEDocument.objects.filter(claim=claim, withdrawn_at=None).order_by("pk")
    return {
        "round": claim.round + 1,
        "name": claim.name,
        "partner_id": claim.location.partner_id if claim.location else "",
        "tenant_id": claim.tenant_id_as_typed,
        "domain": claim.domain_as_typed,
        "area": claim.area.code if claim.area else "",
        "activities": sorted(activity.code for activity in claim.activities.all()),
        "lines": [
            {
                "product": line.product.code,
                "activity": line.activity.code,
                "subscription": (
                    str(line.subscription.subscription_id) if line.subscription else ""
                ),
                "contested": line.contested,
                "registry": _registry_facts(line.subscription),
            }
            for line in included_lines(claim)
        ],
        "contacts": [
            {"kind": each.kind, "name": each.name, "job_title": each.job_title, "email": each.email}
            for each in claim.contacts.all()
        ],
        "documents": [{"name": each.original_name, "sha256": each.sha256} for each in documents],
        "confirmed": claim.confirmed_warnings,
    }


def _registry_facts(subscription: Subscription | None) -> dict[str, str]:
    """Return what the registry says of a subscription now, to be compared with it later."""
    if subscription is None:
        return {}
    return {
        "state": subscription.state,
        "channel": subscription.channel,
        "ends_on": subscription.ends_on.isoformat() if subscription.ends_on else "",
    }


def mark_conflicts(claim: Claim, actor: Actor) -> None:
    """Scan for other organisations on the lines' keys and mark the lines (5.1).

    The customer's row is locked first, so that of two rivals at once the later sees the earlier.
    """
    lock_customer(claim)
    contested = {each.line.pk for each in conflicts.find_conflicts(claim) if each.rival}
    for line in included_lines(claim):
        if line.contested != (line.pk in contested):
            line.contested = line.pk in contested
            line._history_user = actor.user  # type: ignore[attr-defined]
            line.save()


def lock_customer(claim: Claim) -> None:
    """Let one act at a time look for and make competing claims at one customer."""
    if claim.tenant_id is not None:
        CustomerTenant.objects.select_for_update(no_key=True).get(pk=claim.tenant_id)


def close_lines(claim: Claim, *, actor: Actor, to: LineStatus, note: str) -> None:
    """Give every line that is still in the running its final status."""
    for line in included_lines(claim):
        line.line_status = to
        line.decision_note = note
        line.contested = False
        line._history_user = actor.user  # type: ignore[attr-defined]
        line.save()


def settle_findings(claim: Claim, now: datetime) -> None:
    """Mark the findings as settled: nobody waits for an answer to them any more."""
    for finding in ReviewFinding.objects.filter(claim=claim, resolved_at=None):
        finding.resolved_at = now
        finding.save()


def judged_documents() -> QuerySet[PoEDocument]:
    """Return the standing documents that decisions rest on, in upload order.

    What was added to an approved claim is among them once somebody has judged it: by a ruling since
    then, or by a decision, as on a displaced claim that was disputed.
    """
    rulings = ClaimEvent.objects.filter(
        claim=OuterRef("claim"), kind=door.RULED, at__gte=OuterRef("uploaded_at")
    )
    return PoEDocument.objects.filter(
        ~Q(occasion=PoEDocument.Occasion.REFRESH)
        | Q(uploaded_at__lte=F("claim__decided_at"))
        | Exists(rulings),
        withdrawn_at=None,
    ).order_by("pk")


def digest_of_documents(claim: Claim) -> str:
    """Return one SHA-256 over the hashes of ``judged_documents``."""
    return digests_of_documents({claim.pk})[claim.pk]


def digests_of_documents(claim_ids: Collection[int]) -> dict[int, str]:
    """Return the digest over its documents for each of the claims."""
    hashes: dict[int, list[str]] = {claim_id: [] for claim_id in claim_ids}
    for claim_id, sha256 in (
        judged_documents().filter(Among("claim", claim_ids)).values_list("claim", "sha256")
    ):
        hashes[claim_id].append(sha256)
    return {
        claim_id: hashlib.sha256("\n".join(found).encode()).hexdigest()
        for claim_id, found in hashes.items()
    }


def _check(passage: Passage, confirmed: Mapping[str, str]) -> list[Problem]:
    claim, user = passage.claim, passage.actor.user
    assert user is not None
    look_up_subscriptions(claim, passage.actor)
    mark_conflicts(claim, passage.actor)
    problems = checks.check_submission(claim, user, passage.now)
    if passage.act == Act.RESUBMIT:
        # The partner can't change these any more; the approval asks about them again.
        problems = [each for each in problems if each.field not in FROZEN_FIELDS]
    return [*blocking(problems), *keep_confirmed(claim, problems, confirmed)]


def _clear_conflicts(claim: Claim, actor: Actor) -> None:
    for line in included_lines(claim):
        if line.contested:
            line.contested = False
            line._history_user = actor.user  # type: ignore[attr-defined]
            line.save()
