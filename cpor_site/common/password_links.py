"""Links with which somebody chooses a password without having one.

A link's token is made of the account's present password, last sign-in and address and is stored
nowhere: it works once, because choosing a password ends it, as does signing in. Letters get their
link at the moment of sending (``outbox.MARKER``), so its time begins when it leaves.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.http import base36_to_int, int_to_base36

from . import clock
from .models import User

PAGE = "account_reset_password_from_key"
"""The name of the page's address, with which the library that signs people in knows it."""


class PasswordLink(PasswordResetTokenGenerator):
    """Makes and checks the tokens of one purpose, each good for ``lifetime``."""

    def __init__(self, purpose: str, lifetime: timedelta) -> None:
        super().__init__()
        self.key_salt = f"cpor_site.password_link.{purpose}"
        self.lifetime = lifetime

    def check_token(self, user: Any, token: str | None) -> bool:
        """Whether the token is this user's, unused and young enough."""
        if not super().check_token(user, token):
            return False
        made = base36_to_int(str(token).partition("-")[0])
        return self._num_seconds(self._now()) - made <= self.lifetime.total_seconds()

    def link(self, user: User) -> str:
        """Return a fresh link for the user."""
        key = self.make_token(user)
        path = reverse(PAGE, kwargs={"uidb36": int_to_base36(user.pk), "key": key})
        return f"{settings.CPOR_PUBLIC_URL}{path}"

    def _now(self) -> datetime:
        return clock.now().replace(tzinfo=None)


RESET = PasswordLink("reset", timedelta(hours=2))
INVITATION = PasswordLink("invitation", timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT))


def is_good(user: User, token: str) -> bool:
    """Whether somebody with this token may choose the user's password."""
    return any(each.check_token(user, token) for each in (RESET, INVITATION))
