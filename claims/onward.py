"""What the parts above know of a claim's way to the incentive program, for its partner to read."""

from __future__ import annotations

from collections.abc import Callable

from .models import Claim

Teller = Callable[[Claim], list[str]]
_tellers: list[Teller] = []


def register(teller: Teller) -> None:
    """Let ``teller`` give sentences for the partner's page; register in ``AppConfig.ready``."""
    if teller not in _tellers:
        _tellers.append(teller)


def sentences(claim: Claim) -> list[str]:
    """Return how far the claim's lines have come on their way, in words; empty before it begins."""
    return [sentence for tell in _tellers for sentence in tell(claim)]
