"""Querysets that keep the status door the only door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from .claim import Claim  # noqa: F401  # Named in a string below.

GUARDED = frozenset({"status", "association_state"})


class ClaimQuerySet(models.QuerySet["Claim"]):
    """Refuses every bulk way of writing what only the door may write.

    Raises ``ValueError`` from ``update``, ``bulk_update``, ``create`` and ``bulk_create`` when they
    would write ``status`` or ``association_state``.
    """

    def update(self, **kwargs: Any) -> int:
        _refuse(kwargs)
        return super().update(**kwargs)

    async def aupdate(self, **kwargs: Any) -> int:
        _refuse(kwargs)
        return await super().aupdate(**kwargs)

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        _refuse(fields)
        return super().bulk_update(objs, fields, batch_size)

    def create(self, **kwargs: Any) -> Any:
        _refuse(kwargs)
        return super().create(**kwargs)

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        raise ValueError("Claims are born one by one, so that each gets its number and history.")


def _refuse(fields: Any) -> None:
    stray = sorted(GUARDED.intersection(fields))
    if stray:
        raise ValueError(f"Only claims.door may write {', '.join(stray)}.")
