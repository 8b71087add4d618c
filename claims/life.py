"""The life of a claim as the code itself knows it: which act leads from which status where."""

from __future__ import annotations

from dataclasses import dataclass

from django_fsm import FSMField

from .actors import ACT_SIDE
from .models import Claim
from .states import OPEN_STATUSES, Act, Side, Status

BIRTH = "start_claim"


@dataclass(frozen=True)
class Step:
    """One act from one status to another."""

    act: Act
    source: Status
    target: Status
    side: Side


def steps() -> list[Step]:
    """Return every step that the machine allows, in the order of statuses and acts."""
    machine = Claim._meta.get_field("status")
    assert isinstance(machine, FSMField)
    found = [
        Step(
            Act(each.name),
            Status(str(each.source)),
            Status(str(target)),
            ACT_SIDE[Act(each.name)],
        )
        for each in machine.get_all_transitions(Claim)
        for target in getattr(each.target, "allowed_states", None) or [each.target]
    ]
    statuses, acts = list(Status), list(Act)
    return sorted(found, key=lambda each: (statuses.index(each.source), acts.index(each.act)))


def mermaid() -> str:
    """Return the life as a Mermaid state diagram; the mark behind an act says who does it."""
    lines = ["stateDiagram-v2", f"    [*] --> {Status.EDITING}: {BIRTH} ({Side.PARTNER})"]
    lines += [f"    {each.source} --> {each.target}: {each.act} ({each.side})" for each in steps()]
    lines += [f"    {status} --> [*]" for status in Status if status not in OPEN_STATUSES]
    return "\n".join(lines)
