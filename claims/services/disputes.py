"""Disputing a rejection, and what the outcome leaves on record (section 6)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Problem, Refused, error

from .. import conflicts, deadlines, door
from ..actors import Actor
from ..models import Association, Claim, ClaimLine, Dispute, PoEDocument, belonging_to
from ..states import NOT_DISPUTABLE, Act, LineStatus, RejectionReason, Status
from ..wording import date_words
from .dispute_record import save_dispute
from .line_copies import copy_lines
from .lines import look_up_subscriptions
from .submission import mark_conflicts

LONGEST = 5000


def dispute_claim(
    *,
    claim_id: int,
    actor: Actor,
    version: int | None = None,
    justification: str = "",
    dropped: Collection[int] = (),
    arrived_at: datetime | None = None,
) -> Claim:
    """T15: dispute a rejection or a displacement, once, with a justification, new proof or both.

    Effects, in order: lines rejected with the claim back in the running, but for those ``dropped``
    (primary keys), which are taken out; of a displaced claim copies of its lines, for a line keeps
    its association for good; conflicts marked anew, the dispute on record, status, the reviewers'
    clock, event ``claim_disputed``. ``arrived_at`` is the moment the request came in, which is what
    counts. Raises ``Refused``: DIS-01 after the time to dispute, DIS-02 the second time, DIS-03
    without justification and new proof, DIS-04 for a claim that was closed at the partner's or the
    customer's request or by the operator, DIS-05 if no line is left, SUB-13 for what the
    organisation has claimed anew meanwhile; and the door's refusals.
    """
    with door.passage(claim_id=claim_id, act=Act.DISPUTE, actor=actor, version=version) as passage:
        claim, now = passage.claim, passage.now
        justification = justification.strip()
        problems = closed_to_disputes(claim, arrived_at or now) or _unfounded(claim, justification)
        if problems:
            raise Refused(*problems)
        _reopen_lines(claim, actor, frozenset(dropped))
        look_up_subscriptions(claim, actor)
        duplicates = _duplicates(claim)
        if duplicates:
            raise Refused(*duplicates)
        mark_conflicts(claim, actor)
        kind, limit = deadlines.dispute_answer(claim.rule_profile, now)
        assert actor.user is not None
        dispute = Dispute(
            claim=claim,
            round=claim.round + 1,
            disputed_reasons=_reasons(claim),
            justification=justification,
            opened_by=actor.user,
            opened_at=now,
            answer_due_at=limit.due_at,
            closes_at=deadlines.dispute_end(now),
        )
        save_dispute(dispute, actor.user)
        passage.go(event="claim_disputed", deadline=(kind, limit))
    return passage.claim


def closed_to_disputes(claim: Claim, at: datetime) -> list[Problem]:
    """Return why rejection or displacement can't be disputed at that moment; nothing if it can."""
    reasons = set(claim.rejection_reasons)
    if claim.disputed_at is not None:
        return [error("DIS-02", _("A claim can be disputed once, and this one has been."))]
    if RejectionReason.PARTNER in reasons:
        return [
            error(
                "DIS-04",
                _("This claim was closed at your own request, so there is nothing to dispute."),
            )
        ]
    if RejectionReason.OPERATOR in reasons:
        return [
            error(
                "DIS-04",
                _("This claim was closed by the operator, which can't be disputed here."),
            )
        ]
    if reasons & set(NOT_DISPUTABLE):
        return [
            error(
                "DIS-04",
                _(
                    "This claim was closed at the customer's request, so there is nothing to "
                    "dispute."
                ),
            )
        ]
    if not deadlines.may_dispute(claim, at):
        day = date_words(timezone.localtime(claim.due_at).date()) if claim.due_at else ""
        return [
            error(
                "DIS-01",
                _(
                    "The %(days)d days to dispute ended on %(date)s. Start a new claim with "
                    "updated proof; you can copy this one."
                )
                % {"days": claim.rule_profile.dispute_filing_calendar_days, "date": day},
            )
        ]
    return []


def lines_to_dispute(claim: Claim) -> list[ClaimLine]:
    """Return the lines that a dispute would be about: rejected, lost or displaced ones."""
    lines = ClaimLine.objects.filter(claim=claim).select_related(
        "product", "activity__program", "subscription"
    )
    if claim.status == Status.ENDED:
        displaced = Association.EndReason.DISPLACED
        found = lines.filter(association__end_reason=displaced)
        return belonging_to(claim, found.order_by("pk"))
    gone = (LineStatus.REJECTED, LineStatus.LOST_ARBITRATION)
    # What a customer refused, or what ended, is not what the reviewers decided.
    found = lines.filter(line_status__in=gone, association=None)
    return belonging_to(claim, found.order_by("pk"))


def new_proof_of(claim: Claim) -> list[PoEDocument]:
    """Return the documents added for a dispute, newest first."""
    return list(
        PoEDocument.objects.filter(
            claim=claim, withdrawn_at=None, occasion=PoEDocument.Occasion.DISPUTE
        )
    )


def _unfounded(claim: Claim, justification: str) -> list[Problem]:
    if not justification and not new_proof_of(claim):
        return [
            error(
                "DIS-03",
                _("Explain why the decision should change, or add new proof."),
                field="justification",
            )
        ]
    if len(justification) > LONGEST:
        return [
            error(
                "DIS-03",
                _("The justification has %(length)d characters; at most %(longest)d fit.")
                % {"length": len(justification), "longest": LONGEST},
                field="justification",
            )
        ]
    return []


def _reopen_lines(claim: Claim, actor: Actor, dropped: frozenset[int]) -> None:
    """Put back what the decision took; what was taken out before stays out."""
    lines = lines_to_dispute(claim)
    kept = [line for line in lines if line.pk not in dropped]
    if not kept:
        raise Refused(
            error("DIS-05", _("Keep at least one product in the dispute."), field="dropped")
        )
    if claim.status == Status.ENDED:
        copy_lines(claim, kept, actor=actor)
        return
    for line in lines:
        line.line_status = (
            LineStatus.REMOVED_BY_PARTNER if line.pk in dropped else LineStatus.INCLUDED
        )
        line._history_user = actor.user  # type: ignore[attr-defined]
        line.save()


def _reasons(claim: Claim) -> list[str]:
    """Return the codes of what is disputed; a displaced claim was never rejected."""
    return list(claim.rejection_reasons) or [str(RejectionReason.COMPETE)]


def _duplicates(claim: Claim) -> list[Problem]:
    return [
        error(
            "SUB-13",
            _(
                "Your company has this in claim %(number)s by now. Withdraw one of the two; only "
                "then can this rejection be disputed."
            )
            % {"number": conflict.other_claim.number},
            line=conflict.line.pk,
        )
        for conflict in conflicts.find_conflicts(claim)
        if conflict.own
    ]
