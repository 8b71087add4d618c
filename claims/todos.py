"""What the reviewers' findings ask of the partner, line by line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .models import ClaimLine, ReviewFinding
from .states import LineStatus


@dataclass
class ToDo:
    """What is missing for one line; ``line`` is None for what concerns the whole claim.

    ``removed`` lines have been taken out since: nothing is left to do for them.
    """

    line: ClaimLine | None
    findings: list[ReviewFinding] = field(default_factory=list)

    @property
    def removed(self) -> bool:
        """Whether the partner has taken the line out, which settles it."""
        return self.line is not None and self.line.line_status != LineStatus.INCLUDED


def todos_of(findings: Iterable[ReviewFinding]) -> list[ToDo]:
    """Return the findings by line, those about the whole claim first, in the lines' order.

    The findings must be loaded with their lines and the lines' products (section 4.3: each finding
    attaches to lines).
    """
    whole = ToDo(None)
    by_line: dict[int, ToDo] = {}
    for finding in findings:
        lines = list(finding.lines.all())
        if not lines:
            whole.findings.append(finding)
        for line in lines:
            by_line.setdefault(line.pk, ToDo(line)).findings.append(finding)
    return [*([whole] if whole.findings else []), *(by_line[key] for key in sorted(by_line))]
