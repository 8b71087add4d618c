"""Changing many rows by few statements, with their history, as ``save`` would have done one by one.

Only for acts of the system itself: an entry of the history made here names no user.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from django.db import connections, models, router
from django.db.models import CharField, DateTimeField, Max, QuerySet, Value
from simple_history.models import HistoricalRecords


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
        QuerySet(model).filter(pk__in=keys).update(**values)
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
    copied = [
        field
        for field in history._meta.concrete_fields
        if field.name != "history_id" and not field.name.startswith("history_")
    ]
    noted = {
        "history_date": Value(now, DateTimeField()),
        "history_type": Value("~", CharField()),
    }
    if reason is not None:
        noted["history_change_reason"] = Value(reason, CharField())
    names = [field.attname for field in copied]
    source = QuerySet(model).filter(pk__in=keys).order_by("pk").annotate(**noted)
    columns = [field.column for field in copied]
    columns += [history._meta.get_field(name).column for name in noted]
    _copy(history, columns, source.values_list(*names, *noted))
    _note_links(history, keys)


def _note_links(history: Any, keys: Sequence[int]) -> None:
    """Write down what the rows' many-to-many fields hold, beside their newest entries."""
    for field in history._history_m2m_fields:
        linked = HistoricalRecords.m2m_models[field]
        through = field.remote_field.through
        owner = field.m2m_field_name()
        newest = dict(
            history.objects.filter(id__in=keys)
            .order_by()
            .values_list("id")
            .annotate(newest=Max("history_id"))
        )
        rows = through.objects.filter(**{f"{owner}__in": keys}).order_by("pk")
        names = [each.attname for each in through._meta.concrete_fields]
        at = names.index(through._meta.get_field(owner).attname)
        linked.objects.bulk_create(
            [
                linked(history_id=newest[row[at]], **dict(zip(names, row, strict=True)))
                for row in rows.values_list(*names)
            ]
        )


def _copy(target: Any, columns: Sequence[str], source: QuerySet[Any, Any]) -> None:
    """Insert what the query selects into the table of ``target``."""
    connection = connections[router.db_for_write(target)]
    sql, params = source.query.get_compiler(connection=connection).as_sql()
    quote = connection.ops.quote_name
    into = ", ".join(quote(column) for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(target._meta.db_table)} ({into}) {cast('str', sql)}", params
        )
