"""The one clock of the product.

Everything that asks for the time asks here, so that web, worker and scheduler agree, and so that a
demonstration or a test can move all of them at once. Outside those two modes there is no offset.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings


def now() -> datetime:
    """Return the present moment as an aware datetime in UTC."""
    return datetime.now(UTC) + offset()


def offset() -> timedelta:
    """Return how far the clock has been moved; zero wherever no clock file is configured."""
    path = _clock_file()
    if path is None:
        return timedelta()
    try:
        return timedelta(seconds=float(path.read_text(encoding="ascii")))
    except FileNotFoundError:
        return timedelta()


def move(by: timedelta) -> timedelta:
    """Move the clock of all processes by ``by`` and return the new offset.

    Raises ``RuntimeError`` where the clock cannot be moved, which includes production.
    """
    return _write(offset() + by)


def reset() -> None:
    """Put the clock back to real time. Raises ``RuntimeError`` where it cannot be moved."""
    _write(timedelta())


def _write(value: timedelta) -> timedelta:
    path = _clock_file()
    if path is None:
        raise RuntimeError("The clock can only be moved in demo and test mode.")
    fresh = path.with_suffix(".new")
    fresh.write_text(repr(value.total_seconds()), encoding="ascii")
    fresh.replace(path)
    return value


def _clock_file() -> Path | None:
    return settings.CPOR_CLOCK_FILE
