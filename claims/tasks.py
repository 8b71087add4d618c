"""Background jobs of claims; each is a sweep over rows."""

from __future__ import annotations

from celery import shared_task

from .services import (
    archive,
    dispute_windows,
    registry_age,
    reminders,
    renewal_reminders,
    scanning,
    subscription_ends,
    sweeps,
)


@shared_task
def reject_stale_claims() -> None:
    """T7."""
    sweeps.reject_stale_claims()


@shared_task
def remind_partners() -> None:
    """Half time and last day of the partner's answer (2.5)."""
    reminders.remind_partners()


@shared_task
def remind_of_drafts() -> None:
    """Q16."""
    reminders.remind_of_drafts()


@shared_task
def remind_of_proof() -> None:
    """Proof of approved claims that gets old (2.5)."""
    reminders.remind_of_proof()


@shared_task
def remind_of_subscriptions() -> None:
    """60, 30 and 7 days before a subscription ends (T22)."""
    renewal_reminders.remind_of_subscriptions()


@shared_task
def end_expired_subscriptions() -> None:
    """T22."""
    subscription_ends.end_expired_subscriptions()


@shared_task
def close_dispute_windows() -> None:
    """T19."""
    dispute_windows.close_dispute_windows()


@shared_task
def archive_idle_drafts() -> None:
    """Q16."""
    archive.archive_idle_drafts()


@shared_task
def scan_documents() -> None:
    """POE-05: the virus check."""
    scanning.scan_documents()


@shared_task
def check_registry() -> None:
    """SUB-16, for the desk's own people."""
    registry_age.check_registry()
