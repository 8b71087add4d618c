"""Gunicorn's threads, not to be held up by clients that send slowly or without end.

A thread waits for a client while it reads a request. A client that sends nothing is cut after
``SILENCE_SECONDS``; one that sends a byte now and then when its whole request has had its time:
``HEAD_SECONDS`` for the head, and for the body as much as a very slow line needs.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

SILENCE_SECONDS = 20
HEAD_SECONDS = 20.0
BODY_SECONDS = 30.0
SLOWEST_LINE = 16 * 1024
"""Bytes a second below which nobody is waited for."""


class DeskWorker(ThreadWorker):
    """Counts each request's time and closes the way in of those that overstay it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadlines: dict[TConn, float] = {}
        self._counting = threading.Lock()

    def handle(self, conn: TConn) -> Any:
        self._until(conn, HEAD_SECONDS)
        try:
            return super().handle(conn)
        finally:
            with self._counting:
                self._deadlines.pop(conn, None)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        self._until(conn, BODY_SECONDS + _length_of(req) / SLOWEST_LINE)
        return super().handle_request(req, conn)

    def murder_keepalived(self, force: bool = False) -> None:
        """Called by Gunicorn about once a second."""
        super().murder_keepalived(force)
        now = time.monotonic()
        with self._counting:
            late = [conn for conn, end in self._deadlines.items() if end < now]
            for conn in late:
                del self._deadlines[conn]
        for conn in late:
            with suppress(OSError):
                # Whoever is reading meets the end; an answer on its way out still arrives.
                conn.sock.shutdown(socket.SHUT_RD)

    def _until(self, conn: TConn, seconds: float) -> None:
        with self._counting:
            self._deadlines[conn] = time.monotonic() + seconds


def cut_silence(worker: Any) -> None:
    """Let the system end reading and writing when the other side does nothing for a while.

    Connections inherit it from the sockets they come in through.
    """
    patience = struct.pack("@ll", SILENCE_SECONDS, 0)
    for listener in worker.sockets:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, option, patience)


def _length_of(req: Any) -> int:
    for name, value in req.headers:
        if name.upper() == "CONTENT-LENGTH" and value.isascii() and value.isdigit():
            return min(int(value), 2**40)
    return 0
