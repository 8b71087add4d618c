"""One request of somebody, and all that could give away what is there: what came, what it asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from django.db import connection
from django.test import Client
from django.test.client import ClientHandler, RequestFactory

from tests.claims.every_address import undone

WRITES = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
OF_A_SESSION = {"django_session", "usersessions_usersession"}
"""What any request may write to: when the reader was last here."""

_handler = ClientHandler(enforce_csrf_checks=False)
_factory = RequestFactory()


@dataclass
class Answer:
    """What came back, without what differs each time, and what the database was asked for it."""

    SHOWN: ClassVar = ("status", "target", "text", "size", "number of queries")

    address: str
    status: int
    location: str
    text: str
    size: int
    statements: list[str] = field(repr=False)

    @cached_property
    def asked(self) -> Counter[str]:
        """The statements by their text, without what only frames them."""
        return Counter(each for each in self.statements if "SAVEPOINT" not in each)

    @property
    def written(self) -> set[str]:
        """The tables that were written to, but for what every request may note."""
        return {each for text in self.asked for each in WRITES.findall(text)} - OF_A_SESSION

    @property
    def shows(self) -> tuple[int, str, str, int, int]:
        """Everything by which two answers can be told apart, as ``SHOWN`` names it."""
        target = self.location.replace(self.address, "")
        return (self.status, target, self.text, self.size, len(self.statements))


@contextmanager
def _noted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield statements


def ask(browser: Client, method: str, address: str, typed: str = "") -> Answer:
    """Ask as the browser would, and undo what that did; the browser keeps the cookies it had."""
    cookies = "; ".join(f"{name}={each.value}" for name, each in browser.cookies.items())
    request = _factory.generic(
        method,
        address,
        typed if method == "POST" else "",
        content_type="application/x-www-form-urlencoded",
        headers={"cookie": cookies},
    )
    with undone(), _noted() as statements:
        answer: Any = _handler(request.environ)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = content.decode("utf-8", "replace").replace(answer.headers["X-Request-ID"], "")
    return Answer(
        address,
        answer.status_code,
        answer.headers.get("Location", ""),
        re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text).replace(address, ""),
        len(content),
        statements,
    )
