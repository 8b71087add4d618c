"""What happens to the pages of a document when the document comes and when it goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from claims.models import Claim, ClaimEvent, PoEDocument
from claims.signals import Moved, claim_moved, claims_moved
from cpor_site.common.outbox import HINT_OPTIONS

from .services import rendering


@receiver(claim_moved, dispatch_uid="reviews.expect_pages")
def expect_pages(*, claim: Claim, event: ClaimEvent, **kwargs: Any) -> None:
    """Ask for the pages of a new document, and give the worker a hint."""
    if event.kind == "document_attached":
        rendering.expect_pages(event.details["document"])
        transaction.on_commit(_hint, robust=True)


@receiver(claims_moved, dispatch_uid="reviews.expect_pages")
def expect_many_pages(*, moves: Sequence[Moved], **kwargs: Any) -> None:
    """Do the same for many claims."""
    for claim, event in moves:
        expect_pages(claim=claim, event=event, **kwargs)


@receiver(post_save, sender=PoEDocument, dispatch_uid="reviews.forget_pages")
def forget_pages(*, instance: PoEDocument, created: bool, **kwargs: Any) -> None:
    """Remove the pages of a file that is gone or that the virus check has refused meanwhile."""
    if created:
        return
    if not instance.file or instance.scan_state == PoEDocument.ScanState.INFECTED:
        rendering.forget_pages(instance.pk)


def _hint() -> None:
    """Tell the worker that something waits; a broker that is away costs seconds at most."""
    from .tasks import render_proof  # noqa: PLC0415

    with render_proof.app.connection_for_write(transport_options=HINT_OPTIONS) as connection:
        render_proof.apply_async(
            connection=connection,  # type: ignore[call-arg] # Missing in the stubs only.
            retry=False,
            expires=60,
        )
