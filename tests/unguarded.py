"""Evidence is kept from tests as well; these are the two ways to take it away in a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations

from cpor_site.common.evidence import triggers

_plain = BaseDatabaseOperations.execute_sql_flush


@contextmanager
def unguarded() -> Iterator[None]:
    """Let the test change or delete evidence, as nobody can who doesn't own the database."""
    triggers.remove(connection)
    yield
    triggers.install(connection)


def _flush(operations: Any, sql_list: Any) -> None:
    # PostgreSQL empties tables by TRUNCATE, SQLite by DELETE.
    triggers.remove(operations.connection, ("whole", "delete"))
    _plain(operations, sql_list)


def let_tables_be_emptied() -> None:
    """Let a test's own commits be undone: flush empties all tables, then puts triggers back."""
    setattr(BaseDatabaseOperations, "execute_sql_flush", _flush)  # noqa: B010
