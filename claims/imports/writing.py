"""Writes rows and their history in sets: a handful of statements a batch, on any database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from django.db import connection
from django.db.models import CharField, DateTimeField, F, ManyToManyField, Max, Model, Value

from .lookups import Among

CHANGE_REASON_LENGTH = 100

M = TypeVar("M", bound=Model)


def create(objects: Sequence[M], *, now: datetime, reason: str) -> None:
    """Insert ``objects`` and one history row for each; their primary keys are set afterwards."""
    if not objects:
        return
    model = type(objects[0])
    model._default_manager.bulk_create(objects)
    write_history(model, [each.pk for each in objects], kind="+", now=now, reason=reason)


def change(objects: Sequence[M], fields: Collection[str], *, now: datetime, reason: str) -> None:
    """Update ``fields`` of ``objects``, which exist, and write one history row for each.

    The objects must have been loaded whole and be locked: one statement inserts them again and
    turns the conflict of primary keys into the update, many times faster than a CASE per row.
    """
    if not objects:
        return
    model = type(objects[0])
    put(objects, fields)
    write_history(model, [each.pk for each in objects], kind="~", now=now, reason=reason)


def put(objects: Sequence[M], fields: Collection[str]) -> None:
    """Update ``fields`` of ``objects`` without history."""
    model = type(objects[0])
    model._default_manager.bulk_create(
        objects,
        update_conflicts=True,
        unique_fields=[model._meta.pk.name],
        update_fields=sorted(fields),
    )


def write_history_links(model: type[Model], field: str, keys: Sequence[Any]) -> None:
    """Add what the many-to-many ``field`` links to, to the latest history row of each key."""
    if not keys:
        return
    history = model.history.model  # type: ignore[attr-defined]
    relation = cast("ManyToManyField[Any, Any]", model._meta.get_field(field))
    through: Any = relation.remote_field.through
    source = relation.m2m_field_name()
    latest = dict(
        history.objects.filter(id__in=keys)
        .order_by()
        .values_list("id")
        .annotate(latest=Max("history_id"))
    )
    linked = getattr(history, field).model
    own = [each.attname for each in through._meta.concrete_fields]
    links = through._default_manager.filter(**{f"{source}__in": keys}).order_by("pk").values(*own)
    linked.objects.bulk_create(
        linked(history_id=latest[link[f"{source}_id"]], **link) for link in links
    )


def write_history(
    model: type[Model],
    keys: Sequence[Any],
    *,
    by: str = "pk",
    kind: str,
    now: datetime,
    reason: str,
) -> None:
    """Copy the rows with these keys, values of the field ``by``, into the model's history.

    ``kind`` is ``+`` for rows just created and ``~`` for rows just changed; the result is what
    saving each of them would have written.
    """
    if not keys:
        return
    history = model.history.model  # type: ignore[attr-defined]
    fields = history.tracked_fields
    told = {
        "history_date": Value(now, output_field=DateTimeField()),
        "history_change_reason": Value(reason, output_field=CharField()),
        "history_type": Value(kind, output_field=CharField()),
    }
    rows = (
        model._default_manager.filter(Among(F(by), keys))
        .order_by("pk")
        .values_list(*(field.attname for field in fields), *told.values())
    )
    select, parameters = rows.query.get_compiler(connection=connection).as_sql()
    columns = [field.column for field in fields]
    columns += [history._meta.get_field(name).column for name in told]
    quote = connection.ops.quote_name
    listed = ", ".join(quote(column) for column in columns)
    # Every name comes from the models, every value is a parameter.
    insert = f"INSERT INTO {quote(history._meta.db_table)} ({listed}) {select}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(insert, parameters)
