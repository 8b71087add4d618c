"""Tests in which several people or processes act in the same instant."""

from __future__ import annotations

import os


def rounds(usual: int) -> int:
    """Return how often a race is run; ``RACE_ROUNDS`` asks for more than usual.

    Usual is what shows a lock that is missing altogether. Who works on locks asks for more:
    ``RACE_ROUNDS=40 .venv/bin/pytest tests/races`` with ``DATABASE_URL`` of a PostgreSQL.
    """
    return int(os.environ.get("RACE_ROUNDS", usual))
