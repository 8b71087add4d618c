"""New lines in place of lines whose association is over: an association has one line for good."""

from __future__ import annotations

from collections.abc import Sequence

from ..actors import Actor
from ..models import Claim, ClaimLine, PoEDocument


def copy_line(line: ClaimLine, claim: Claim, *, actor: Actor, contested: bool = False) -> ClaimLine:
    """Put a copy of the line into the running of a claim, its own or another one."""
    copy = ClaimLine(
        claim=claim,
        product=line.product,
        activity=line.activity,
        subscription=line.subscription,
        subscription_as_typed=line.subscription_as_typed,
        contested=contested,
    )
    copy._history_user = actor.user  # type: ignore[attr-defined]
    copy.save()
    return copy


def copy_lines(claim: Claim, lines: Sequence[ClaimLine], *, actor: Actor) -> list[ClaimLine]:
    """Put a copy of each line into the running; what covered the line covers its copy as well.

    The old lines stay as they are, with their association. The caller holds the claim's lock.
    """
    copies = []
    for line in lines:
        copy = copy_line(line, claim, actor=actor)
        for document in PoEDocument.objects.filter(claim=claim, covers=line):
            document.covers.add(copy)
        copies.append(copy)
    return copies
