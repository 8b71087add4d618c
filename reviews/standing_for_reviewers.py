"""Where a claim stands, in sentences to a reviewer: whose move, by when, and what if nobody moves.

Times are told in the time zone that is active, which is the reader's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from claims import standing
from claims.models import Claim
from claims.standing import (
    hue_of,
    label_of,
    proof_asked,
    until,
    waits_for_renewal,
    whose_move,
)
from claims.states import AssociationState, Side, Status
from cpor_site.common.business_calendar import BusinessCalendar
from cpor_site.common.models import User

SOON = 1
"""Business days left from which a deadline counts as near."""

MOVERS: dict[Side | None, Promise] = {
    Side.REVIEWER: _("reviewer"),
    Side.PARTNER: _("partner"),
    Side.CUSTOMER: _("customer"),
    None: _("nobody"),
}


@dataclass(frozen=True)
class Due:
    """A deadline seen from now. ``hue`` and ``icon`` only repeat what ``words`` say."""

    at: datetime
    passed: bool
    words: str
    hue: str
    icon: str


@dataclass(frozen=True)
class Standing:
    """Where a claim stands.

    ``side`` has the move, None if nothing is awaited; ``mover`` names it. ``move`` says it in a
    sentence, ``consequence`` what happens if it isn't made, ``brief`` the same in few words for
    lists. ``hue`` names a status hue of the stylesheet and the icon of the same name.
    """

    label: str
    hue: str
    side: Side | None
    mover: Promise
    move: str
    consequence: str
    brief: str
    due: Due | None


def standing_of(claim: Claim, reader: User, now: datetime, calendar: BusinessCalendar) -> Standing:
    """Return where the claim stands, addressed to the operator's person ``reader``."""
    clock = standing.due_of(claim, now, calendar)
    due = due_for_reviewers(clock, now, calendar) if clock else None
    side = whose_move(claim)
    move, consequence = _sentences(claim, reader, due)
    return Standing(
        label=label_of(claim, clock),
        hue=hue_of(claim),
        side=side,
        mover=MOVERS[side],
        move=move,
        consequence=consequence,
        brief=_brief(claim, due) if consequence else "",
        due=due,
    )


def due_for_reviewers(clock: standing.Due, now: datetime, calendar: BusinessCalendar) -> Due:
    """Business days are those of work: one that passed is counted on, a near one stands out."""
    if clock.in_calendar_days:
        return Due(clock.at, clock.passed, clock.left, "nobody", "nobody")
    if clock.passed:
        late = calendar.business_days_between(clock.at, now)
        words = ngettext(
            "overdue by %(days)d business day", "overdue by %(days)d business days", late
        )
        words = words % {"days": late} if late else gettext("overdue")
        return Due(clock.at, True, words, "bad", "bad")
    if clock.days <= SOON:
        return Due(clock.at, False, clock.left, "partner", "warning")
    return Due(clock.at, False, clock.left, "nobody", "nobody")


def _sentences(claim: Claim, reader: User, due: Due | None) -> tuple[str, str]:
    words = {
        "by": until(due.at) if due else "",
        "left": due.words if due else "",
        "partner": claim.organization.name,
        "reviewer": str(claim.assigned_reviewer or ""),
    }
    mine = claim.assigned_reviewer_id == reader.pk
    match claim.status:
        case Status.SUBMITTED:
            return _submitted(claim, mine) % words, gettext(
                "If nobody takes it up by then, it is shown as overdue; nothing is decided by "
                "itself."
            )
        case Status.UNDER_REVIEW | Status.DISPUTED if claim.paused_at is not None:
            return _paused(claim)
        case Status.DISPUTED if claim.assigned_reviewer_id is None:
            return (
                gettext("A reviewer's move: answer the dispute by %(by)s (%(left)s).") % words,
                gettext(
                    "Whoever decided on the claim before can't judge it now. If nobody answers by "
                    "then, it is shown as overdue; nothing is decided by itself."
                ),
            )
        case Status.UNDER_REVIEW | Status.DISPUTED:
            move = (
                gettext("Your move: decide by %(by)s (%(left)s).")
                if mine
                else gettext("%(reviewer)s's move: decide by %(by)s (%(left)s).")
            )
            return move % words, gettext(
                "If nobody decides by then, it is shown as overdue; nothing is decided by itself."
            )
        case Status.PARTNER_ACTION_REQUIRED:
            return gettext("%(partner)s's move: answer by %(by)s (%(left)s).") % words, (
                gettext("Without an answer by then the claim is rejected by itself, for good.")
                if claim.disputed_at is not None
                else gettext(
                    "Without an answer by then the claim is rejected by itself; the partner can "
                    "dispute that."
                )
            )
        case Status.APPROVED:
            return _asked_for_proof(claim, *_approved(claim, due, words))
        case Status.REJECTED:
            return _rejected(claim, due, words)
        case Status.EDITING:
            return gettext("A draft of %(partner)s; it isn't in review.") % words, ""
        case Status.ENDED if due is not None and not due.passed:
            return (
                gettext("The association ended. %(partner)s can dispute until %(by)s (%(left)s).")
                % words,
                gettext("Without a dispute by then the end is final."),
            )
        case _:
            return gettext("Closed: nothing is awaited from anybody."), ""


