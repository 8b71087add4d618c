"""One POST to another machine: to public addresses only, without redirects, bounded in time.

The host's name is looked up once; every address it has is looked at, and the connection goes to
one of those that were looked at, so that a name which changes its mind in between gains nothing.
Proxies that the environment names are not used.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

MOST_READ = 4096
"""Bytes of an answer's body that are read; what follows is never waited for."""

MOST_KEPT = 300
SHORTEST_TRY = 0.1
DEFAULT_PORTS = {"https": 443, "http": 80}
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses that a translator turns into the IPv4 address of their last 32 bits."""


class PostFailed(Exception):
    """There is no answer; the message is a sentence."""


class OutOfReach(PostFailed):
    """Nothing was sent: no such host, no connection, or an address that may not be used."""


@dataclass(frozen=True)
class Answer:
    """What came back; ``text`` is the beginning of the body as one line."""

    status: int
    text: str
    retry_after: int | None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float,
    allow_private: bool = False,
) -> Answer:
    """Send ``body`` and return the answer, whatever its status.

    ``seconds`` is the most that all of it may take, from the connection to the answer's end. Raises
    ``OutOfReach`` before anything was sent and ``PostFailed`` afterwards.
    """
    parts = urlsplit(url)
    assert parts.hostname is not None
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    addresses = _usable(parts.hostname, port, allow_private=allow_private)
    connection = _Connection(parts.scheme, parts.hostname, port, addresses, seconds)
    with _ended_after(seconds, connection):
        try:
            connection.connect()
        except (OSError, ssl.SSLError) as error:
            raise OutOfReach(
                _("%(host)s can't be reached: %(reason)s")
                % {"host": parts.hostname, "reason": _told(error)}
            ) from error
        try:
            connection.request("POST", target, body=body, headers=dict(headers))
            response = connection.getresponse()
            if connection.was_cut:
                raise TimeoutError
        except (OSError, http.client.HTTPException, ValueError) as error:
            if connection.was_cut or isinstance(error, TimeoutError):
                raise PostFailed(
                    _("%(host)s gave no answer within %(seconds)d s.")
                    % {"host": parts.hostname, "seconds": seconds}
                ) from error
            raise PostFailed(
                _("%(host)s gave no answer that can be read: %(reason)s")
                % {"host": parts.hostname, "reason": _told(error)}
            ) from error
        answer = Answer(response.status, "", _seconds(response.getheader("Retry-After")))
        return answer if answer.is_success else replace(answer, text=_beginning(response))


class _Connection(http.client.HTTPConnection):
    """Connects to addresses that were looked at, and checks the certificate against the name."""

    def __init__(
        self, scheme: str, host: str, port: int, addresses: list[str], seconds: float
    ) -> None:
        super().__init__(host, port, timeout=seconds)
        self.default_port = DEFAULT_PORTS[scheme]
        self.was_cut = False
        self._addresses = addresses
        self._ends_at = time.monotonic() + seconds
        self._context = ssl.create_default_context() if scheme == "https" else None

    def connect(self) -> None:
        last: OSError | None = None
        for address in self._addresses:
            left = max(self._ends_at - time.monotonic(), SHORTEST_TRY)
            try:
                self.sock = socket.create_connection((address, self.port), left)
            except OSError as error:
                last = error
                continue
            if self._context is not None:
                self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)
            return
        raise last or OSError(_("it has no address"))

    def cut(self) -> None:
        """End the conversation, from another thread."""
        self.was_cut = True
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


@contextmanager
def _ended_after(seconds: float, connection: _Connection) -> Iterator[None]:
    """Cut the connection after ``seconds``: the socket's own limit begins anew with each byte."""
    watch = threading.Timer(seconds, connection.cut)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
        connection.close()


def _usable(host: str, port: int, *, allow_private: bool) -> list[str]:
    """Return the addresses of ``host``; ``OutOfReach`` if there are none or one may not be used."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutOfReach(
            _("%(host)s can't be found: %(reason)s") % {"host": host, "reason": _told(error)}
        ) from error
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    for address in addresses:
        if not allow_private and not is_public(address):
            raise OutOfReach(
                _(
                    "%(host)s is at %(address)s, an address that isn't public, where nothing is "
                    "posted."
                )
                % {"host": host, "address": address}
            )
    return addresses


def is_public(address: str) -> bool:
    """Whether the address, and any IPv4 address that is wrapped in it, is on the open internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if found.is_multicast or not found.is_global:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return True
    if found.is_reserved and found not in TRANSLATED:
        return False
    wrapped: list[ipaddress.IPv4Address | None] = [found.ipv4_mapped, found.sixtofour]
    wrapped += found.teredo or ()
    if found in TRANSLATED:
        wrapped.append(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF))
    return all(is_public(str(each)) for each in wrapped if each is not None)


def _seconds(header: str | None) -> int | None:
    """Return what Retry-After asks for, if it is a number of seconds."""
    text = (header or "").strip()
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else None


def _beginning(response: http.client.HTTPResponse) -> str:
    """Return the beginning of an answer's body; nothing where the body can't be read."""
    try:
        return _one_line(response.read(MOST_READ).decode("utf-8", errors="replace"))
    except (OSError, http.client.HTTPException, ValueError):
        return ""


def _one_line(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()[:MOST_KEPT]


def _told(error: Any) -> str:
    return _one_line(f"{type(error).__name__}: {error}")
