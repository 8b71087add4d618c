"""News that travels upward: sent by the door inside the transaction of the act."""

from django.dispatch import Signal

claim_moved = Signal()
"""Arguments: ``claim`` (locked, saved), ``event`` (ClaimEvent), ``actor`` (Actor).

Sent with ``send``: a receiver that fails rolls the act back.
"""
