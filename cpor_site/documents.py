"""The parts of the documentation that are written by the code itself.

A generated part stands between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``. The tests fail
when a part is out of date; ``manage.py write_docs`` writes it anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from django.utils.translation import override

from claims import life
from claims.bulk.columns import COLUMNS
from cpor_site import handoff_example
from cpor_site.schedule import jobs

DOCS = Path(__file__).resolve().parent.parent / "docs"


def claim_life() -> str:
    """The state diagram of a claim."""
    return f"```mermaid\n{life.mermaid()}\n```"


def job_table() -> str:
    """The table of scheduled jobs."""
    rows = ["| job | every | task | what it does |", "| --- | --- | --- | --- |"]
    rows += [
        f"| `{job.name}` | {job.every.total_seconds():.0f} s | `{job.task}` | {job.what} |"
        for job in jobs(demo=False)
    ]
    return "\n".join(rows)


def upload_columns() -> str:
    """The table of the columns of a file of drafts."""
    rows = ["| code | name | meaning | compulsory |", "| --- | --- | --- | --- |"]
    with override("en"):
        for each in COLUMNS:
            compulsory = "yes" if each.compulsory else ""
            rows.append(f"| `{each.code}` | {each.title} | {each.meaning} | {compulsory} |")
    return "\n".join(rows)


PARTS: dict[str, tuple[str, Callable[[], str]]] = {
    "claim life": ("architecture.md", claim_life),
    "jobs": ("operations.md", job_table),
    "hand-off example": ("handoff.md", handoff_example.text),
    "upload columns": ("uploads.md", upload_columns),
}


def outdated() -> list[str]:
    """Return the names of the generated parts that no longer say what the code says."""
    return [name for name, (page, make) in PARTS.items() if _stored(name, page) != make()]


def write() -> list[str]:
    """Write every outdated part anew and return their names."""
    names = outdated()
    for name in names:
        page, make = PARTS[name]
        path = DOCS / page
        text = path.read_text(encoding="utf-8")
        before, _begun, rest = text.partition(_begin(name))
        after = rest.partition(_end(name))[2]
        made = f"{_begin(name)}\n{make()}\n{_end(name)}"
        path.write_text(before + made + after, encoding="utf-8")
    return names


def _stored(name: str, page: str) -> str:
    found = _pattern(name).search((DOCS / page).read_text(encoding="utf-8"))
    if found is None:
        raise LookupError(f"docs/{page} has no place for the part {name!r}.")
    return found[1]


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(_begin(name))}\n(.*?)\n?{re.escape(_end(name))}", re.DOTALL)


def _begin(name: str) -> str:
    return f"<!-- begin {name} -->"


def _end(name: str) -> str:
    return f"<!-- end {name} -->"
