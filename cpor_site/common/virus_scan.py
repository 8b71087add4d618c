"""Asking ClamAV's daemon about a file, over its own protocol (``INSTREAM``).

``settings.CPOR_CLAMAV`` names the daemon: ``unix:///run/clamav/clamd.ctl`` or ``tcp://host:3310``;
empty where there is none. The file goes there in pieces and is never in memory as a whole.
"""

from __future__ import annotations

import socket
import struct
from contextlib import closing, suppress
from typing import IO
from urllib.parse import urlsplit

from django.conf import settings

CHUNK = 64 * 1024
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 90.0
"""How long the daemon may take for any one step; files of the largest size take about a second."""
LONGEST_ANSWER = 4096
PORT = 3310


class ScannerAway(Exception):
    """Nobody answers, or nobody does in time: to be asked again later."""


class NotScanned(Exception):
    """The daemon was there and could not check this file, for example because it is too large."""


def is_set() -> bool:
    """Whether files are checked for viruses at this desk."""
    return bool(settings.CPOR_CLAMAV)


def finding_in(file: IO[bytes]) -> str:
    """Return the name of what was found in the file, or an empty text for a clean one.

    Raises ``ScannerAway`` or ``NotScanned``, whose text says why.
    """
    try:
        with closing(_connected()) as link:
            answer = _asked(link, file)
    except OSError as problem:
        raise ScannerAway(str(problem) or type(problem).__name__) from problem
    verdict = answer.partition(": ")[2] or answer
    if verdict == "OK":
        return ""
    if verdict.endswith(" FOUND"):
        return verdict.removesuffix(" FOUND") or "unnamed"
    if not verdict:
        raise ScannerAway("The daemon hung up without an answer.")
    raise NotScanned(verdict)


def _connected() -> socket.socket:
    address = urlsplit(settings.CPOR_CLAMAV)
    if address.scheme == "unix":
        link = socket.socket(socket.AF_UNIX)
        try:
            link.settimeout(CONNECT_SECONDS)
            link.connect(address.path)
        except BaseException:
            link.close()
            raise
    else:
        where = (address.hostname or "", address.port or PORT)
        link = socket.create_connection(where, timeout=CONNECT_SECONDS)
    link.settimeout(ANSWER_SECONDS)
    return link


def _asked(link: socket.socket, file: IO[bytes]) -> str:
    # A daemon that has seen enough answers and hangs up before it has everything.
    with suppress(BrokenPipeError, ConnectionResetError):
        link.sendall(b"zINSTREAM\0")
        while chunk := file.read(CHUNK):
            link.sendall(struct.pack(">I", len(chunk)) + chunk)
        link.sendall(struct.pack(">I", 0))
    answer = b""
    while b"\0" not in answer and len(answer) < LONGEST_ANSWER:
        more = link.recv(LONGEST_ANSWER)
        if not more:
            break
        answer += more
    return answer.partition(b"\0")[0].decode("utf-8", errors="replace").strip()
