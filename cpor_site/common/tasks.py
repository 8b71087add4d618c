"""What the worker can be asked to do; a message is only a hint to look at the rows."""

from __future__ import annotations

from celery import shared_task

from . import outbox
from .evidence import sealing


@shared_task
def send_outbox() -> None:
    """Send the letters that are due."""
    outbox.send_due()


@shared_task
def seal_evidence() -> None:
    """Add what was written to the chain of digests."""
    sealing.seal_evidence()
