"""The chain is evidence itself, and so is what it says of pseudonyms."""

from __future__ import annotations

from ..models import EvidenceSeal, Pseudonymisation, PseudonymisedRow
from .kept import Kept, keep


def name_tables() -> None:
    """Name the tables of the chain; each seal is covered by the next one."""
    keep(
        Kept(model=EvidenceSeal),
        Kept(model=Pseudonymisation, sealed=True),
        Kept(model=PseudonymisedRow, sealed=True),
    )
