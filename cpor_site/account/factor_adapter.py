"""How the library's second factors fit into the desk; their secrets are stored encrypted."""

from __future__ import annotations

import base64
import logging
import secrets
from functools import lru_cache
from hashlib import sha256
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _

from . import second_factor

logger = logging.getLogger(__name__)

PURPOSE = b"cpor_site.account.second_factors"


class DeskFactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _(
            "This code isn't right, or has been used already. Wait for the next one and type that, "
            "or use a recovery code."
        ),
        "cannot_delete_authenticator": _(
            "Whoever works here needs a second factor. Add another one before you remove this one."
        ),
    }

    def get_totp_issuer(self) -> str:
        return translated("CPOR claims desk")

    def get_totp_label(self, user: Any) -> str:
        return str(user.email)

    def _get_site_name(self) -> str:
        return translated("CPOR claims desk")

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return translated("Passkey %(number)d") % {"number": count + 1}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return second_factor.may_remove(authenticator)

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret; a random one, which no code fits, if no key of this desk opens it."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            logger.error("A second factor was sealed with a key that this desk no longer has.")
            return base64.b32encode(secrets.token_bytes(20)).decode()


def seal_anew(authenticator: Authenticator) -> None:
    """Seal a factor's secret with the present key if it still bears that of a former one."""
    name = "seed" if authenticator.type == Authenticator.Type.RECOVERY_CODES else "secret"
    sealed = authenticator.data.get(name, "").encode()
    if not sealed or not settings.SECRET_KEY_FALLBACKS:
        return
    try:
        Fernet(_key(settings.SECRET_KEY)).decrypt(sealed)
    except InvalidToken:
        authenticator.data[name] = _cipher().rotate(sealed).decode()
        authenticator.save(update_fields=["data"])


def _cipher() -> MultiFernet:
    return _cipher_of((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _cipher_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_key(each)) for each in keys])


def _key(secret_key: str) -> bytes:
    return base64.urlsafe_b64encode(sha256(PURPOSE + b"\0" + secret_key.encode()).digest())
