"""The way of a claim: what is done, what runs now, what comes next; and all that happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from cpor_site.common.business_calendar import BusinessCalendar

from .changes import Change
from .models import Claim, ClaimEvent, Comment, ConsentRenewal, ProofRequest, RuleProfile
from .standing import proof_asked, renewal_of
from .states import (
    AssociationState,
    DeadlineKind,
    DeficiencyCode,
    RejectionReason,
    RulingGround,
    Side,
    Status,
)
from .wording import event_words

EDITED = "claim_edited"
TOGETHER = timedelta(seconds=5)
"""History entries this soon after an event are what the event's act changed."""


class Progress(StrEnum):
    """How far a step of the way is."""

    DONE = "done"
    NOW = "now"
    NEXT = "next"


@dataclass(frozen=True)
class Step:
    """One step; ``at`` is when it was done, or until when it should be.

    ``note`` says of a coming step how long it may take; its ``at`` then assumes that every step
    before it takes its full time. ``until`` is when a step ended that took its time.
    """

    title: str | Promise
    progress: Progress
    at: datetime | None = None
    note: str = ""
    until: datetime | None = None


@dataclass
class Entry:
    """One act in the history, with what was said and what it changed.

    One that ``may_be_idle`` is worth telling only if it changed something.
    """

    at: datetime
    who: str
    title: str
    body: str = ""
    changes: list[Change] = field(default_factory=list)
    may_be_idle: bool = False


def steps_of(claim: Claim, calendar: BusinessCalendar, now: datetime) -> list[Step]:
    """Return the claim's way, done steps first; a closed claim has nothing to come."""
    if claim.migrated and not claim.round:
        return _taken_over(claim)
    done: list[Step] = []
    if claim.split_from_id is None:
        done.append(Step(_("Draft started"), Progress.DONE, claim.created_at))
    drafting = claim.status == Status.EDITING
    if claim.last_submitted_at and not drafting:
        first = claim.first_submitted_at if _answered(claim) else None
        done.append(Step(_("Submitted"), Progress.DONE, first or claim.last_submitted_at))
    if claim.review_started_at and not drafting:
        done.append(Step(_("Review begun"), Progress.DONE, claim.review_started_at))
    if claim.activated_at and claim.association_state == AssociationState.NONE:
        # The end of that is what was disputed.
        done.append(Step(_("You became partner of record"), Progress.DONE, claim.activated_at))
    if claim.disputed_at:
        done.append(Step(_("You disputed the decision"), Progress.DONE, claim.disputed_at))
    if _answered(claim) and not drafting:
        done.append(Step(ASKED, Progress.DONE, claim.action_requested_at))
        done.append(Step(_("You answered"), Progress.DONE, claim.last_submitted_at))
    done.sort(key=lambda step: step.at or now)
    due = claim.due_at if claim.due_at and claim.due_at > now else None

    def coming(position: int) -> list[Step]:
        return _coming(claim.rule_profile, position, due, calendar)

    match claim.status:
        case Status.EDITING:
            return [*done, _now(_("You submit the claim"), None), *coming(0)]
        case Status.SUBMITTED:
            takes_up = TAKES_UP if claim.assigned_reviewer_id is None else READS_ANSWER
            return [*done, _now(takes_up, claim.due_at), *coming(1)]
        case Status.UNDER_REVIEW | Status.DISPUTED if claim.paused_at is not None:
            begun = Step(_("Clock paused"), Progress.DONE, claim.paused_at)
            return [*done, begun, _now(_("Compared with another claim"), None), *coming(1)]
        case Status.UNDER_REVIEW:
            return [*done, _now(DECIDES, claim.due_at), *coming(2)]
        case Status.DISPUTED:
            return [*done, _now(_("Another reviewer decides"), claim.due_at), *coming(2)]
        case Status.PARTNER_ACTION_REQUIRED:
            asked = Step(ASKED, Progress.DONE, claim.action_requested_at)
            return [*done, asked, _now(_("You answer"), claim.due_at), *coming(1)]
        case Status.APPROVED:
            return [*done, *_after_approval(claim, calendar, now), *_newer_proof(claim)]
        case Status.REJECTED if RejectionReason.CUSTOMER in claim.rejection_reasons:
            return [*done, Step(DECLINED, Progress.DONE, claim.decided_at), *_asking_again(claim)]
        case Status.REJECTED:
            return [*done, Step(_("Rejected"), Progress.DONE, claim.decided_at), *_dispute(claim)]
        case Status.CANCELLED:
            return [*done, Step(_("Discarded"), Progress.DONE, claim.ended_at)]
        case _:
            ended = Step(_("Association ended"), Progress.DONE, claim.ended_at)
            return [*done, _approved_step(claim), *_in_force(claim), ended, *_dispute(claim)]


