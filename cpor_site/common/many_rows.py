"""Writing many new rows at once: by ``COPY`` where the database has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connections, models, router
from django.db.models import JSONField


def insert_many(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]], **alike: Any
) -> None:
    """Insert the rows, each with a value for every name (``attname``), in the order of the names.

    ``alike`` are columns that hold the same in all rows; others get the model's default. On
    PostgreSQL the rows are streamed by ``COPY``, which spares an object a row and a parameter a
    value. Neither ``save`` nor signals run, and no keys come back. Raises ``IntegrityError`` if a
    row breaks a constraint; then none is there.
    """
    connection = connections[router.db_for_write(model)]
    if connection.vendor == "postgresql":
        _stream(connection, model, names, rows, alike)
    else:
        model._default_manager.bulk_create(
            model(**dict(zip(names, row, strict=True)), **alike) for row in rows
        )


def _stream(
    connection: Any,
    model: type[models.Model],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    alike: Mapping[str, Any],
) -> None:
    def stored(field: Any, value: Any) -> Any:
        return field.get_db_prep_save(value, connection)

    columns: list[Any] = list(model._meta.concrete_fields)
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    # The driver takes every other kind of value as it is.
    as_json = [at for at, field in enumerate(fields) if isinstance(field, JSONField)]
    rest = {
        field: stored(field, alike.get(field.attname, field.get_default()))
        for field in columns
        if field.attname in alike
        or not (field in fields or field.primary_key or field.has_db_default())
    }
    quote = connection.ops.quote_name
    into = ", ".join(quote(field.column) for field in (*fields, *rest))
    sql = f"COPY {quote(model._meta.db_table)} ({into}) FROM STDIN"
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(sql) as copy,
    ):
        for row in rows:
            values = [*row, *rest.values()]
            for at in as_json:
                values[at] = stored(fields[at], values[at])
            copy.write_row(values)
