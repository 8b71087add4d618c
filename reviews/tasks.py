"""Background jobs of reviews; each is a sweep over rows."""

from __future__ import annotations

from celery import shared_task

from .services import comparing, lateness, rendering


@shared_task
def render_proof() -> None:
    """Draw the pages of documents that wait."""
    rendering.render_proof()


@shared_task
def report_late_reviews() -> None:
    """SLA breaches, to the lead reviewers (2.5)."""
    lateness.report_late_reviews()


@shared_task
def resume_reviews() -> None:
    """Clocks that stand though nothing is compared any more (5.8)."""
    comparing.resume_reviews()
