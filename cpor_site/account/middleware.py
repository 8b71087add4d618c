"""Notes when and from where each session was last used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from cpor_site.common import clock

EVERY = timedelta(minutes=10)


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
