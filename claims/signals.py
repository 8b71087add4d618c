"""News that travels upward: sent by the door inside the transaction of the act."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.dispatch import Signal

if TYPE_CHECKING:
    from .models import Claim, ClaimEvent

claim_moved = Signal()
"""Arguments: ``claim`` (locked, saved), ``event`` (ClaimEvent), ``actor`` (Actor).

Sent with ``send``: a receiver that fails rolls the act back.
"""

claims_moved = Signal()
"""Arguments: ``moves`` (list of ``Moved``, not empty, of one kind of event), ``actor`` (Actor).

The same news for the set-based path, once for all claims. Whoever receives ``claim_moved`` receives
this one too, under the same ``dispatch_uid``, and does the same for every claim.
"""

people_replaced = Signal()
"""Arguments: ``claim`` (locked), ``people`` (``evidence.personal.People``).

Sent in the transaction in which the people on a claim get pseudonyms, after its own rows and
letters: for what names them and belongs to no claim.
"""


class Moved(NamedTuple):
    """One claim that moved, with its event; both as in ``claim_moved``."""

    claim: Claim
    event: ClaimEvent
