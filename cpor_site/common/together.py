"""Changing many rows by few statements, with their history, as ``save`` would have done one by one.

Only for acts of the system itself: an entry of the history made here names no user.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connections, models, router
from django.db.models import F, Max, OuterRef, QuerySet, Subquery, Value
from simple_history.models import HistoricalRecords

from .key_lists import Among


def change_together(
    rows: QuerySet[Any], values: dict[str, Any], *, now: datetime, reason: str | None = None
) -> list[int]:
    """Give every one of the rows the values, note it in the history; return the rows' keys.

    The caller holds the locks that keep the rows as they are: those of the claims they belong to.
    Runs in the caller's transaction.
    """
    model = rows.model
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    if keys:
        # The plain queryset: a model's own may refuse what only the status door may write.
        QuerySet(model).filter(Among("pk", keys)).update(**values)
        note_together(model, keys, now=now, reason=reason)
    return keys


def note_together(
    model: type[models.Model], keys: Sequence[int], *, now: datetime, reason: str | None = None
) -> None:
    """Write an entry of the history for each of the rows as they are now; none without a history.

    The columns are those of the history's model, copied inside the database.
    """
    history = getattr(getattr(model, "history", None), "model", None)
    if history is None or not keys:
        return
    entry = history(history_date=now, history_type="~", history_change_reason=reason)
    copied = {
        field.attname: F(field.attname)
        for field in history._meta.concrete_fields
        if not field.name.startswith("history_")
    }
    copy_together(QuerySet(model).filter(Among("pk", keys)).order_by("pk"), entry, copied)
    for field in history._history_m2m_fields:
        _note_links(history, field, keys)


def _note_links(history: Any, field: Any, keys: Sequence[int]) -> None:
    """Write down what the rows' many-to-many field holds, beside their newest entries."""
    through = field.remote_field.through
    owner = through._meta.get_field(field.m2m_field_name()).attname
    entries = history.objects.filter(id=OuterRef(owner)).order_by().values("id")
    newest = entries.annotate(newest=Max("history_id")).values("newest")
    linked = HistoricalRecords.m2m_models[field]()
    copied: dict[str, Any] = {each.attname: F(each.attname) for each in through._meta.fields}
    rows: QuerySet[Any] = QuerySet(through).filter(Among(owner, keys)).order_by("pk")
    copy_together(rows, linked, copied | {"history_id": Subquery(newest)})


def copy_together(
    rows: QuerySet[Any],
    pattern: models.Model,
    varying: Mapping[str, Any],
    *,
    returning: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Insert a row like ``pattern`` for each of the rows, inside the database.

    ``varying`` says which columns (``attname``) take what from the row that is read; the others are
    the pattern's. Returns the columns ``returning`` of the new rows.
    """
    target = type(pattern)
    fields = [
        field
        for field in target._meta.concrete_fields
        if field.attname in varying or not field.primary_key
    ]
    chosen = {
        f"new_{field.attname}": varying.get(
            field.attname, Value(getattr(pattern, field.attname), output_field=field)
        )
        for field in fields
    }
    connection = connections[router.db_for_write(target)]
    source = rows.annotate(**chosen).values_list(*chosen).query
    sql, params = source.get_compiler(connection=connection).as_sql()
    quote = connection.ops.quote_name
    into = ", ".join(quote(field.column) for field in fields)
    statement = f"INSERT INTO {quote(target._meta.db_table)} ({into}) {sql}"
    if returning:
        statement += " RETURNING " + ", ".join(quote(column) for column in returning)
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall()) if returning else []
