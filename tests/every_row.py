"""All rows of all tables, for tests that compare two ways of doing the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import transaction

from cpor_site.common.models import JobRun, OutboxMessage

NEW_KEYS = {"history", "m2m_history_id", "message_id"}
"""Columns that hold a key of a row that is new each time, or something drawn at random."""


def rows_after(run: Callable[[], object]) -> dict[str, Counter[Any]]:
    """Return all rows as ``run`` leaves them, by table, without new keys; undo what it did."""
    with transaction.atomic():
        run()
        found = {
            model._meta.label: Counter(_rows(model))
            for model in apps.get_models()
            if model is not JobRun
        }
        transaction.set_rollback(True)
    return found


def _rows(model: Any) -> list[tuple[Any, ...]]:
    fields = [
        field
        for field in model._meta.concrete_fields
        if field.name not in NEW_KEYS and not field.primary_key
    ]
    return [
        tuple((field.attname, _plain(model, field, row)) for field in fields)
        for row in model._base_manager.all()
    ]


def _plain(model: Any, field: Any, row: Any) -> str:
    value = getattr(row, field.attname)
    if model is OutboxMessage and field.name == "key":
        # A letter's key begins with the key of its event, which is new each time.
        return re.sub(r"^\d+:", "event:", str(value))
    return repr(value)
