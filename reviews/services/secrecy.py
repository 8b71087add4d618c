"""What a text for several partners may not name: any of them (5.7)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from claims.models import Claim, ClaimContact, PoEDocument

# fmt: off
LEGAL_FORMS = frozenset((
    "ab", "ag", "aps", "as", "bv", "co", "corp", "eg", "ek", "ev", "gbr", "gmbh", "inc",
    "kg", "kgaa", "limited", "llc", "llp", "lp", "ltd", "mbh", "nv", "oy", "plc", "pty",
    "sa", "sarl", "sas", "se", "spa", "srl", "ug",
))
# fmt: on
SHORTEST = 3
"""Characters that a name has at least to be looked for."""


def named_in(text: str, readers: Sequence[Claim], left: Sequence[Claim] = ()) -> list[str]:
    """Return what the text says that one of these partners knows and another may not learn.

    Looks for the company's name, with and without its legal form, its partner ID, its domain, the
    claim's number, the names and addresses of its people and the names of its documents. What all
    readers have in common gives nothing away, which is everything where one alone reads it.
    ``left`` are claims whose partners don't read the text, and whom it may not name either.
    """
    spoken = f" {_words(text)} "
    known: dict[int, dict[str, str]] = {}
    for claim in readers:
        known.setdefault(claim.organization_id, {}).update(_facts(claim))
    common = set.intersection(*map(set, known.values())) if known else set()
    for claim in left:
        known.setdefault(claim.organization_id, {}).update(_facts(claim))
    found = {
        fact: shown
        for facts in known.values()
        for fact, shown in facts.items()
        if fact not in common and f" {fact} " in spoken
    }
    return sorted(found.values())


def quoted(named: Sequence[str]) -> str:
    """Return the findings as a sentence lists them."""
    return ", ".join(f"“{each}”" for each in named)


def _facts(claim: Claim) -> dict[str, str]:
    """Return how each fact reads among words, with how the partner writes it."""
    organization, location = claim.organization, claim.location
    contacts = ClaimContact.objects.filter(claim=claim, kind=ClaimContact.Kind.PARTNER)
    texts = [
        claim.number,
        organization.name,
        organization.global_partner_id,
        organization.mail_domain,
        *([location.partner_id, location.name] if location else []),
        *(fact for each in contacts.values_list("name", "email") for fact in each),
        *PoEDocument.objects.filter(claim=claim).values_list("original_name", flat=True),
    ]
    facts = {_words(text): text for text in texts if text}
    name = _words(organization.name)
    bare = " ".join(word for word in name.split() if word not in LEGAL_FORMS)
    facts.setdefault(bare, organization.name)
    return {fact: shown for fact, shown in facts.items() if len(fact) >= SHORTEST}


def _words(text: str) -> str:
    """Return the text's letters and digits in small letters, one blank between words."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"[^\W_]+", folded))
