"""Keeping secret links out of the logs (section 7.6).

Whoever reads a log must not be able to answer for a customer, to choose somebody's password or to
read their deadlines, and a link stays usable for days or, a calendar's, for years.
"""

from __future__ import annotations

import logging
import re

from . import request_numbers

TOKEN = re.compile(
    r"(/consent/overview/|/consent/(?!(?:about|privacy|new-link|overview)/)"
    r"|/account/password/new/|(?<!/claims)/calendar/)[^/\s?#\"'<>]+"
)


LINE_ENDS = {ord(each): f"\\x{ord(each):02x}" for each in map(chr, (*range(32), *range(127, 160)))}
LINE_ENDS |= {0x2028: "\\u2028", 0x2029: "\\u2029"}
"""What would begin a new line, or move the reader's cursor, and how it is shown instead."""


def without_links(text: str) -> str:
    """Return the text with dots in place of the token of every secret link."""
    return TOKEN.sub(r"\1...", text)


class SenderAtFault(logging.Filter):
    """Makes a warning of one line of what a request alone brought about, and no error."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


class LinklessFormatter(logging.Formatter):
    """Formats a record as ever, traceback included, and takes the tokens out of the result.

    A message is one line: what somebody sends can't look like a line of its own.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:
        return super().formatMessage(record).translate(LINE_ENDS)

    def format(self, record: logging.LogRecord) -> str:
        text = without_links(super().format(record))
        number = request_numbers.present() or request_numbers.of_record(record)
        return f"{text} [{number}]" if number else text
