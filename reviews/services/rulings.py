"""An arbiter's ruling on competing claims: one for all parties, in one transaction (5.3 to 5.9)."""

from __future__ import annotations

from collections.abc import Sequence

from claims.actors import Actor
from cpor_site.common.models import User
from cpor_site.common.problems import Problem

from ..models import CompetingClaimsCase, CompetingParty, CompetingRuling


def contenders(case: CompetingClaimsCase) -> list[CompetingParty]:
    """Return the challengers' lines that a ruling is about: those whose proof was found sufficient.

    Who isn't ready is no part of a ruling and stays undecided, so that nobody can hold one up.
    """
    raise NotImplementedError


def obstacles(case: CompetingClaimsCase, user: User) -> list[Problem]:
    """Return why this person can't rule on the case now; nothing if they can.

    ACC-01 for who doesn't lead, REV-41 for a case that is closed, REV-42 while no challenger is
    ready, REV-43 while an answer is awaited (with the day), and the refusals of ``ask_impartial``
    for any party's claim (REV-02, REV-04).
    """
    raise NotImplementedError


def rule(
    *,
    case_id: int,
    actor: Actor,
    winner_id: int | None,
    grounds: Sequence[str],
    shared_reason: str,
    internal_reason: str,
    version: int | None = None,
) -> CompetingRuling:
    """Rule on a case; ``winner_id`` is a ``CompetingParty`` among ``contenders``, or None.

    Without a winner the present partner keeps the key; if nobody holds it, nobody prevails. Raises
    ``obstacles``, ``ChangedMeanwhile`` (SUBM-02) for a stale ``version`` of the case, REV-44 for
    grounds (field ``grounds``), REV-45 for a reason that is missing (``shared_reason``,
    ``internal_reason``), REV-46 for a shared reason that names a party (``shared_reason``), REV-47
    for a winner that can't be one (``winner``), REV-48 while an earlier winner waits, REV-05 while
    somebody has a party's case open, and what stops the winner's approval.
    """
    raise NotImplementedError
