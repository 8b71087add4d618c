"""The fastest way a database takes many plain rows, for kinds of which there are very many.

PostgreSQL gets them by ``COPY``; other databases by one prepared statement run for every row.
Values are those that models hold; no object is made for a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

STAGE = "import_stage"


def insert_rows(model: type[Model], names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert ``rows``, whose values stand in the order of the fields ``names``."""
    if not rows:
        return
    columns = _columns(model, names)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _copy(cursor, table, columns, rows)
            return
        marks = ", ".join(["%s"] * len(columns))
        # Names come from the models, values are parameters; so below.
        insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
        cursor.executemany(insert, _prepared(model, names, rows))


def update_rows(model: type[Model], names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Update the fields ``names``; each row holds the primary key and then their values."""
    if not rows:
        return
    quote = connection.ops.quote_name
    key, *columns = _columns(model, [model._meta.pk.attname, *names])
    table = quote(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            stage = quote(STAGE)
            listed = ", ".join([key, *columns])
            cursor.execute(
                f"CREATE TEMPORARY TABLE {stage} ON COMMIT DROP AS "  # noqa: S608
                f"SELECT {listed} FROM {table} WITH NO DATA"
            )
            _copy(cursor, stage, [key, *columns], rows)
            pairs = ", ".join(f"{column} = {stage}.{column}" for column in columns)
            cursor.execute(
                f"UPDATE {table} SET {pairs} FROM {stage} "  # noqa: S608
                f"WHERE {table}.{key} = {stage}.{key}"
            )
            cursor.execute(f"DROP TABLE {stage}")
            return
        pairs = ", ".join(f"{column} = %s" for column in columns)
        update = f"UPDATE {table} SET {pairs} WHERE {key} = %s"  # noqa: S608
        turned = [(*row[1:], row[0]) for row in rows]
        prepared = _prepared(model, [*names, model._meta.pk.attname], turned)
        cursor.executemany(update, prepared)


def _copy(
    cursor: CursorWrapper, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _columns(model: type[Model], names: Iterable[str]) -> list[str]:
    of_name = {field.attname: field.column for field in model._meta.concrete_fields}
    return [connection.ops.quote_name(of_name[name]) for name in names]


def _prepared(
    model: type[Model], names: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> list[list[Any]]:
    of_name = {field.attname: field for field in model._meta.concrete_fields}
    fields = [of_name[name] for name in names]
    return [
        [
            field.get_db_prep_save(value, connection)
            for field, value in zip(fields, row, strict=True)
        ]
        for row in rows
    ]
