"""What the tests about second factors share: an authenticator app, and signing in with it."""

from __future__ import annotations

import re
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client
from django.urls import reverse

from cpor_site.common.models import User
from tests.claims.pages import html_of
from tests.site.account_pages import sign_in

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LIST = "/account/sign-in/"


def code(secret: str = SECRET, *, halves: int = 0) -> str:
    """Return what an app shows now, or so many half minutes later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + halves)))


def give_app(user: User) -> Authenticator:
    """Set up an app for somebody, with recovery codes."""
    RecoveryCodes.activate(user)
    return TOTP.activate(user, SECRET).instance


def recovery_codes(user: User) -> list[str]:
    found = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return list(found.wrap().get_unused_codes())


def enter_with_app(user: User, **browser: Any) -> Client:
    """Return a client in which somebody has shown password and code."""
    client = Client(**browser)
    sign_in(client, user.email)
    client.post(reverse("mfa_authenticate"), {"code": code()})
    return client


def set_up_app(client: Client) -> str:
    """Set an app up on its page; return the key that the page showed."""
    shown = html_of(client.get(reverse("mfa_activate_totp")))
    found = re.search(r'id="key">([A-Z2-7 ]+)<', shown)
    assert found, shown
    secret = found[1].replace(" ", "")
    client.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    return secret