def _taken_over(claim: Claim) -> list[Step]:
    """Return the way of a claim that an earlier system decided on (Q30)."""
    taken = Step(_("Taken over from an earlier system"), Progress.DONE, claim.created_at)
    if claim.status == Status.ENDED:
        ended = Step(_("Association ended"), Progress.DONE, claim.ended_at)
        return [*_in_force(claim), taken, ended, *_dispute(claim)]
    return [Step(_("You are partner of record"), Progress.DONE, claim.activated_at), taken]


def _in_force(claim: Claim) -> list[Step]:
    """Return from when to when the partner of an ended claim was partner of record, if ever."""
    if claim.activated_at is None:
        return []
    title = _("You were partner of record")
    return [Step(title, Progress.DONE, claim.activated_at, until=claim.ended_at)]


def _answered(claim: Claim) -> bool:
    """Whether the claim was handed in again after the reviewer's last question."""
    asked, handed_in = claim.action_requested_at, claim.last_submitted_at
    return asked is not None and handed_in is not None and handed_in > asked


def _after_approval(claim: Claim, calendar: BusinessCalendar, now: datetime) -> list[Step]:
    approved = _approved_step(claim)
    closes_at = claim.consent_closes_at
    if claim.association_state == AssociationState.PROVISIONAL:
        if claim.awaits_contact:
            came_back = Step(CAME_BACK, Progress.DONE, claim.consent_undelivered_at)
            named = _now(_("You name another contact at the customer"), None)
            return [approved, came_back, named, *_coming(claim.rule_profile, 2, None, calendar)]
        if closes_at is None:
            letter = _now(_("The letter to the customer leaves"), None)
            return [approved, letter, *_coming(claim.rule_profile, 2, None, calendar)]
        record = Step(RECORD, Progress.NEXT, closes_at, gettext("if the customer doesn't decline"))
        return [approved, _now(MAY_DECLINE, closes_at), record]
    return [
        approved,
        Step(_("The customer's time to decline ended"), Progress.DONE, closes_at),
        Step(_("You are partner of record"), Progress.DONE, claim.activated_at),
    ]


def _newer_proof(claim: Claim) -> list[Step]:
    asked = proof_asked(claim)
    words = _("You add newer proof, or say that there is none")
    return [_now(words, asked.due_at)] if asked is not None else []


def _approved_step(claim: Claim) -> Step:
    """Return from when the approval is; one that was declined before counts from the renewal."""
    renewal = getattr(claim, "consent_renewal", None)
    if renewal is not None and renewal.decided_at is not None:
        return Step(_("We agreed to ask the customer again"), Progress.DONE, renewal.decided_at)
    return Step(_("Approved"), Progress.DONE, claim.decided_at)


def _asking_again(claim: Claim) -> list[Step]:
    renewal = renewal_of(claim)
    if renewal is None:
        return []
    asked = Step(_("You asked for another letter to the customer"), Progress.DONE, renewal.asked_at)
    if not renewal.outcome:
        return [asked, _now(_("A lead reviewer decides on it"), None)]
    if renewal.outcome == ConsentRenewal.Outcome.REFUSED:
        return [
            asked,
            Step(_("The customer is not asked again"), Progress.DONE, renewal.decided_at),
        ]
    return []


def _dispute(claim: Claim) -> list[Step]:
    if claim.deadline_kind != DeadlineKind.DISPUTE_FILING:
        return []
    return [_now(_("You may dispute it"), claim.due_at)]


def _now(title: str | Promise, until: datetime | None) -> Step:
    return Step(title, Progress.NOW, until)


