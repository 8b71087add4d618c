"""A number for each request: on error pages, in the answer, in the logs and in the claim's record.

Whoever meets an error tells support the number, and nothing else has to be shown to them.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
_present: ContextVar[str] = ContextVar("request_number", default="")


def present() -> str:
    """Return the number of the request that is being answered; empty outside of one."""
    return _present.get()


def of_record(record: logging.LogRecord) -> str:
    """Return the number of the request that a line of a log is about, after it was answered."""
    return str(getattr(getattr(record, "request", None), "desk_number", ""))


class RequestNumberMiddleware:
    """Gives each request a number of its own; what a caller calls it counts for nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = secrets.token_hex(8)
        token = _present.set(number)
        request.desk_number = number  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            _present.reset(token)
        response[HEADER] = number
        return response
