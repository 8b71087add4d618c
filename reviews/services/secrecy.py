"""What a text for several partners may not name: any of them (5.7)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence, Set

from claims.models import Claim, ClaimContact, ClaimLine, PoEDocument

# fmt: off
LEGAL_FORMS = frozenset((
    "ab", "ag", "aps", "as", "bv", "co", "corp", "eg", "ek", "ev", "gbr", "gmbh", "inc",
    "kg", "kgaa", "limited", "llc", "llp", "lp", "ltd", "mbh", "nv", "oy", "plc", "pty",
    "sa", "sarl", "sas", "se", "spa", "srl", "ug",
))
COMMON = frozenset((
    "acceptance", "acknowledgement", "acknowledgment", "adoption", "agreement", "anhang", "annex",
    "appendix", "april", "attachment", "attestation", "auftrag", "august", "avtal", "bericht",
    "bestellung", "certificate", "claim", "completed", "completion", "confirmation", "consent",
    "contract", "contrat", "copy", "customer", "date", "dated", "december", "deliverables",
    "delivery", "deployment", "document", "documentation", "documents", "dokument", "draft",
    "email", "engagement", "evidence", "execution", "facture", "february", "final", "form",
    "image", "invoice", "january", "july", "june", "letter", "mail", "march", "message",
    "microsoft", "migration", "nachweis", "newer", "november", "october", "offer", "office",
    "online", "order", "original", "overview", "page", "pages", "partner", "plan", "project",
    "proof", "proposal", "purchase", "rapport", "rechnung", "record", "report", "rollout", "scan",
    "scanned", "schedule", "screenshot", "september", "services", "signature", "signed",
    "statement", "subscription", "summary", "support", "szerződés", "template", "tenant",
    "training", "umowa", "unsigned", "updated", "usage", "version", "vertrag", "work", "workload",
    "workshop",
))
PLAIN = frozenset((
    "active", "advanced", "american", "applied", "best", "better", "blue", "bright", "business",
    "central", "city", "clear", "cloud", "common", "computer", "connected", "consulting", "control",
    "core", "creative", "data", "digital", "direct", "dynamic", "dynamics", "east", "enterprise",
    "european", "expert", "fast", "first", "focus", "forward", "free", "full", "fuller", "future",
    "general", "german", "global", "good", "great", "green", "group", "human", "information",
    "innovative", "integrated", "intelligent", "international", "leading", "local", "logic", "main",
    "managed", "mobile", "modern", "national", "network", "next", "north", "open", "operations",
    "people", "power", "premier", "prime", "professional", "pure", "quality", "rapid", "real",
    "reliable", "second", "secure", "security", "service", "simple", "smart", "software", "solid",
    "solution", "solutions", "south", "standard", "strategic", "system", "systems", "team",
    "technical", "technologies", "technology", "third", "total", "true", "united", "universal",
    "value", "vision", "west", "white", "your",
))
# fmt: on
SHORTEST = 3
"""Characters that a name has at least to be looked for."""
SHORTEST_STEM, SHORTEST_WORD = 6, 4
"""Characters that a document's name has at least without its ending, and a word that is its own."""


def named_in(text: str, readers: Sequence[Claim], left: Sequence[Claim] = ()) -> list[str]:
    """Return what the text says that one of these partners knows and another may not learn.

    Looks for the company's name, with and without its legal form, and for its first word where that
    is its own; its partner ID, its domain, the claim's number, the names and addresses of its
    people and the names of its documents, also without their ending where a word is its own:
    "statement of work" is said of anybody's. What all readers have in common gives nothing away,
    which is everything where one alone reads it.
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
    documents = list(
        PoEDocument.objects.filter(claim=claim).values_list("original_name", flat=True)
    )
    texts = [
        claim.number,
        organization.name,
        organization.global_partner_id,
        organization.mail_domain,
        *([location.partner_id, location.name] if location else []),
        *(fact for each in contacts.values_list("name", "email") for fact in each),
        *documents,
    ]
    facts = {_words(text): text for text in texts if text}
    familiar = _familiar(claim)
    for name in documents:
        stem = _words(name.rpartition(".")[0])
        if is_distinctive(stem, familiar):
            facts.setdefault(stem, name)
    name = _words(organization.name)
    bare = " ".join(word for word in name.split() if word not in LEGAL_FORMS)
    facts.setdefault(bare, organization.name)
    short = _words(organization.name.partition(" ")[0])
    if any(is_its_own(word, familiar | PLAIN) for word in short.split()):
        facts.setdefault(short, organization.name)
    return {fact: shown for fact, shown in facts.items() if len(fact) >= SHORTEST}


def _familiar(claim: Claim) -> set[str]:
    """Return the words that a case is about anyway: the customer's name and the products'."""
    products = ClaimLine.objects.filter(claim=claim).values_list("product__name", flat=True)
    texts = [claim.tenant.name if claim.tenant else "", *products]
    return {word for text in texts for word in _words(text).split()}


def is_distinctive(stem: str, familiar: set[str]) -> bool:
    """Whether a document's name without its ending says which one it is, and isn't a plain word.

    ``stem`` is in words, as the text is; ``familiar`` are words that give nothing away.
    """
    return len(stem) >= SHORTEST_STEM and any(is_its_own(word, familiar) for word in stem.split())


def is_its_own(word: str, familiar: Set[str]) -> bool:
    """Whether a word in small letters is neither plain, nor a number, nor ``familiar``."""
    return (
        len(word) >= SHORTEST_WORD
        and not word.isdigit()
        and word.rstrip("0123456789") not in COMMON
        and word not in familiar
    )


def _words(text: str) -> str:
    """Return the text's letters and digits in small letters, one blank between words."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"[^\W_]+", folded))