DECLINED = _("The customer declined")
ASKED = _("The reviewer asked you")
CAME_BACK = _("The letter to the customer came back")
READS_ANSWER = _("The reviewer who has your claim reads your answer")
TAKES_UP = _("A reviewer takes it up")
DECIDES = _("A reviewer decides or asks")
MAY_DECLINE = _("The customer may decline")
RECORD = _("You become partner of record")


def _coming(
    profile: RuleProfile, position: int, start: datetime | None, calendar: BusinessCalendar
) -> list[Step]:
    """Return the steps from ``position`` on; with a ``start`` each has the latest date for it."""
    spans = [
        (TAKES_UP, profile.pickup_days, True),
        (DECIDES, profile.review_days, True),
        (MAY_DECLINE, profile.consent_calendar_days, False),
    ]
    found, at = [], start
    for title, days, business in spans[position:]:
        count = calendar.business_deadline if business else calendar.calendar_deadline
        at = count(at, days).due_at if at else None
        words = (
            ngettext("up to %(days)d business day", "up to %(days)d business days", days)
            if business
            else ngettext("%(days)d day", "%(days)d days", days)
        )
        found.append(Step(title, Progress.NEXT, at, words % {"days": days}))
    note = gettext("if the customer doesn't decline")
    return [*found, Step(RECORD, Progress.NEXT, at, note)]


def history_of(
    events: Sequence[ClaimEvent], comments: Iterable[Comment], changes: Iterable[Change]
) -> list[Entry]:
    """Return everything that happened, newest first, as the partner may read it.

    ``events`` and ``changes`` must be free of what only reviewers see. A change belongs to the act
    that was done just before it; one that no act explains stands alone. Saving a section as it was
    is no act.
    """
    said = {comment.pk: comment.body for comment in comments}
    entries = [
        Entry(
            event.at,
            who_for_partner(event),
            event_words(event.kind),
            _body(event, said),
            may_be_idle=event.kind == EDITED,
        )
        for event in events
    ]
    entries.sort(key=lambda entry: entry.at)
    alone: list[Entry] = []
    for change in sorted(changes, key=lambda each: each.at):
        before = [entry for entry in entries if entry.at <= change.at]
        if before and change.at - before[-1].at <= TOGETHER:
            before[-1].changes.append(change)
        elif change.fields or change.verb == "removed":
            alone.append(Entry(change.at, change.who, gettext("Changed"), "", [change]))
    told = (entry for entry in entries if not _is_idle(entry))
    return sorted([*told, *alone], key=lambda entry: entry.at, reverse=True)


def without_repeats(events: Iterable[ClaimEvent]) -> list[ClaimEvent]:
    """Return the events, oldest first, with the last only of a person's edits in a row."""
    told: list[ClaimEvent] = []
    for event in events:
        if told and event.kind == EDITED == told[-1].kind and event.actor_id == told[-1].actor_id:
            told.pop()
        told.append(event)
    return told


def who_for_partner(event: ClaimEvent) -> str:
    """Return who did something, without naming reviewers or the customer's people."""
    if event.side == Side.PARTNER:
        return event.actor_name
    return str(Side(event.side).label)


def _is_idle(entry: Entry) -> bool:
    changed = any(change.fields or change.verb == "removed" for change in entry.changes)
    return entry.may_be_idle and not changed


COMPETING: dict[str, str | Promise] = {
    **dict(ProofRequest.Answer.choices),
    **dict(RulingGround.choices),
    "won": _("your proof prevails"),
    "lost": _("your proof does not prevail"),
    "kept": _("you stay partner of record"),
    "yields": _("another partner's proof prevails"),
}
"""What the events of competing claims say by a code: answers, grounds and how a party fared."""


def _body(event: ClaimEvent, said: dict[int, str]) -> str:
    details = event.details
    if "comment" in details:
        return said.get(details["comment"], "")
    labels = dict(RejectionReason.choices) | dict(DeficiencyCode.choices) | COMPETING
    singles = [details[name] for name in ("answer", "outcome") if details.get(name) in COMPETING]
    codes = [code for name in ("reasons", "codes", "grounds") for code in details.get(name, [])]
    parts = [
        "; ".join(str(labels.get(code, code)) for code in [*singles, *codes]),
        details.get("text", ""),
    ]
    return "\n".join(part for part in parts if part)
