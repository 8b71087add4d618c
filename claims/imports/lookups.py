"""Looking up many keys at once."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler


class Among(In):
    """``IN`` that sends PostgreSQL one array instead of thousands of parameters.

    Use it as ``queryset.filter(Among(F("subscription_id"), ids))``; the values must be of the type
    that the field holds.
    """

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        sql, parameters = self.process_lhs(compiler, connection)
        return f"{sql} = ANY(%s)", [*parameters, list(self.rhs)]
