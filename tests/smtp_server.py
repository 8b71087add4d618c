"""A mail server that speaks enough SMTP to take letters, refuse them or fall silent."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


@dataclass
class Mailroom:
    """What the server got and how it behaves.

    ``refuse`` maps a recipient to the reply to RCPT TO (``"550 no such user"``), ``refuse_content``
    a recipient to the reply after the letter's text. While ``may_answer`` is not set, the server
    has every letter but doesn't say so.
    """

    port: int = 0
    greeting: str = "220 mailroom.test"
    drop_after: int = 0
    refuse: dict[str, str] = field(default_factory=dict)
    refuse_content: dict[str, str] = field(default_factory=dict)
    letters: list[EmailMessage] = field(default_factory=list)
    connections: int = 0
    got_one: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)

    def ids(self) -> list[str]:
        """Return the Message-IDs of all copies, in the order of their arrival."""
        return [str(letter["Message-ID"]) for letter in self.letters]

    def recipients(self) -> list[str]:
        return [str(letter["To"]) for letter in self.letters]


class _Conversation(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        room, recipient = self.server.room, ""
        room.connections += 1
        if not room.greeting:
            room.may_answer.wait(timeout=60)
            return
        self._say(room.greeting)
        while line := self.rfile.readline():
            command = line.decode().strip()
            verb = command[:4].upper()
            if verb == "QUIT":
                self._say("221 bye")
                return
            if verb == "RCPT":
                recipient = command.partition("<")[2].partition(">")[0]
                self._say(room.refuse.get(recipient, "250 ok"))
            elif verb == "DATA":
                self._say("354 go on")
                if not self._take_letter(recipient):
                    return
            else:
                self._say("250 ok")

    def _take_letter(self, recipient: str) -> bool:
        """Read one letter and answer; False to hang up without a word."""
        room, lines = self.server.room, []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        refusal = room.refuse_content.get(recipient)
        if refusal:
            self._say(refusal)
            return True
        letter: Any = message_from_bytes(b"".join(lines), policy=policy.default)
        room.letters.append(letter)
        room.got_one.set()
        if room.drop_after:
            room.drop_after -= 1
            return False
        room.may_answer.wait(timeout=60)
        self._say("250 taken")
        return True

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, room: Mailroom) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.room = room
        room.port = self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that was killed hangs up in the middle; that is what some tests are about."""


@contextmanager
def mail_server() -> Iterator[Mailroom]:
    """Run a mail server on a free port of this machine, answering at once unless told not to."""
    room = Mailroom()
    room.may_answer.set()
    server = _Server(room)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield room
    finally:
        room.may_answer.set()
        server.shutdown()
        thread.join()
        server.server_close()
