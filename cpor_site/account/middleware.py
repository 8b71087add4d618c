"""What each session is asked: how old it is, whether it has shown a second factor, its last use."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from cpor_site.common import clock

from . import second_factor

EVERY = timedelta(minutes=10)
BEGAN_AT = "began_at"
USED_AT = "used_at"
WRITTEN_EVERY = 60
"""Seconds after which a session's last use is written again, so that reading stays reading."""

AFTERWARDS = "after_second_factor"
OPEN = frozenset(
    {
        "choose_language",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_index",
        "mfa_view_recovery_codes",
        "sign_out",
    }
)
"""The only pages for somebody who needs a second factor and has none yet."""


def note_beginning(request: HttpRequest) -> None:
    """Write into a session when it began; by the machine's clock, which no demo moves."""
    now = int(time.time())
    request.session[BEGAN_AT] = now
    request.session[USED_AT] = now


class SessionLimitsMiddleware:
    """Ends sessions that are too old or weren't used for too long, sooner for staff."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            if sentence := self._why_over(request, now):
                logout(request)
                messages.info(request, sentence)
            elif now - request.session[USED_AT] >= WRITTEN_EVERY:
                request.session[USED_AT] = now
        return self.get_response(request)

    @staticmethod
    def _why_over(request: HttpRequest, now: int) -> str:
        """Return the sentence for a session that is over; empty for one that goes on."""
        session = request.session
        works_here = request.user.is_staff or request.user.is_superuser
        idle = (
            settings.CPOR_STAFF_IDLE_MINUTES if works_here else settings.CPOR_SESSION_IDLE_MINUTES
        )
        if now - session.get(BEGAN_AT, 0) >= settings.CPOR_SESSION_HOURS * 3600:
            return _("Your session was at its end. Sign in again to go on.")
        if now - session.get(USED_AT, 0) >= idle * 60:
            return _("You were away for a while, so you have been signed out. Sign in to go on.")
        return ""


class SecondFactorMiddleware:
    """Leads staff who haven't shown a second factor to where they set one up, from every page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not second_factor.is_missing(request):
            return None
        if second_factor.factors_of(request.user):  # type: ignore[arg-type] # Signed in.
            # They were added elsewhere, so this session must not be able to touch them.
            logout(request)
            messages.info(request, _("Sign in again, now with your second factor."))
            return redirect("sign_in")
        match = request.resolver_match
        if match is not None and match.view_name in OPEN:
            return None
        if request.method == "GET":
            request.session[AFTERWARDS] = request.get_full_path()
        return redirect("mfa_index")


class LastSeenMiddleware:
    """Writes at most every ten minutes, so that reading pages stays reading."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # A page that asked nothing about its reader isn't made to.
        key = request.session.session_key if request.session.accessed else None
        if key and request.user.is_authenticated and self._is_due(key):
            UserSession.objects.filter(session_key=key).update(
                last_seen_at=clock.now(), ip=get_adapter().get_client_ip(request)
            )
        return response

    @staticmethod
    def _is_due(key: str) -> bool:
        digest = sha256(key.encode()).hexdigest()
        return cache.add(f"seen:{digest}", 1, timeout=EVERY.total_seconds())
