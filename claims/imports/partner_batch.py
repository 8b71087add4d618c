"""What the importers of partners share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

from .engine import Run
from .writing import change, create

M = TypeVar("M", bound=Model)


@dataclass
class Planned:
    """Keys taken earlier in the same import, which a dry run hasn't written.

    ``locations`` maps a partner ID to its organisation's global partner ID.
    """

    organizations: set[str] = field(default_factory=set)
    locations: dict[str, str] = field(default_factory=dict)

    def is_organization(self, partner_id: str) -> bool:
        return partner_id in self.organizations


class Batch(Generic[M]):
    """Rows to write, counted under ``kind`` as they come."""

    def __init__(self, kind: str, run: Run) -> None:
        self._run = run
        self._counts = run.counts(kind)
        self._new: list[M] = []
        self._different: list[M] = []
        self._fields: set[str] = set()

    def create(self, fresh: M) -> None:
        self._counts.created += 1
        self._new.append(fresh)

    def update(self, known: M, told: Mapping[str, Any]) -> None:
        """Set the fields in ``told``; a row that has all of them already isn't written."""
        changed = {name for name, value in told.items() if getattr(known, name) != value}
        if not changed:
            self._counts.unchanged += 1
            return
        self._counts.changed += 1
        for name in changed:
            setattr(known, name, told[name])
        self._different.append(known)
        self._fields |= changed

    def write(self) -> None:
        if self._run.dry:
            return
        create(self._new, now=self._run.now, reason=self._run.reason)
        change(self._different, self._fields, now=self._run.now, reason=self._run.reason)


def locked(found: QuerySet[M], run: Run) -> Iterable[M]:
    """Return the rows, locked unless this is a dry run."""
    found = found.order_by("pk")
    return found if run.dry else found.select_for_update()
