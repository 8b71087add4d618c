"""Names and addresses give way to pseudonyms, in evidence too, and the chain stays whole.

A claim's personal columns are sealed under a salt of the claim. It is deleted here, so that what
the chain still holds of them says nothing to anybody; in its place every row gets the digest of
what stands there now.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..models import EvidenceSalt, Pseudonymisation, PseudonymisedRow, User
from . import sealing, triggers
from .facts import columns_of, digest_of
from .kept import Kept, Personal, Told, kept_tables, told_tables

REMOVED = "[removed]"
PSEUDONYM = re.compile(r"Person [0-9A-F]{8}")
DOMAIN = "pseudonym.invalid"
SHORTEST = 3
"""Shorter names are replaced where they fill a column, not where they stand in a text."""


@dataclass
class People:
    """The people of one claim and their pseudonyms, drawn at random and kept nowhere."""

    emails: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    rest: set[str] = field(default_factory=set)

    def learn(self, row: dict[str, Any], personal: dict[str, Personal]) -> None:
        """Learn who a row is about: an address and a name in one row are one person."""
        by_kind: dict[Personal, list[str]] = {}
        for name, kind in personal.items():
            value = row[name]
            if isinstance(value, str) and value.strip():
                by_kind.setdefault(kind, []).append(value)
        token = ""
        for email in by_kind.get(Personal.EMAIL, []):
            if not email.endswith(f"@{DOMAIN}"):
                token = self.emails.setdefault(email.lower(), _token())
        for name in by_kind.get(Personal.NAME, []):
            if not PSEUDONYM.fullmatch(name):
                self.names.setdefault(name.casefold(), token or _token())
        emptied = by_kind.get(Personal.EMPTIED, [])
        self.rest.update(each for each in emptied if len(each) >= SHORTEST)

    def replaced(self, value: Any, kind: Personal, *, words: bool) -> Any:
        """Return what takes the place of a column's value."""
        if not value:
            return value
        if kind == Personal.EMAIL:
            return self.address_for(value)
        if kind == Personal.NAME:
            token = self.names.get(value.casefold())
            return f"Person {token}" if token else value
        if kind == Personal.EMPTIED:
            return ""
        if kind == Personal.WORDS:
            return REMOVED if words else value
        return self.inside(value)

    def address_for(self, email: str) -> str:
        """Return the address that takes an address's place; a pseudonym stays as it is."""
        if email.endswith(f"@{DOMAIN}"):
            return email
        return f"person-{self.emails.setdefault(email.lower(), _token()).lower()}@{DOMAIN}"

    def inside(self, value: Any) -> Any:
        """Return the JSON value or text with everybody known replaced."""
        if isinstance(value, dict):
            return {self.inside(key): self.inside(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.inside(each) for each in value]
        if not isinstance(value, str):
            return value
        if value in self.rest:
            return ""
        if value.casefold() in self.names:
            return f"Person {self.names[value.casefold()]}"
        if self._pattern is None:
            return value
        return self._pattern.sub(self._stand_in, value)

    @property
    def _pattern(self) -> re.Pattern[str] | None:
        known = [each for each in (*self.emails, *self.names) if len(each) >= SHORTEST]
        if not known:
            return None
        longest_first = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
        return re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)", re.IGNORECASE)

    def _stand_in(self, match: re.Match[str]) -> str:
        found = match.group()
        token = self.emails.get(found.lower())
        if token:
            return f"person-{token.lower()}@{DOMAIN}"
        return f"Person {self.names.get(found.casefold(), '')}".strip()


def may_stand(value: Any, kind: Personal | None) -> bool:
    """Whether a column of a pseudonymised row may hold this: no name or address of a person."""
    if kind == Personal.NAME:
        return not value.strip() or PSEUDONYM.fullmatch(value) is not None
    if kind == Personal.EMAIL:
        return not value.strip() or value.endswith(f"@{DOMAIN}")
    return kind != Personal.EMPTIED or not value


def _token() -> str:
    return secrets.token_hex(4).upper()


def pseudonymise_rows(
    *,
    claim_key: int,
    claim_number: str,
    by: User | None,
    at: datetime,
    on_request: bool,
    reason: str,
    words: bool,
) -> tuple[Pseudonymisation, People]:
    """Replace the people on a claim in every table that tells of them; return the act.

    ``words`` also removes what was written freely. Runs in the caller's transaction, which holds
    the claim's lock; no run of ``seal_evidence`` comes in between.
    """
    sealing.locked_head()
    people = People()
    tables: list[Kept | Told] = [each for each in kept_tables() if each.personal]
    tables += told_tables()
    for table in tables:
        for row in _rows(table, claim_key):
            people.learn(row, dict(table.personal))
    act = Pseudonymisation.objects.create(
        claim_key=claim_key,
        claim_number=claim_number,
        at=at,
        by=by,
        on_request=on_request,
        reason=reason,
    )
    with triggers.pseudonymising():
        for table in tables:
            _replace(table, claim_key, people, act, words=words)
    EvidenceSalt.objects.filter(claim_key=claim_key).delete()
    return act, people


def _replace(
    table: Kept | Told, claim_key: int, people: People, act: Pseudonymisation, *, words: bool
) -> None:
    columns = sorted(table.personal)
    digests = []
    for row in list(_rows(table, claim_key)):
        changed = {
            name: new
            for name, kind in table.personal.items()
            if (new := people.replaced(row[name], kind, words=words)) != row[name]
        }
        if changed:
            table.model._default_manager.filter(pk=row["pk"]).update(**changed)
        if isinstance(table, Kept) and table.sealed:
            now = columns_of([(row | changed)[name] for name in columns])
            digest = digest_of(table.table, row["pk"], now).hex()
            digests.append(
                PseudonymisedRow(act=act, table=table.table, key=row["pk"], digest=digest)
            )
    PseudonymisedRow.objects.bulk_create(digests, batch_size=500)


def _rows(table: Kept | Told, claim_key: int) -> Iterator[dict[str, Any]]:
    found: Iterable[dict[str, Any]] = (
        table.model._default_manager.filter(**{table.claim: claim_key})
        .order_by("pk")
        .values("pk", *table.personal)
    )
    yield from found
