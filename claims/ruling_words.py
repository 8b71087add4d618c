"""What a partner reads of a ruling on competing claims: its own outcome, and nothing of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import door
from .models import Claim, ClaimEvent, ClaimLine, ProofRequest
from .standing import until
from .states import DeadlineKind, LineStatus, RulingGround, Status

OUTCOMES: dict[str, Promise] = {
    "won": _("Your proof prevails for %(lines)s."),
    "lost": _("Your proof does not prevail for %(lines)s."),
    "kept": _("You stay partner of record for %(lines)s."),
    "yields": _("Another partner's proof prevails for %(lines)s."),
}
"""What each outcome means to its own partner."""

LATER = {
    "association_displaced": _("The customer's time has passed, and your association has ended."),
    "line_displaced": _("The customer's time has passed, and this part of your claim has ended."),
    "association_spared": _("The other claim has fallen away: your association stays in force."),
}
"""What became of an association that was to yield, by the event that says so."""


@dataclass(frozen=True)
class RulingTold:
    """One ruling as the partner reads it; ``rights`` says what can be done against it, if anything.

    ``afterwards`` is what has become of it since; ``to_end`` says that the partner's association
    ends by it when the customer's time has passed, which it hasn't. ``is_against`` says that it
    took, or takes, any of the lines asked about.
    """

    at: datetime
    outcome: str
    grounds: list[str]
    reason: str
    afterwards: str
    rights: str
    to_end: bool
    is_against: bool


def rulings_told(
    claim: Claim, events: Sequence[ClaimEvent], lines: Sequence[ClaimLine], now: datetime
) -> list[RulingTold]:
    """Return the rulings on the claim's own lines, the newest first; no query.

    ``lines`` are those to be named: all of them, or only what a dispute is about.
    """
    names = {line.pk: str(line.product) for line in lines}
    known = dict(RulingGround.choices)
    found = []
    for event in events:
        if event.kind != door.RULED:
            continue
        details = event.details
        own = [names[key] for key in details.get("lines", ()) if key in names]
        outcome = OUTCOMES.get(details.get("outcome", ""))
        if outcome is None:
            continue
        came_of_it = _came_of_it(events, event)
        yields = details["outcome"] == "yields"
        found.append(
            RulingTold(
                event.at,
                str(outcome) % {"lines": ", ".join(dict.fromkeys(own))},
                [str(known.get(each, each)) for each in details.get("grounds", ())],
                details.get("text", ""),
                _afterwards(events, event),
                "" if _is_spared(came_of_it) else _rights(claim, event, lines, now),
                to_end=yields and came_of_it is None,
                is_against=bool(own)
                and (details["outcome"] == "lost" or yields and not _is_spared(came_of_it)),
            )
        )
    return found[::-1]


def meanwhile(claim: Claim, asked: Sequence[ProofRequest], told: Sequence[RulingTold]) -> str:
    """Return what a partner of record has to know while a comparison isn't over, or nothing.

    ``asked`` holds the requests for newer proof that aren't settled.
    """
    return _meanwhile(
        claim,
        asked,
        any(each.to_end for each in told),
        gettext(
            "Another partner's proof prevailed. What that means, and from when, is told below."
        ),
        gettext(
            "We compare the proof of all who claim the same, and tell you what is decided. Until "
            "then nothing changes."
        ),
    )


def meanwhile_in_brief(claim: Claim, asked: Sequence[ProofRequest], *, to_end: bool) -> str:
    """Return the same in few words for a row of the list.

    ``to_end`` says that an association of the claim ends when a winner's customer has had its time.
    """
    return _meanwhile(
        claim,
        asked,
        to_end,
        gettext("Another partner's proof prevailed"),
        gettext("You have answered; proof is compared"),
    )


def _meanwhile(
    claim: Claim, asked: Sequence[ProofRequest], to_end: bool, ends: str, compared: str
) -> str:
    if claim.status != Status.APPROVED:
        return ""
    if to_end:
        return ends
    return compared if asked and all(each.answer for each in asked) else ""


def _afterwards(events: Sequence[ClaimEvent], ruled: ClaimEvent) -> str:
    if ruled.details.get("outcome") == "won" and ruled.details.get("waits"):
        return gettext("Other products of this claim are still compared; it is decided with them.")
    if ruled.details.get("outcome") != "yields":
        return ""
    since = _came_of_it(events, ruled)
    if since is not None:
        return str(LATER[since.kind])
    return gettext(
        "Your association stays in force until the customer's time for the other claim has passed; "
        "we tell you what came of it."
    )


def _came_of_it(events: Sequence[ClaimEvent], ruled: ClaimEvent) -> ClaimEvent | None:
    """Return what settled an association that was to yield, None as long as it is open."""
    lines = set(ruled.details.get("lines", ()))
    for each in events:
        concerned = lines & set(each.details.get("lines", lines))
        if each.kind in LATER and each.at >= ruled.at and concerned:
            return each
    return None


def _is_spared(came_of_it: ClaimEvent | None) -> bool:
    return came_of_it is not None and came_of_it.kind == "association_spared"


def _rights(claim: Claim, ruled: ClaimEvent, lines: Sequence[ClaimLine], now: datetime) -> str:
    outcome = ruled.details.get("outcome")
    if outcome not in ("lost", "yields"):
        return ""
    disputable = (
        claim.status in (Status.REJECTED, Status.ENDED)
        and claim.deadline_kind == DeadlineKind.DISPUTE_FILING
        and claim.due_at is not None
        and now <= claim.due_at
    )
    if disputable:
        assert claim.due_at is not None
        return gettext("You can dispute this once, until %(by)s.") % {"by": until(claim.due_at)}
    own = [line for line in lines if line.pk in set(ruled.details.get("lines", ()))]
    if outcome == "yields" and any(line.line_status == LineStatus.APPROVED for line in own):
        return gettext("Once your association has ended you can dispute that for 30 days.")
    if claim.disputed_at is not None and ruled.at <= claim.disputed_at:
        if claim.is_undecided:
            return gettext("You have disputed this.")
        if claim.status == Status.APPROVED:
            return gettext("You have disputed this, and the claim was approved after all.")
    return gettext("With newer proof you can make a new claim at any time.")
