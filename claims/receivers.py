"""What claims itself does when a claim moves or a letter leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from cpor_site.common.outbox import register_filler

from . import letters, letters_together
from .models import Claim, ClaimEvent
from .services import people
from .signals import Moved, claim_moved, claims_moved

register_filler(people.ABOUT, people.link_for)


@receiver(claim_moved, dispatch_uid="claims.write_letters")
def write_letters(*, claim: Claim, event: ClaimEvent, **kwargs: Any) -> None:
    """Write the partner's letters about the event into the outbox."""
    letters.write_letters(claim, event)


@receiver(claims_moved, dispatch_uid="claims.write_letters")
def write_many_letters(*, moves: Sequence[Moved], **kwargs: Any) -> None:
    """Write the partners' letters about many events."""
    letters_together.write_letters(moves)
