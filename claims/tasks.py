"""Background jobs of claims; each is a sweep over rows."""

from __future__ import annotations

from celery import shared_task

from .services import sweeps


@shared_task
def reject_stale_claims() -> None:
    """T7."""
    sweeps.reject_stale_claims()
