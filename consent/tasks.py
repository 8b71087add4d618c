"""Background jobs of the customer's consent; each is a sweep over rows."""

from __future__ import annotations

from celery import shared_task

from .services import delivery, reminders, retention, webhook, windows, withdrawals


@shared_task
def finalise_consent_windows() -> None:
    """T11."""
    windows.finalise_consent_windows()


@shared_task
def carry_out_withdrawals() -> None:
    """T12, where it takes effect on a later day."""
    withdrawals.carry_out_withdrawals()


@shared_task
def deliver_handoffs() -> None:
    """Hand-offs by file."""
    delivery.deliver_handoffs()


@shared_task
def post_handoffs() -> None:
    """Hand-offs by HTTP."""
    webhook.post_handoffs()


@shared_task
def forget_addresses() -> None:
    """Q26."""
    retention.forget_addresses()


@shared_task
def remind_customers() -> None:
    """Day 4 of the customer's window (2.5)."""
    reminders.remind_customers()
