"""What claims itself does when a claim moves."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from . import letters
from .models import Claim, ClaimEvent
from .signals import claim_moved


@receiver(claim_moved, dispatch_uid="claims.write_letters")
def write_letters(*, claim: Claim, event: ClaimEvent, **kwargs: Any) -> None:
    """Write the partner's letters about the event into the outbox."""
    letters.write_letters(claim, event)
