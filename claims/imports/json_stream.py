"""Reads the entries of a JSON list one at a time, with the line each begins on.

The list is the file itself or the member ``value`` of its object, as Microsoft Graph answers. At no
time is more in memory than one entry and a piece of the text, however large the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

from django.utils.translation import gettext as _

from .report import Place, UnusableFile

PIECE = 64 * 1024
LONGEST_ENTRY = 1024 * 1024
LONGEST_NUMBER_TAIL = 4
LIST_MEMBER = "value"
SPACE = " \t\r\n"

_DECODER = json.JSONDecoder()


class JsonStream:
    """The entries of one file; ``members`` holds the other members of the enclosing object.

    ``members`` is complete only after ``entries`` has been read to its end. Raises ``UnusableFile``
    with the line where the text is no JSON, ends too early or holds no such list.
    """

    def __init__(self, file: TextIO, name: str = "") -> None:
        self.members: dict[str, Any] = {}
        self.line = 1
        self._file = file
        self._name = name
        self._text = ""
        self._at = 0
        self._ended = False

    def entries(self) -> Iterator[tuple[int, Any]]:
        """Yield the line and the value of every entry."""
        start = self._next()
        if start == "[":
            yield from self._list()
        elif start == "{":
            yield from self._object()
        elif not start:
            raise self._unusable(_("The file is empty."))
        else:
            raise self._unusable(_("This is no JSON."))
        if self._next():
            raise self._unusable(_("Here the JSON should end, but something follows."))

    def _object(self) -> Iterator[tuple[int, Any]]:
        found = False
        self._step()
        if self._next() == "}":
            self._step()
        else:
            while True:
                if self._next() != '"':
                    raise self._unexpected('"')
                key = self._value()
                if self._next() != ":":
                    raise self._unexpected(":")
                self._step()
                if key == LIST_MEMBER and self._next() == "[" and not found:
                    found = True
                    yield from self._list()
                else:
                    self._next()
                    self.members[key] = self._value()
                mark = self._next()
                if mark not in (",", "}"):
                    raise self._unexpected("}")
                self._step()
                if mark == "}":
                    break
        if not found:
            raise self._unusable(self._no_list(), line=1)

    def _list(self) -> Iterator[tuple[int, Any]]:
        self._step()
        if self._next() == "]":
            self._step()
            return
        while True:
            self._next()
            line = self.line
            yield line, self._value()
            mark = self._next()
            if mark not in (",", "]"):
                raise self._unexpected("]")
            self._step()
            if mark == "]":
                return

    def _value(self) -> Any:
        """Decode the value that begins here and move behind it."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if len(self._text) - self._at > LONGEST_ENTRY or not self._more():
                    raise self._malformed(error) from error
                continue
            # A number could go on in the next piece: "1" with "e+5".
            if len(self._text) - end < LONGEST_NUMBER_TAIL and self._more():
                continue
            self._move(end)
            return value

    def _next(self) -> str:
        """Skip white space and return the next character, or nothing at the end."""
        while True:
            at = self._at
            while at < len(self._text) and self._text[at] in SPACE:
                at += 1
            self._move(at)
            if at < len(self._text):
                return self._text[at]
            if not self._more():
                return ""

    def _step(self) -> None:
        self._at += 1

    def _move(self, to: int) -> None:
        self.line += self._text.count("\n", self._at, to)
        self._at = to

    def _more(self) -> bool:
        if self._ended:
            return False
        try:
            piece = self._file.read(PIECE)
        except UnicodeDecodeError as error:
            raise UnusableFile(
                _("%(name)s is not written in UTF-8 from here on.") % {"name": self._name},
                self._place(self.line + self._text.count("\n", self._at)),
            ) from error
        if not piece:
            self._ended = True
            return False
        self._text = self._text[self._at :] + piece
        self._at = 0
        return True

    def _malformed(self, error: ValueError | RecursionError) -> UnusableFile:
        if isinstance(error, RecursionError):
            return self._unusable(_("This is nested too deeply."))
        if not isinstance(error, json.JSONDecodeError):
            return self._unusable(_("A number here has too many digits."))
        if self._ended and (
            error.pos >= len(self._text.rstrip()) or error.msg.startswith("Unterminated string")
        ):
            return self._unusable(_("The file ends in the middle of what begins here."))
        line = self.line + self._text.count("\n", self._at, error.pos)
        return self._unusable(_("This is no JSON."), line=line)

    def _unexpected(self, expected: str) -> UnusableFile:
        if not self._next():
            return self._unusable(_("The file ends too early: its JSON isn't closed."))
        return self._unusable(_("This is no JSON: %(mark)s is expected here.") % {"mark": expected})

    def _no_list(self) -> str:
        refused = self.members.get("error")
        if isinstance(refused, dict):
            told = str(refused.get("message") or refused.get("code") or "")[:200]
            return _("This is an error message and no list of subscriptions: %(told)s") % {
                "told": told
            }
        return _('This is neither a list nor an object whose member "value" is a list.')

    def _unusable(self, reason: str, line: int = 0) -> UnusableFile:
        return UnusableFile(reason, self._place(line or self.line))

    def _place(self, line: int) -> Place:
        return Place(line, self._name)
