"""The page for somebody who has to wait."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from . import clock
from .limits import TooMany

TOO_MANY = 429


def too_many(request: HttpRequest, refusal: TooMany) -> HttpResponse:
    """Say that something was tried too often, and when it can be tried again (LIM-01)."""
    why = refusal.problems[0].message
    response = render(request, "429.html", {"why": why}, status=TOO_MANY)
    wait = refusal.again_at - clock.now()
    response["Retry-After"] = str(max(1, int(wait.total_seconds())))
    return response
