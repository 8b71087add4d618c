"""The secret in a customer's link (section 7.6).

The token is derived from a stored random nonce and the installation's secret key, so that a letter
can be sent again with the same link although the token itself is stored nowhere. A link that was
made under a key which has been replaced since stays the same as long as that key is a fallback.
"""

from __future__ import annotations

import base64
import hashlib
import secrets

from django.conf import settings
from django.utils.crypto import salted_hmac

SALT = "consent.link"


def fresh_nonce() -> str:
    """Return 256 random bits, hexadecimal."""
    return secrets.token_hex(32)


def token_for(nonce: str) -> str:
    """Return the token of a fresh nonce: 43 URL-safe characters that carry 256 bits."""
    return _token(nonce, settings.SECRET_KEY)


def known_token(nonce: str, token_hash: str) -> str:
    """Return the token that was made of the nonce and has this hash.

    Raises ``LookupError`` if neither the secret key nor a fallback has made it: no letter may leave
    with a link that opens nothing, because silence counts as consent.
    """
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = _token(nonce, key)
        if hash_of(token) == token_hash:
            return token
    raise LookupError("The secret key that made this link is not among CPOR_SECRET_KEY_FALLBACKS.")


def hash_of(token: str) -> str:
    """Return what is stored to recognise a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _token(nonce: str, key: str) -> str:
    digest = salted_hmac(SALT, nonce, secret=key, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