def _brief(claim: Claim, due: Due | None) -> str:
    match claim.status:
        case _ if claim.paused_at is not None:
            return gettext("the clock stands still")
        case Status.PARTNER_ACTION_REQUIRED if claim.disputed_at is not None:
            return gettext("rejected for good")
        case Status.PARTNER_ACTION_REQUIRED:
            return gettext("rejected by itself")
        case Status.APPROVED if claim.awaits_contact:
            return gettext("the clock stands still")
        case Status.APPROVED if claim.consent_closes_at is None:
            return gettext("waits for the letter")
        case Status.APPROVED:
            return gettext("comes into force")
        case Status.REJECTED if waits_for_renewal(claim):
            return gettext("refusal stands")
        case Status.REJECTED:
            return gettext("rejection is final")
        case Status.ENDED:
            return gettext("end is final")
        case _ if due is not None and due.passed:
            return gettext("stays overdue")
        case _:
            return gettext("shown as overdue")


def _asked_for_proof(claim: Claim, move: str, consequence: str) -> tuple[str, str]:
    """Put a request for newer proof that waits for its answer before where the claim stands."""
    asked = proof_asked(claim)
    if asked is None:
        return move, consequence
    words = {"partner": claim.organization.name, "by": until(asked.due_at)}
    said = gettext("%(partner)s's move: add newer proof, or say that there is none, by %(by)s.")
    return f"{said % words} {move}", consequence


def _paused(claim: Claim) -> tuple[str, str]:
    """Say that the reviewers' clock stands while competing claims are compared (5.8)."""
    left = max(1, claim.business_days_left or 0)
    words = ngettext(
        "Then it goes on with %(days)d business day left. Nothing is decided by itself.",
        "Then it goes on with %(days)d business days left. Nothing is decided by itself.",
        left,
    )
    since = until(claim.paused_at) if claim.paused_at else ""
    return (
        gettext("Paused since %(since)s – competing claim: it waits for the ruling of a lead.")
        % {"since": since},
        words % {"days": left},
    )


def _submitted(claim: Claim, mine: bool) -> str:
    if claim.assigned_reviewer_id is None:
        return gettext("A reviewer's move: take it up by %(by)s (%(left)s).")
    if claim.round <= 1 and mine:
        return gettext("Your move: it was given to you; take it up by %(by)s (%(left)s).")
    if claim.round <= 1:
        return gettext("%(reviewer)s's move: take it up by %(by)s (%(left)s).")
    if mine:
        return gettext(
            "Your move: the partner has answered; take it up again by %(by)s (%(left)s)."
        )
    return gettext(
        "%(reviewer)s's move: the partner has answered; take it up again by %(by)s (%(left)s)."
    )


def _approved(claim: Claim, due: Due | None, words: Mapping[str, str]) -> tuple[str, str]:
    if claim.association_state == AssociationState.ACTIVE:
        since = until(claim.activated_at) if claim.activated_at else ""
        return (
            gettext("%(partner)s is partner of record since %(since)s.")
            % {**words, "since": since},
            "",
        )
    if claim.awaits_contact:
        since = until(claim.consent_undelivered_at) if claim.consent_undelivered_at else ""
        return (
            gettext(
                "%(partner)s's move: name another contact at the customer; our letter came back "
                "on %(since)s."
            )
            % {**words, "since": since},
            gettext(
                "The customer's time to refuse doesn't run, and nothing comes into force by "
                "itself, until somebody else was named and a letter to them has left."
            ),
        )
    if claim.consent_closes_at is None:
        return (
            gettext("The letter to the customer hasn't left yet."),
            gettext("The customer's time to refuse begins when it has left."),
        )
    if due is not None and due.passed:
        return (
            gettext("The customer's time to refuse ended on %(by)s.") % words,
            gettext(
                "The association comes into force with the next run, unless a hold keeps it "
                "waiting; the clock's page says whether one does."
            ),
        )
    return (
        gettext("The customer's move: refuse by %(by)s (%(left)s).") % words,
        gettext("Without a refusal the association comes into force by itself."),
    )


def _rejected(claim: Claim, due: Due | None, words: Mapping[str, str]) -> tuple[str, str]:
    if waits_for_renewal(claim):
        return (
            gettext("A lead reviewer's move: %(partner)s asks that the customer be asked again.")
            % words,
            gettext("Until somebody decides, the customer's refusal stands."),
        )
    if due is None:
        return gettext("Closed: rejected, and there is nothing to dispute."), ""
    if due.passed:
        return gettext("Closed: rejected, and the time to dispute ended on %(by)s.") % words, ""
    return (
        gettext("Rejected. %(partner)s can dispute until %(by)s (%(left)s).") % words,
        gettext("Without a dispute by then the rejection is final."),
    )
