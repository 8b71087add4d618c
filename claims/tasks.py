"""Background jobs of claims; each is a sweep over rows."""

from __future__ import annotations

from celery import shared_task

from .services import reminders, renewal_reminders, sweeps


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
