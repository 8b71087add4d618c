"""The secret in a customer's link (section 7.6).

The token is derived from a stored random nonce and the installation's secret key, so that a letter
can be sent again with the same link although the token itself is stored nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import secrets

from django.utils.crypto import salted_hmac

SALT = "consent.link"


def fresh_nonce() -> str:
    """Return 256 random bits, hexadecimal."""
    return secrets.token_hex(32)


def token_for(nonce: str) -> str:
    """Return the token of a nonce: 43 URL-safe characters that carry 256 bits."""
    digest = salted_hmac(SALT, nonce, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def hash_of(token: str) -> str:
    """Return what is stored to recognise a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
