"""Splitting the contested lines off a claim, so that the others needn't wait (5.6)."""

from __future__ import annotations

from claims.actors import Actor
from claims.models import Claim, ClaimLine


def contested_lines(claim: Claim) -> list[ClaimLine]:
    """Return the claim's lines in the running that take part in an open case."""
    raise NotImplementedError


def may_split(claim: Claim) -> bool:
    """Whether the claim is under review with contested lines beside others."""
    raise NotImplementedError


def split_contested(*, claim_id: int, actor: Actor, version: int | None = None) -> Claim:
    """Move the contested lines to a new claim of the same partner, and return that.

    By the claim's reviewer or a lead. Raises the door's refusals, ``HeldElsewhere`` (REV-05),
    ``MovedOn`` unless the claim is under review, REV-49 if there is nothing to split.
    """
    raise NotImplementedError
