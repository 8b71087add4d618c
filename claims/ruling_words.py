"""What a partner reads of a ruling on competing claims: its own outcome, and nothing of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import door
from .models import Claim, ClaimEvent, ClaimLine
from .standing import until
from .states import DeadlineKind, LineStatus, RulingGround, Status

OUTCOMES: dict[str, Promise] = {
    "won": _("Your proof prevails for %(lines)s."),
    "lost": _("Another partner's proof prevails for %(lines)s."),
    "kept": _("You stay partner of record for %(lines)s."),
    "yields": _(
        "Another partner's proof prevails for %(lines)s. Your association stays in force until the "
        "customer's time for the other claim has passed; we tell you what came of it."
    ),
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

    ``afterwards`` is what has become of it since.
    """

    at: datetime
    outcome: str
    grounds: list[str]
    reason: str
    afterwards: str
    rights: str


def rulings_told(
    claim: Claim, events: Sequence[ClaimEvent], lines: Sequence[ClaimLine], now: datetime
) -> list[RulingTold]:
    """Return the rulings on the claim's own lines, the newest first; no query."""
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
        found.append(
            RulingTold(
                event.at,
                str(outcome) % {"lines": ", ".join(dict.fromkeys(own))},
                [str(known.get(each, each)) for each in details.get("grounds", ())],
                details.get("text", ""),
                _afterwards(events, event),
                _rights(claim, event, lines, now),
            )
        )
    return found[::-1]


def _afterwards(events: Sequence[ClaimEvent], ruled: ClaimEvent) -> str:
    if ruled.details.get("outcome") == "won" and ruled.details.get("waits"):
        return gettext("Other products of this claim are still compared; it is decided with them.")
    if ruled.details.get("outcome") != "yields":
        return ""
    lines = set(ruled.details.get("lines", ()))
    since = [
        each
        for each in events
        if each.kind in LATER
        and each.at >= ruled.at
        and lines & set(each.details.get("lines", lines))
    ]
    return str(LATER[since[0].kind]) if since else ""


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
    if claim.is_undecided and claim.disputed_at is not None:
        return gettext("You have disputed this.")
    return gettext("With newer proof you can make a new claim at any time.")
