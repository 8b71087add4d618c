"""What every page knows about its reader."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class ReaderZoneMiddleware:
    """Shows a signed-in person's pages in their own time zone, everybody else's in the operator's.

    A zone that nobody knows any more counts as the operator's.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(self._zone(request)):
            return self.get_response(request)

    @staticmethod
    def _zone(request: HttpRequest) -> ZoneInfo:
        return zone_named(request.user.time_zone if request.user.is_authenticated else "")


def zone_named(name: str) -> ZoneInfo:
    """Return the zone of that name; the operator's if there is none."""
    try:
        return ZoneInfo(name or settings.CPOR_OPERATOR_TIME_ZONE)
    except (LookupError, ValueError, OSError):
        return ZoneInfo(settings.CPOR_OPERATOR_TIME_ZONE)
