"""Reading tenant IDs, subscription IDs and domains as people type and paste them."""

from __future__ import annotations

import re
from uuid import UUID

import idna

INITIAL_SUFFIX = ".onmicrosoft.com"

_GUID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_AFTER_HOST = re.compile(r"[/?#]")
_PORT = re.compile(r":[0-9]{1,5}\Z")
_LONGEST_DOMAIN = 253
# What word processors make of a hyphen, and invisible characters that come along when copying.
_COPYING = str.maketrans(dict.fromkeys("‐‑‒–—−", "-") | dict.fromkeys("\u200b\u2060\ufeff"))

PUBLIC_MAIL_DOMAINS = frozenset(
    {
        *("126.com", "163.com", "aol.com", "citromail.hu", "fastmail.com", "freemail.hu"),
        *("gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com"),
        *("icloud.com", "libero.it", "live.com", "mail.com", "mail.ru", "me.com", "msn.com"),
        *("o2.pl", "onet.pl", "orange.fr", "outlook.com", "pm.me", "proton.me"),
        *("protonmail.com", "qq.com", "t-online.de", "wanadoo.fr", "web.de", "wp.pl"),
        *("yahoo.co.uk", "yahoo.com", "yahoo.de", "yahoo.fr", "yandex.com", "yandex.ru"),
        *("ymail.com", "zoho.com"),
    }
)


def parse_guid(text: str) -> UUID | None:
    """Read a GUID; None if it is none.

    Spaces, braces, quotation marks, ``urn:uuid:``, upper case and missing hyphens are forgiven.
    A GUID of zeros is read, too: what it means is a rule's matter (TEN-03).
    """
    compact = "".join(text.translate(_COPYING).split()).lower().strip("\"'")
    compact = compact.removeprefix("urn:uuid:").strip("{}()")
    return UUID(compact) if _GUID.fullmatch(compact) else None


def normalise_domain(text: str) -> str | None:
    """Read a domain in lower case and IDNA form (``xn--``); None if it is none.

    Scheme, port and path of an address, a leading ``@`` and a trailing dot are forgiven. A name
    without a dot is the prefix of an initial domain: ``contoso`` is ``contoso.onmicrosoft.com``
    (Q2).
    """
    host = _SCHEME.sub("", text.translate(_COPYING).strip(), count=1)
    host = _PORT.sub("", _AFTER_HOST.split(host, maxsplit=1)[0]).strip().removeprefix("@")
    if not host or len(host) > _LONGEST_DOMAIN:
        return None
    try:
        domain = idna.encode(host, uts46=True, std3_rules=True).decode("ascii").lower()
    except idna.IDNAError:
        return None
    domain = domain.removesuffix(".")
    if "." not in domain:
        domain += INITIAL_SUFFIX
    if len(domain) > _LONGEST_DOMAIN or domain.rpartition(".")[2].isdigit():
        return None
    return domain


def without_www(domain: str) -> str:
    """Return a normalised domain without the ``www.`` of a pasted address, if a domain remains."""
    bare = domain.removeprefix("www.")
    return bare if "." in bare else domain


def mail_domain(address: str) -> str:
    """Return the domain of an e-mail address, normalised; empty if there is none."""
    domain = address.rpartition("@")[2] if "@" in address else ""
    return (normalise_domain(domain) or "") if "." in domain else ""


def mailbox(address: str) -> str:
    """Return the address as a means of comparison: small letters, without a ``+tag``."""
    local, _at, domain = address.strip().casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def is_within(domain: str, others: frozenset[str]) -> bool:
    """Whether the domain is one of the others or a subdomain of one."""
    labels = domain.split(".")
    return any(".".join(labels[start:]) in others for start in range(len(labels)))
