"""Codes of fields in Word files and rich text: which start programs or fetch from elsewhere."""

from __future__ import annotations

import re

_STARTS_PROGRAM = re.compile(r"\W*DDE(?:AUTO)?\b", re.IGNORECASE)
_FETCHES = re.compile(r"\W*(?:INCLUDE|INCLUDEPICTURE|INCLUDETEXT|IMPORT|LINK|RD)\b", re.IGNORECASE)
_FROM_ELSEWHERE = re.compile(
    r"(?:https?|ftp|ldap|mhtml|ms-[a-z-]+):|(?<![\w:/\\])(?:file:)?[/\\]{2,8}(?![/\\]*[a-z]:)\w",
    re.IGNORECASE,
)
"""Of the web or of another machine; a drive of the writer's own and parts of a mail aren't."""

RICH_TEXT = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\u(-?\d{1,5}) ?|\\([\\{}])|\\\*|\\[a-z]{1,32}-?\d{0,10} ?|[{}\r\n]"
)


def asks_for_more(code: str) -> bool:
    """Whether the field's code starts a program, or fetches something from elsewhere."""
    if _STARTS_PROGRAM.match(code):
        return True
    return bool(_FETCHES.match(code) and _FROM_ELSEWHERE.search(code))


def of_rich_text(beginning: bytes) -> str:
    """Return a field's code as rich text spells it, without groups and commands."""
    return RICH_TEXT.sub(_spoken, beginning).decode("latin-1")


def _spoken(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return bytes([int(found[1], 16)])
    if found[2]:
        return chr(int(found[2]) % 0x10000).encode("latin-1", "replace")
    return found[3] or b""
