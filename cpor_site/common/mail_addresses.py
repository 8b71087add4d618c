"""When two mail addresses are the same: letters a to z in either case, and nothing else.

Databases and Python also take ``ı`` for ``I`` and the Kelvin sign for ``K`` where case doesn't
count. To a mail server those are other domains and mailboxes, which somebody else may own.
"""

from __future__ import annotations

import string

from django.db.models import Q

_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_ASCII = r"^[ -~]+$"


def folded(address: str) -> str:
    """Return what is equal for two ways to write one address."""
    return address.strip().translate(_SMALL)


def is_address(field: str, address: str) -> Q:
    """Return the condition that the column ``field`` holds the address."""
    wanted = address.strip()
    if wanted.isascii():
        return Q(**{f"{field}__iexact": wanted, f"{field}__regex": _ASCII})
    return Q(**{f"{field}__in": {wanted, folded(wanted)}})
