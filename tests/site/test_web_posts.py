"""Posting to another machine: which addresses are allowed, and what is told of what went wrong."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cpor_site.common import web_posts
from cpor_site.common.web_posts import OutOfReach, PostFailed, is_public, post
from tests.web_server import Program, web_server


@pytest.fixture
def server() -> Iterator[Program]:
    with web_server() as program:
        yield program


def send(url: str, *, allow_private: bool = True, seconds: float = 5) -> web_posts.Answer:
    headers = {"webhook-id": "1", "Content-Type": "application/json"}
    return post(url, b"{}", headers, seconds=seconds, allow_private=allow_private)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("::127.0.0.1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::5db8:d822", True),
    ],
)
def test_which_addresses_are_on_the_open_internet(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "[::1]"])
def test_other_spellings_of_this_machine_gain_nothing(server: Program, host: str) -> None:
    with pytest.raises(OutOfReach, match="an address that isn't public|can't be found"):
        send(f"http://{host}:{server.port}/", allow_private=False)
    assert server.posts == []


def test_an_answer_comes_back_whatever_its_status(server: Program) -> None:
    server.answer = lambda _post: 503
    server.text = "gerade\nnicht\0 m\u00f6glich ".encode() + b"x" * 5000
    server.extra = {"Retry-After": " 120 "}
    answer = send(f"{server.url}?a=1")
    assert (answer.status, answer.retry_after, answer.is_success) == (503, 120, False)
    assert answer.text.startswith("gerade nicht möglich xxx")
    assert len(answer.text) == web_posts.MOST_KEPT
    assert server.posts[0].path == "/handoffs?a=1"
    assert server.posts[0].headers["host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("wish", ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "1e9", "99999999"])
def test_a_wish_that_is_no_number_of_seconds_is_none(server: Program, wish: str) -> None:
    server.extra = {"Retry-After": wish}
    assert send(server.url).retry_after is None


def test_an_answer_byte_by_byte_is_cut_off(server: Program) -> None:
    server.drip = True
    with pytest.raises(PostFailed, match=r"gave no answer within 1 s\."):
        send(server.url, seconds=1)


def test_a_server_that_takes_and_says_nothing_is_cut_off(server: Program) -> None:
    server.may_answer.clear()
    with pytest.raises(PostFailed, match=r"gave no answer within 1 s\."):
        send(server.url, seconds=1)
    assert len(server.posts) == 1


def test_a_host_that_there_is_not() -> None:
    with pytest.raises(OutOfReach, match=r"nobody\.invalid can't be found"):
        send("http://nobody.invalid/")


def test_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            taken, _address = listener.accept()
            with taken, pytest.raises(ssl.SSLError):
                context.wrap_socket(taken, server_side=True)

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(OutOfReach, match="CERTIFICATE_VERIFY_FAILED"):
            send(f"https://127.0.0.1:{listener.getsockname()[1]}/")
        thread.join(timeout=10)
