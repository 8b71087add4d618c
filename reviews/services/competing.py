"""Comparing competing claims before a ruling: whose proof suffices, who is asked, what waits."""

from __future__ import annotations

from claims.actors import Actor
from claims.models import Claim


def may_find_sufficient(claim: Claim) -> bool:
    """Whether the claim takes part in an open case without its proof being found sufficient."""
    raise NotImplementedError


def find_sufficient(
    *, claim_id: int, actor: Actor, internal_note: str = "", version: int | None = None
) -> Claim:
    """Find a challenger's proof sufficient by itself; by the claim's reviewer or a lead (5.3).

    Effects, in order: the claim's parties in open cases marked with the round, internal note, the
    claim's clock paused with a comment and the event ``competing_check_started``; in each case
    every claim in force that hasn't been asked gets a request for its newest proof (5 business
    days). Raises the door's refusals, ``HeldElsewhere`` (REV-05), ``MovedOn`` unless the claim is
    under review or disputed, REV-40 if no case waits for it, and what stops an approval but for
    the competition itself (REV-20, REV-22 to REV-24, SUB-13 ...).
    """
    raise NotImplementedError
