"""Keeping out of the desk what no browser sends and no database takes."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

TAKEN = frozenset({"utf-8", "ascii"})
"""Encodings of requests. In others a text may hold halves of characters, which nothing can store or
show."""


class PlainRequestMiddleware:
    """Answers 400 to a request in another encoding, and forgets cookies that hold a NUL."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        encoding = request.encoding
        if encoding is not None and codecs.lookup(encoding).name not in TAKEN:
            raise BadRequest("Requests are read in UTF-8 only.")
        for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
            del request.COOKIES[name]
        return self.get_response(request)
