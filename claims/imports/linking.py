"""Tells which claimable product a listed product is an edition or add-on of, by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WORD = re.compile(r"[a-z0-9]+")
NOISE = frozenset({"microsoft", "dynamics", "365", "d365", "for", "the"})
"""Words that tell no product from another."""

DYNAMICS_PART = re.compile(r"^(?:DYN365|D365|SKU_Dynamics_365|Dynamics_365)", re.IGNORECASE)


def is_dynamics(display_name: str, part_number: str) -> bool:
    """Say whether a listed product belongs to Dynamics 365.

    It does if its name says Dynamics (Dynamics 365, and its forerunners Dynamics CRM and AX), or if
    its part number begins with the family's prefix (Relationship Sales, which doesn't name it).
    Suites that merely contain a Dynamics service plan don't belong to it.
    """
    return "dynamics" in display_name.casefold() or bool(DYNAMICS_PART.match(part_number))


@dataclass(frozen=True)
class Claimable:
    """A product of the claimable catalogue with all names it goes by."""

    key: int
    names: tuple[str, ...]
    is_dynamics: bool


def words(name: str) -> tuple[str, ...]:
    """Return what is left of ``name`` for comparing: small letters, no noise, no plural."""
    found = WORD.findall(name.casefold())
    return tuple(
        word[:-1] if len(word) > 3 and word.endswith("s") else word
        for word in found
        if word not in NOISE
    )


class Catalogue:
    """The claimable products, prepared for looking up many names."""

    def __init__(self, products: Iterable[Claimable]) -> None:
        names: dict[tuple[bool, tuple[str, ...]], set[int]] = {}
        for product in products:
            for name in product.names:
                if wanted := words(name):
                    names.setdefault((product.is_dynamics, wanted), set()).add(product.key)
        # The longest name first, so that Project Operations isn't taken for Operations.
        self._names = sorted(names.items(), key=lambda each: (-len(each[0][1]), each[0]))

    def find(self, display_name: str, *, dynamics: bool) -> int | None:
        """Return the key of the product that ``display_name`` is about, or ``None``.

        A name of the catalogue must occur in it word for word; each word counts for the longest
        name only. If what is left names a second product, this is a bundle, and if one name belongs
        to two products, nobody can tell: both give ``None``. Dynamics 365 products and others never
        go together.
        """
        left: list[str | None] = list(words(display_name))
        found: set[int] = set()
        for (of_dynamics, wanted), keys in self._names:
            if of_dynamics != dynamics:
                continue
            while (at := _position(left, wanted)) is not None:
                left[at : at + len(wanted)] = [None] * len(wanted)
                found |= keys
        return found.pop() if len(found) == 1 else None


def _position(left: Sequence[str | None], wanted: tuple[str, ...]) -> int | None:
    size = len(wanted)
    for at in range(len(left) - size + 1):
        if tuple(left[at : at + size]) == wanted:
            return at
    return None
