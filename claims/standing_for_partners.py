"""Where a claim stands, in sentences to a person of its partner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from cpor_site.common.business_calendar import BusinessCalendar

from . import deadlines
from .models import Claim
from .standing import (
    Due,
    can_be_disputed,
    day,
    due_of,
    due_seen,
    hue_of,
    label_of,
    proof_asked,
    reasons_of,
    renewal_of,
    until,
    waits_for_renewal,
    whose_move,
)
from .states import AssociationState, RejectionReason, Side, Status


@dataclass(frozen=True)
class Standing:
    """Where a claim stands.

    ``side`` has the move, None if nothing is awaited from anybody. ``move`` says it in a sentence,
    ``consequence`` what happens if it isn't made. ``hue`` names a status hue of the stylesheet and
    the icon of the same name.
    """

    label: str
    hue: str
    side: Side | None
    move: str
    consequence: str
    due: Due | None

    @property
    def is_mine(self) -> bool:
        """Whether the partner has the move."""
        return self.side == Side.PARTNER


def standing_of(claim: Claim, now: datetime, calendar: BusinessCalendar) -> Standing:
    """Return where the claim stands, addressed to a person of its partner."""
    due = due_of(claim, now, calendar)
    move, consequence = _sentences(claim, due, now, calendar)
    request = proof_asked(claim)
    if request is not None and not claim.awaits_contact:
        consequence = f"{_unchanged()} {move}"
        due = due_seen(request.due_at, now, calendar)
        move = _asked_for_proof(due)
    return Standing(
        label=label_of(claim, due),
        hue=hue_of(claim),
        side=whose_move(claim),
        move=move,
        consequence=consequence,
        due=due,
    )


def move_facts(claim: Claim) -> tuple[Any, ...]:
    """Return what ``standing_of`` reads of a claim; claims of equal facts stand alike."""
    return (
        claim.rule_profile_id,
        claim.status,
        claim.migrated,
        claim.association_state,
        claim.due_at,
        claim.deadline_kind,
        claim.round,
        claim.assigned_reviewer_id,
        claim.disputed_at,
        claim.activated_at,
        claim.ended_at,
        claim.ended_reason,
        claim.consent_undelivered_at,
        claim.consent_closes_at,
        tuple(claim.rejection_reasons),
        claim.decided_at,
        _asked_again(claim),
        claim.paused_at,
        claim.business_days_left,
        getattr(proof_asked(claim), "due_at", None),
    )


def _sentences(
    claim: Claim, due: Due | None, now: datetime, calendar: BusinessCalendar
) -> tuple[str, str]:
    words = {"by": until(due.at) if due else "", "left": due.left if due else ""}
    passed = due is not None and due.passed
    match claim.status:
        case Status.EDITING:
            return (
                gettext("Your move: finish this draft and submit it."),
                gettext("A draft has no deadline, but nobody looks at it before you submit it."),
            )
        case Status.SUBMITTED:
            return _submitted(claim, passed) % words, gettext(
                "There is nothing for you to do now. If you hear nothing by then, you haven't "
                "lost anything: no claim is decided by silence on our side."
            )
        case Status.DISPUTED | Status.UNDER_REVIEW if claim.paused_at is not None:
            return _paused(claim, calendar, now)
        case Status.DISPUTED:
            return _disputed(passed) % words, gettext(
                "Somebody who has not decided on this claim before looks at it. You can still add "
                "proof or a comment."
            )
        case Status.UNDER_REVIEW:
            move = (
                gettext("With the reviewers: the decision is late; it was due by %(by)s.")
                if passed
                else gettext("With the reviewers: a decision or a question by %(by)s (%(left)s).")
            )
            return move % words, gettext(
                "There is nothing for you to do now. You can still add proof or a comment."
            )
        case Status.PARTNER_ACTION_REQUIRED:
            return _asked(passed) % words, (
                gettext("Without an answer by then the claim is rejected for good.")
                if claim.disputed_at
                else gettext(
                    "Without an answer by then the claim is rejected without further notice."
                )
            )
        case Status.APPROVED:
            return _approved(claim, words, passed)
        case Status.REJECTED:
            return _rejected(claim, due, words, calendar, now)
        case Status.CANCELLED:
            return gettext("Closed: this draft was discarded."), ""
        case _:
            return _ended(claim, due, words)


def _paused(claim: Claim, calendar: BusinessCalendar, now: datetime) -> tuple[str, str]:
    """Say that the reviewers' clock stands while another claim is looked at (5.8).

    The day is the same whether anybody else is asked or not, so that it tells nothing of others.
    """
    assert claim.paused_at is not None
    earliest = calendar.business_deadline(claim.paused_at, deadlines.NEWER_PROOF_DAYS).due_at
    told = (
        gettext("That usually takes until %(day)s at least; we tell you as soon as it is decided.")
        if now < earliest
        else gettext("We tell you as soon as it is decided.")
    ) % {"day": day(earliest)}
    return (
        gettext("Paused – competing claim: the proof of all who claim the same is compared."),
        f"{told} "
        + gettext("There is nothing for you to do now. You can still add proof or a comment."),
    )


def _asked_for_proof(due: Due) -> str:
    words = {"by": until(due.at), "left": due.left}
    if due.passed:
        return (
            gettext(
                "Your answer was due by %(by)s; we go by the proof that we have. You can still add "
                "newer proof."
            )
            % words
        )
    return (
        gettext(
            "Your move: add newer proof, or say that there is nothing to add, by %(by)s (%(left)s)."
        )
        % words
    )


def _unchanged() -> str:
    return gettext("We have another claim for products of this one. For now nothing changes.")


def _submitted(claim: Claim, passed: bool) -> str:
    if passed:
        return gettext("With the reviewers: nobody has taken it up yet; it was due by %(by)s.")
    if claim.assigned_reviewer_id is not None and claim.round > 1:
        return gettext("With the reviewers: they look at your answer by %(by)s (%(left)s).")
    return gettext("With the reviewers: somebody takes it up by %(by)s (%(left)s).")


def _asked(passed: bool) -> str:
    if passed:
        return gettext("Your answer was due by %(by)s. The claim is about to be rejected.")
    return gettext("Your move: answer by %(by)s (%(left)s).")


def _disputed(passed: bool) -> str:
    if passed:
        return gettext("With the reviewers: the answer to your dispute is late; due by %(by)s.")
    return gettext("With the reviewers: your dispute is answered by %(by)s (%(left)s).")


def _ended(claim: Claim, due: Due | None, words: dict[str, str]) -> tuple[str, str]:
    since = {"since": day(claim.ended_at) if claim.ended_at else ""}
    reason = gettext("Reason: %(reason)s") % {"reason": claim.ended_reason}
    if can_be_disputed(claim, due):
        return (
            gettext(
                "The association ended on %(since)s. You can dispute that until %(by)s (%(left)s)."
            )
            % {**since, **words},
            reason if claim.ended_reason else "",
        )
    return (
        gettext("Closed: the association ended on %(since)s.") % since,
        reason if claim.ended_reason else "",
    )


def _approved(claim: Claim, words: dict[str, str], passed: bool) -> tuple[str, str]:
    if claim.association_state == AssociationState.ACTIVE:
        since = day(claim.activated_at) if claim.activated_at else ""
        return (
            gettext("You are partner of record since %(since)s.") % {"since": since},
            gettext("It was taken over from an earlier system, without asking the customer again.")
            if claim.migrated
            else gettext(
                "The claim goes on to the incentive program by itself, which judges by its own "
                "rules whether anything is earned."
            ),
        )
    if claim.awaits_contact:
        return (
            gettext("Your move: name another contact at the customer."),
            gettext(
                "Our letter to the customer came back. Their time to decline doesn't run, and "
                "nothing comes into force, until a letter has left."
            ),
        )
    if claim.consent_closes_at is None:
        return (
            gettext("Approved. The letter to the customer is on its way."),
            gettext("The customer's time to decline begins when the letter has left."),
        )
    if passed:
        # The same words whether time or a lead reviewer's hold is what it waits for, whoever's.
        return (
            gettext("The customer's time to decline ended on %(by)s.") % words,
            gettext(
                "You become partner of record by itself, within minutes unless we hold that back "
                "to look into something. There is nothing for you to do."
            ),
        )
    return (
        gettext("With the customer, who may decline until %(by)s (%(left)s).") % words,
        gettext("If the customer doesn't decline, you become partner of record by itself."),
    )


def _rejected(
    claim: Claim,
    due: Due | None,
    words: dict[str, str],
    calendar: BusinessCalendar,
    now: datetime,
) -> tuple[str, str]:
    reasons = {"reasons": reasons_of(claim)}
    if RejectionReason.CUSTOMER in claim.rejection_reasons:
        return _refused(claim, calendar, now, reasons)
    if RejectionReason.OPERATOR in claim.rejection_reasons and claim.ended_reason:
        return (
            gettext("Closed: rejected (%(reasons)s).") % reasons,
            gettext("Reason: %(reason)s") % {"reason": claim.ended_reason},
        )
    if not can_be_disputed(claim, due):
        return (
            gettext("Closed: rejected (%(reasons)s).") % reasons,
            gettext("You can make a new claim at any time.")
            if RejectionReason.PARTNER in claim.rejection_reasons
            else gettext("You can make a new claim with better proof at any time."),
        )
    return (
        gettext("Rejected (%(reasons)s). You can dispute it until %(by)s (%(left)s).")
        % {**reasons, **words},
        gettext("After that only a new claim with better proof is possible."),
    )


def _asked_again(claim: Claim) -> str:
    renewal = renewal_of(claim)
    return "" if renewal is None else renewal.outcome or "open"


def _refused(
    claim: Claim, calendar: BusinessCalendar, now: datetime, reasons: dict[str, str]
) -> tuple[str, str]:
    """Tell where a claim stands that the customer declined (Q8)."""
    if waits_for_renewal(claim):
        return (
            gettext("With the reviewers: they decide whether the customer is asked again."),
            gettext("Until then the customer's refusal stands. There is nothing for you to do."),
        )
    closed = gettext("Closed: rejected (%(reasons)s).") % reasons
    days = claim.rule_profile.dispute_filing_calendar_days
    last = calendar.calendar_deadline(claim.decided_at, days).due_at if claim.decided_at else None
    if renewal_of(claim) is None and last is not None and now <= last:
        return (
            closed,
            gettext(
                "A customer's refusal can't be disputed. Until %(by)s you can ask, once, that the "
                "customer gets another letter; otherwise make a new claim with their agreement."
            )
            % {"by": until(last)},
        )
    return closed, gettext("With the customer's agreement you can make a new claim at any time.")
