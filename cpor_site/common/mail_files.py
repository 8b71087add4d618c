"""Mails as files: an e-mail as text (eml) and Outlook's messages (msg), with nothing that runs.

What hangs at a mail can be anything, so names and beginnings of its attachments are looked at; the
mail is never in memory as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import collapse_rfc2231_value
from typing import IO

from . import compound_files, text_files
from .active_names import PROGRAM_BEGINNINGS, is_unwelcome
from .file_problems import IsActive, NotOfThisType, Unreadable

HEAD = 64 * 1024
LONGEST_LINE = 64 * 1024
MOST_PARTS = 2000
A_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:|[ \t]+\S")
A_FILE_IN_TEXT = re.compile(rb"begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,300})")
"""The line before a file that was put into the text by uuencode; some programs still unpack it."""
RUNS = re.compile(r"x-msdownload|x-dosexec|x-executable|x-ms-installer|java-archive|x-sh\b", re.I)
ATTACHMENT_NAMES = re.compile(r"__substg1\.0_37(?:04|07|03)00(1E|1F)")
ATTACHMENT_CONTENT = "__substg1.0_37010102"
LONGEST_NAME = 2048


def check_eml(file: IO[bytes]) -> None:
    """An e-mail as text: headers that only mail has, so that a web archive doesn't pass for one."""
    head = file.read(HEAD)
    if not re.match(rb"[!-9;-~]+[ \t]*:", head):
        raise NotOfThisType
    headers = BytesHeaderParser(policy=compat32).parsebytes(head)
    names = {name.lower() for name in headers.keys()}  # noqa: SIM118 # A header may come twice.
    if "from" not in names or not names & {"to", "cc", "bcc", "received", "message-id"}:
        raise NotOfThisType
    if "snapshot-content-location" in names:
        raise NotOfThisType
    file.seek(0)
    # Japanese mail switches its character sets with escape characters.
    text_files.ask_text(file, besides="\x1b")
    file.seek(0)
    for part in _parts(file):
        if RUNS.search(part.get_content_type()) or any(map(is_unwelcome, _names_of(part))):
            raise IsActive


def _parts(file: IO[bytes]) -> Iterator[Message]:
    """Yield the headers of the mail and of everything that hangs at it, also in mails within."""
    parser, lines, size, count = BytesHeaderParser(policy=compat32), list[bytes](), 0, 0
    within = True
    for line in _lines(file):
        if within and A_HEADER.match(line):
            lines.append(line)
            size += len(line)
            if size > 4 * HEAD:
                raise Unreadable
            continue
        if lines:
            count += 1
            if count > MOST_PARTS:
                raise Unreadable
            part = parser.parsebytes(b"".join(lines))
            yield part
            # A mail within a mail begins with headers again.
            within, lines, size = part.get_content_maintype() == "message", [], 0
        else:
            within = within and not line.strip()
        if line.startswith(b"--"):
            within = True
        elif found := A_FILE_IN_TEXT.match(line):
            named = Message()
            named.add_header(
                "Content-Disposition", "attachment", filename=found[1].decode("latin-1")
            )
            yield named
    if lines:
        yield parser.parsebytes(b"".join(lines))


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines; some programs take a carriage return by itself for the end of one."""
    while line := file.readline(LONGEST_LINE):
        yield from line.splitlines(keepends=True)


def _names_of(part: Message) -> Iterator[str]:
    """Yield every name that a part is given; of several, each program takes another one."""
    for header in ("content-disposition", "content-type"):
        for parameter, given in part.get_params([], header):
            if parameter.lower() in ("filename", "name"):
                yield _decoded(collapse_rfc2231_value(given))


def _decoded(name: str) -> str:
    """Return a name as mail programs show it, who also read what the standard doesn't allow."""
    try:
        return str(make_header(decode_header(name)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return name


def check_msg(file: IO[bytes]) -> None:
    """An Outlook message."""
    if file.read(8) != compound_files.SIGNATURE:
        raise NotOfThisType
    names = compound_files.names_or_unreadable(file)
    if "__properties_version1.0" not in names:
        raise NotOfThisType
    if "_VBA_PROJECT" in names:
        raise IsActive
    try:
        for entry in compound_files.streams(file):
            _ask_stream(entry)
    except compound_files.NotCompound as problem:
        raise Unreadable from problem


def _ask_stream(stream: compound_files.Stream) -> None:
    found = ATTACHMENT_NAMES.fullmatch(stream.name)
    if found:
        coded = stream.beginning(LONGEST_NAME)
        name = coded.decode("utf-16-le" if found[1] == "1F" else "latin-1", errors="replace")
        if is_unwelcome(name):
            raise IsActive
    elif stream.name == ATTACHMENT_CONTENT and stream.beginning(4).startswith(PROGRAM_BEGINNINGS):
        raise IsActive
