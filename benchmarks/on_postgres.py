"""What a benchmark on PostgreSQL does before anything else."""

from __future__ import annotations

import os
import sys
import tempfile


def start() -> None:
    """Set Django up on the database that ``DATABASE_URL`` names; ends the run if it names none."""
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        sys.exit("DATABASE_URL must name a PostgreSQL database that may be emptied.")
    os.environ.setdefault("CPOR_MODE", "test")
    os.environ.setdefault("CPOR_STAFF_SECOND_FACTOR", "offered")
    os.environ.setdefault("CPOR_VAR_DIR", tempfile.gettempdir())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cpor_site.settings")
    import django

    django.setup()


def empty(tables: str) -> None:
    """Empty the tables and all that point at them; evidence's guards make way for that."""
    from django.db import connection

    from cpor_site.common.evidence import triggers

    triggers.remove(connection)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")
    triggers.install(connection)
