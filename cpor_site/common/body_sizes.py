"""Turning away bodies that are larger than anything a page asks for, before they are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .uploads import MEGABYTE

SLACK = 10 * MEGABYTE
"""What a form has besides its files, and what the coding of its parts adds."""
OF_A_STRANGER = 3 * MEGABYTE
"""Nobody uploads files before signing in."""


def most_bytes(request: HttpRequest) -> int:
    """Return how long the body of a request by this person may be."""
    if not request.user.is_authenticated:
        return OF_A_STRANGER
    files: int = max(settings.CPOR_POE_MAX_FILE_MB, settings.CPOR_POE_MAX_TOTAL_MB)
    return files * MEGABYTE + SLACK


class BodySizeMiddleware:
    """Answers 413 to a body that is too long; stands before what reads it (CSRF)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        most = most_bytes(request) if length > OF_A_STRANGER else OF_A_STRANGER
        if length <= most:
            return None
        return render(request, "413.html", {"most": most // MEGABYTE}, status=413)
