"""A web server that takes posts, checks their signatures, and answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Post:
    """One post as it arrived."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def json(self) -> Any:
        return json.loads(self.body)

    def checked(self, secret: str) -> Any:
        """Return the body after the library has found the signature to be right."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Program:
    """What the server got and how it behaves.

    ``answer`` gives the status for each post; ``raw`` are bytes sent instead of any answer;
    ``extra`` headers and ``text`` go with every answer. While ``may_answer`` is not set, the server
    has every post and says nothing. ``drip`` sends its answer byte by byte, for ever.
    """

    port: int = 0
    answer: Callable[[Post], int] = lambda _post: 204
    raw: bytes = b""
    text: bytes = b""
    extra: dict[str, str] = field(default_factory=dict)
    drip: bool = False
    posts: list[Post] = field(default_factory=list)
    got_one: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/handoffs"

    def ids(self) -> list[str]:
        return [post.id for post in self.posts]


class _Conversation(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        program = self.server.program
        length = int(self.headers["Content-Length"])
        post = Post(
            self.path,
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length).decode(),
        )
        with self.server.lock:
            program.posts.append(post)
        program.got_one.set()
        program.may_answer.wait(timeout=60)
        if program.drip:
            self._drip(program)
        elif program.raw:
            self.wfile.write(program.raw)
        else:
            self.send_response(program.answer(post))
            for name, value in program.extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(program.text)))
            self.end_headers()
            self.wfile.write(program.text)
        self.close_connection = True

    def _drip(self, program: Program) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not program.ended.wait(timeout=0.05):
            self.wfile.write(b"a")

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing: tests look at ``posts``."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, program: Program) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.program = program
        self.lock = threading.Lock()
        program.port = self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that hangs up in the middle is what some tests are about."""


@contextmanager
def web_server() -> Iterator[Program]:
    """Run a server on a free port of this machine, answering 204 at once unless told not to."""
    program = Program()
    program.may_answer.set()
    server = _Server(program)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield program
    finally:
        program.ended.set()
        program.may_answer.set()
        server.shutdown()
        thread.join()
        server.server_close()
