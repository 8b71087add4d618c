"""The real web server: large uploads stay out of its memory, and slow clients don't hold it up."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from cpor_site.env import BASE_DIR
from tests.waiting import wait_until

from .environments import process_environ

pytestmark = pytest.mark.stack
MB = 1024 * 1024
CSRF = "c" * 32
BOUNDARY = b"boundary-of-the-tests"


@dataclass
class Served:
    port: int
    worker: int
    session: str
    drafts: list[int]

    def ask(self, method: str, address: str, body: bytes = b"", **headers: str) -> int:
        link = HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            cookie = f"sessionid={self.session}; csrftoken={CSRF}"
            link.request(method, address, body, {"Cookie": cookie} | headers)
            answer = link.getresponse()
            answer.read()
            return answer.status
        finally:
            link.close()

    def upload(self, draft: int, name: str, content: bytes) -> int:
        fields = {"csrfmiddlewaretoken": CSRF, "version": "1", "kind": "other"}
        parts = [
            b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (key.encode(), value.encode())
            for key, value in fields.items()
        ]
        parts.append(
            b'Content-Disposition: form-data; name="files"; filename="%s"\r\n'
            b"Content-Type: text/csv\r\n\r\n" % name.encode() + content
        )
        body = b"".join(b"--" + BOUNDARY + b"\r\n" + each + b"\r\n" for each in parts)
        kind = f"multipart/form-data; boundary={BOUNDARY.decode()}"
        address = f"/claims/{draft}/edit/proof/"
        return self.ask(
            "POST", address, body + b"--" + BOUNDARY + b"--\r\n", **{"Content-Type": kind}
        )

    def memory(self, what: str) -> int:
        """Return VmRSS (now) or VmHWM (at most so far) of the worker, in bytes."""
        for line in Path(f"/proc/{self.worker}/status").read_text().splitlines():
            if line.startswith(what):
                return int(line.split()[1]) * 1024
        raise LookupError(what)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = process_environ(
        {
            "CPOR_MODE": "test",
            "CPOR_VAR_DIR": str(folder),
            "PORT": str(port),
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "CPOR_LOG_LEVEL": "WARNING",
        }
    )
    prepared = subprocess.run(
        [sys.executable, "-m", "tests.site.served"],
        cwd=BASE_DIR,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert prepared.returncode == 0, prepared.stderr
    made = json.loads(prepared.stdout.splitlines()[-1])
    command = [sys.executable, "-m", "gunicorn", "-c", "python:tests.site.quick_web"]
    log = folder / "web.log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [*command, "cpor_site.wsgi"], cwd=BASE_DIR, env=environ, stdout=out, stderr=out
        ) as process,
    ):
        try:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            desk = Served(port, 0, made["session"], made["drafts"])

            def answers() -> bool:
                with suppress(OSError):
                    return desk.ask("GET", "/sign-in/") in (200, 302)
                return False

            wait_until("web server", answers, 60)
            desk.worker = int(children.read_text().split()[0])
            yield desk
        finally:
            process.terminate()
            process.wait(20)


def table(size: int) -> bytes:
    return (b"workload;users\n" * (size // 15 + 1))[:size]


def test_an_upload_of_25_mb_stays_out_of_memory(served: Served) -> None:
    draft = served.drafts[0]
    with ThreadPoolExecutor(8) as pool:  # What each thread needs once isn't the large file's.
        first = pool.map(lambda each: served.upload(draft, f"{each}.csv", table(MB)), range(8))
        assert list(first) == [302] * 8
    assert served.upload(draft, "first.csv", table(24 * MB)) == 302
    # Whatever else the process does adds to one or another; a file in memory would add to each.
    rises = [_rise_of_a_large_upload(served, each) for each in served.drafts[:3]]
    assert min(rises) < 10 * MB


def _rise_of_a_large_upload(served: Served, draft: int) -> int:
    """Return by how much a file of 25 MB raises the process at most, in bytes."""
    assert served.ask("GET", f"/claims/{draft}/edit/proof/") == 200
    Path(f"/proc/{served.worker}/clear_refs").write_text("5")
    before = served.memory("VmRSS")
    assert served.upload(draft, "large.csv", table(25 * MB)) == 302
    return served.memory("VmHWM") - before


def test_fifty_uploads_at_once_all_arrive(served: Served) -> None:
    drafts = served.drafts[1:]
    before = served.memory("VmRSS")
    with ThreadPoolExecutor(50) as pool:
        answers = list(
            pool.map(
                lambda number: served.upload(
                    drafts[number % len(drafts)], f"{number}.csv", table(300_000 + number)
                ),
                range(50),
            )
        )
    assert answers == [302] * 50
    assert served.memory("VmRSS") - before < 30 * MB


def test_slow_clients_are_cut_and_hold_nobody_up(served: Served) -> None:
    """More of them than there are threads: silent, with a head and with a body drop by drop."""
    head = b"POST /sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n"
    begun = [head + b"\r\nemail=", head, b"GET / HTTP/1.1\r\nX-Long: "] * 4
    links = [socket.create_connection(("127.0.0.1", served.port)) for _each in begun]
    try:
        for link, beginning in zip(links, begun, strict=True):
            link.sendall(beginning)
            link.setblocking(False)
        start = time.monotonic()
        open_links = list(links)
        while open_links:
            assert time.monotonic() - start < 60
            for number, link in enumerate(list(open_links)):
                try:
                    if number % 2:
                        link.send(b"a")
                    if link.recv(65536) == b"":
                        open_links.remove(link)
                except BlockingIOError:
                    continue
                except OSError:
                    open_links.remove(link)
            time.sleep(0.1)
        assert served.ask("GET", "/sign-in/") in (200, 302)
    finally:
        for link in links:
            link.close()


def test_a_body_without_end_is_refused_before_it_is_read(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as link:
        link.sendall(
            b"POST /sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000000000\r\n\r\n"
        )
        assert link.recv(100).startswith(b"HTTP/1.1 413 ")
