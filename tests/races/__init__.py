"""Tests in which several people or processes act in the same instant."""

from __future__ import annotations

import os


def rounds(usual: int) -> int:
    """Return how often a race is run; ``RACE_ROUNDS`` asks for more than usual."""
    return int(os.environ.get("RACE_ROUNDS", usual))
