"""The history's clock is the product's clock."""

from __future__ import annotations

from typing import Any

from simple_history.signals import pre_create_historical_record

from . import clock


def follow_the_clock(*, instance: Any, history_instance: Any, **kwargs: Any) -> None:
    """Date a history entry by ``clock.now()``, unless its writer has given it a date."""
    if not hasattr(instance, "_history_date"):
        history_instance.history_date = clock.now()


def connect() -> None:
    """Date every entry of every history from now on."""
    pre_create_historical_record.connect(
        follow_the_clock, dispatch_uid="cpor_site.common.history.follow_the_clock"
    )
