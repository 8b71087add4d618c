"""What claims itself does when a claim moves or a letter leaves."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from cpor_site.common.outbox import register_filler

from . import letters
from .models import Claim, ClaimEvent
from .services import people
from .signals import claim_moved

register_filler(people.ABOUT, people.link_for)


@receiver(claim_moved, dispatch_uid="claims.write_letters")
def write_letters(*, claim: Claim, event: ClaimEvent, **kwargs: Any) -> None:
    """Write the partner's letters about the event into the outbox."""
    letters.write_letters(claim, event)
