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


def without_links(text: str) -> str:
    """Return the text with dots in place of the token of every secret link."""
    return TOKEN.sub(r"\1...", text)


class LinklessFormatter(logging.Formatter):
    """Formats a record as ever, traceback included, and takes the tokens out of the result."""

    def format(self, record: logging.LogRecord) -> str:
        text = without_links(super().format(record))
        number = request_numbers.present() or request_numbers.of_record(record)
        return f"{text} [{number}]" if number else text
