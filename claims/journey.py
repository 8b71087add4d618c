"""The way of a claim: what is done, what runs now, what comes next; and all that happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .changes import Change
from .models import Claim, ClaimEvent, Comment
from .states import AssociationState, DeficiencyCode, RejectionReason, Side, Status
from .wording import event_words

TOGETHER = timedelta(seconds=5)
"""History entries this soon after an event are what the event's act changed."""


class Progress(StrEnum):
    """How far a step of the way is."""

    DONE = "done"
    NOW = "now"
    NEXT = "next"


@dataclass(frozen=True)
class Step:
    """One step; ``at`` is when it was done, or until when it should be."""

    title: str | Promise
    progress: Progress
    at: datetime | None = None


@dataclass
class Entry:
    """One act in the history, with what was said and what it changed."""

    at: datetime
    who: str
    title: str
    body: str = ""
    changes: list[Change] = field(default_factory=list)


def steps_of(claim: Claim) -> list[Step]:
    """Return the claim's way, done steps first; a closed claim has nothing to come."""
    done: list[Step] = [Step(_("Draft started"), Progress.DONE, claim.created_at)]
    drafting = claim.status == Status.EDITING
    if claim.last_submitted_at and not drafting:
        done.append(Step(_("Submitted"), Progress.DONE, claim.last_submitted_at))
    if claim.review_started_at and not drafting:
        done.append(Step(_("Review begun"), Progress.DONE, claim.review_started_at))
    match claim.status:
        case Status.EDITING:
            return [*done, _now(_("You submit the claim"), None), *_coming(0)]
        case Status.SUBMITTED:
            return [*done, _now(_("A reviewer takes it up"), claim.due_at), *_coming(1)]
        case Status.UNDER_REVIEW | Status.DISPUTED:
            return [*done, _now(_("A reviewer decides or asks"), claim.due_at), *_coming(2)]
        case Status.PARTNER_ACTION_REQUIRED:
            asked = Step(_("The reviewer asked you"), Progress.DONE, claim.action_requested_at)
            return [*done, asked, _now(_("You answer"), claim.due_at), *_coming(1)]
        case Status.APPROVED:
            return [*done, *_after_approval(claim)]
        case Status.REJECTED:
            return [*done, Step(_("Rejected"), Progress.DONE, claim.decided_at)]
        case Status.CANCELLED:
            return [*done, Step(_("Discarded"), Progress.DONE, claim.ended_at)]
        case _:
            approved = Step(_("Approved"), Progress.DONE, claim.decided_at)
            return [*done, approved, Step(_("Association ended"), Progress.DONE, claim.ended_at)]


def _after_approval(claim: Claim) -> list[Step]:
    approved = Step(_("Approved"), Progress.DONE, claim.decided_at)
    if claim.association_state == AssociationState.PROVISIONAL:
        window = _now(_("The customer may decline"), claim.consent_closes_at)
        return [approved, window, *_coming(3)]
    return [
        approved,
        Step(_("The customer's time to decline ended"), Progress.DONE, claim.consent_closes_at),
        Step(_("You are partner of record"), Progress.DONE, claim.activated_at),
    ]


def _now(title: str | Promise, until: datetime | None) -> Step:
    return Step(title, Progress.NOW, until)


COMING = (
    _("A reviewer takes it up"),
    _("A reviewer decides or asks"),
    _("The customer may decline"),
    _("You become partner of record"),
)


def _coming(position: int) -> list[Step]:
    return [Step(title, Progress.NEXT) for title in COMING[position:]]


def history_of(
    events: Sequence[ClaimEvent], comments: Iterable[Comment], changes: Iterable[Change]
) -> list[Entry]:
    """Return everything that happened, newest first, as the partner may read it.

    ``events`` and ``changes`` must be free of what only reviewers see. A change belongs to the act
    that was done just before it; one that no act explains stands alone.
    """
    said = {comment.pk: comment.body for comment in comments}
    entries = [
        Entry(event.at, who_for_partner(event), event_words(event.kind), _body(event, said))
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
    return sorted([*entries, *alone], key=lambda entry: entry.at, reverse=True)


def who_for_partner(event: ClaimEvent) -> str:
    """Return who did something, without naming reviewers or the customer's people."""
    if event.side == Side.PARTNER:
        return event.actor_name
    return str(Side(event.side).label)


def _body(event: ClaimEvent, said: dict[int, str]) -> str:
    details = event.details
    if "comment" in details:
        return said.get(details["comment"], "")
    labels = dict(RejectionReason.choices) | dict(DeficiencyCode.choices)
    codes = [*details.get("reasons", []), *details.get("codes", [])]
    parts = ["; ".join(str(labels.get(code, code)) for code in codes), details.get("text", "")]
    return "\n".join(part for part in parts if part)
