"""Waiting for what other processes bring about."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(
    what: str, condition: Callable[[], bool], seconds: float = 90, *, pause: float = 0.25
) -> None:
    """Ask until it is so; fails with ``what`` was waited for."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"Waited {seconds:.0f} s in vain: {what}."
        time.sleep(pause)
