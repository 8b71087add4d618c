"""Runs wapiti on a desk as one of its people, and reads what it found.

Wapiti lives in an environment of its own (requirements-scan.lock). It reaches nothing outside this
machine: what its tricks would have the desk fetch is an address of a server here, which listens.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

from cpor_site.env import BASE_DIR

from .desk import HOST, SESSION, Desk, Looker

PROGRAM = BASE_DIR / ".venv-scan" / "bin" / "wapiti"
LOOKS = ("csp", "cookieflags", "http_headers", "csrf", "htaccess")
TRICKS = (
    "xss",
    "permanentxss",
    "sql",
    "file",
    "exec",
    "redirect",
    "crlf",
    "upload",
    "ssrf",
    "xxe",
    "ldap",
    "timesql",
)
STRANGERS_TRICKS = ("backup", "brute_login_form", "shellshock", "spring4shell")
"""What has nothing to do with who is signed in: one person tries it."""

NOT_RUN = {
    "buster": "guesses at names; tests open every address there is",
    "cms": "looks for products that this isn't",
    "htp": "needs a list from outside",
    "https_redirect": "needs the ports of a real proxy; tests look at the setting",
    "log4shell": "needs a name server outside",
    "methods": "tells what each address answers, which is no finding; tests ask for every method",
    "network_device": "looks for products that this isn't",
    "nikto": "needs a list from outside",
    "ssl": "looks at the certificate, which is the proxy's",
    "takeover": "needs name servers outside",
    "wapp": "needs a list from outside",
    "wp_enum": "looks for products that this isn't",
}

NO_FINDING: tuple[tuple[str, str, str], ...] = ()
"""False alarms: category, pattern of the path, and why it is none."""

PATIENCE = 30.0
"""Seconds in which every page has to answer."""


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong, as the person saw it who looked."""

    category: str
    looker: str
    method: str
    path: str
    parameter: str
    info: str
    request: str = ""

    @property
    def false_alarm(self) -> str:
        """Why it is none; empty for a real one."""
        for category, pattern, why in NO_FINDING:
            if self.category == category and re.fullmatch(pattern, self.path):
                return why
        return ""

    def __str__(self) -> str:
        where = f"{self.method} {self.path}" + (f" ({self.parameter})" if self.parameter else "")
        return f"{self.looker}: {self.category}: {where}: {self.info}"


@dataclass(frozen=True)
class Result:
    """What one person's scan found, and how much was looked at by each module."""

    looker: str
    findings: list[Finding]
    addresses: int
    attacked: dict[str, int]
    said: str


class _Listener(ThreadingHTTPServer):
    """Answers nothing of use and remembers who asked for what."""

    daemon_threads = True

    def __init__(self) -> None:
        self.heard: list[str] = []
        super().__init__((HOST, 0), _Answer)


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        # The scanner itself asks for these, before and after its tricks.
        own = self.path == "/" or re.match(r"/get_(ssrf|xxe)\.php\?", self.path)
        if not own:
            assert isinstance(self.server, _Listener)
            self.server.heard.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_HEAD = do_GET

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing: ``heard`` is what counts."""


@contextmanager
def _listening() -> Iterator[_Listener]:
    with _Listener() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _notes() -> Iterator[Path]:
    """A folder in memory, if there is one: wapiti's tasks wait for each other's notes."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it.
    place = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="cpor-scan-", dir=place) as folder:
        yield Path(folder)


def scan(
    desk: Desk, looker: Looker, modules: Sequence[str], folder: Path, seconds: float
) -> Result:
    """Look at the desk as one person for about so many seconds, a share of them for each module.

    Each run takes the addresses in another order, so that what one left out another looks at. A
    scanner that waited too long for its own notes is started once more.
    """
    result = _scan(desk, looker, modules, folder, seconds)
    if result.addresses == 0 and "database is locked" in result.said:
        result = _scan(desk, looker, modules, folder.with_name(f"{folder.name}-again"), seconds)
    return result


def _scan(
    desk: Desk, looker: Looker, modules: Sequence[str], folder: Path, seconds: float
) -> Result:
    folder.mkdir(parents=True)
    starts = list(looker.starts)
    Random().shuffle(starts)
    (folder / "starts.txt").write_text("".join(f"{desk.address}{each}\n" for each in starts))
    cookie = {"value": looker.session, "expires": None, "secure": True, "port": None, "version": 0}
    jar = {HOST: {"/": {SESSION: cookie}}} if looker.session else {HOST: {}}
    (folder / "cookies.json").write_text(json.dumps(jar))
    report = folder / "report.json"
    said = folder / "said.txt"
    crawling = min(240.0, seconds / 3)
    # The others take a moment.
    share = (seconds - crawling) / len(set(modules) - set(LOOKS))
    with _listening() as listener, said.open("w") as out, _notes() as notes:
        command = [
            *(str(PROGRAM), "--url", f"{desk.address}/", "--start", str(folder / "starts.txt")),
            *("--cookie", str(folder / "cookies.json"), "--depth", "1"),
            *("--module", ",".join(modules), "--scan-force", "paranoid", "--tasks", "4"),
            *("--timeout", str(PATIENCE), "--max-scan-time", str(crawling)),
            *("--max-attack-time", str(share)),
            *("--endpoint", f"http://{HOST}:{listener.server_port}/", "--no-bugreport"),
            *("--dns-endpoint", "localhost"),
            *("--store-session", str(notes), "--store-config", str(folder / "config")),
            *("--format", "json", "--output", str(report), "--verbose", "1"),
        ]
        for each in (*looker.left_out, "/static/*"):
            command += ["--exclude", desk.address + each]
            if not each.endswith("*"):
                command += ["--exclude", f"{desk.address}{each}?*"]
        environ = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        try:
            subprocess.run(
                command,
                cwd=folder,
                env=environ | {"HOME": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=2 * seconds + 120,
                check=False,
            )
        except subprocess.TimeoutExpired:
            out.write("\nError: the scanner didn't come to an end.\n")
        noted = _looked_at(notes) if report.exists() else (0, {})
        findings = [
            Finding("Fetched on demand", looker.name, "GET", each, "", "The desk asked for it.")
            for each in listener.heard
        ]
    if not report.exists():
        words = f"{said.read_text()}\nError: the scanner wrote no report.\n"
        return Result(looker.name, findings, 0, {}, words)
    findings += _in_report(report, looker)
    addresses, attacked = noted
    return Result(looker.name, sorted(set(findings)), addresses, attacked, said.read_text())


def _in_report(report: Path, looker: Looker) -> list[Finding]:
    told = json.loads(report.read_text())
    return [
        Finding(
            category,
            looker.name,
            each["method"],
            each["path"],
            each["parameter"] or "",
            each["info"],
            each["http_request"],
        )
        for kind in ("vulnerabilities", "anomalies", "additionals")
        for category, found in told[kind].items()
        for each in found
    ]


def _looked_at(folder: Path) -> tuple[int, dict[str, int]]:
    """Return how many addresses and forms were opened, and how many each module was done with."""
    [database] = folder.glob("*.db")
    with closing(sqlite3.connect(database)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
        prefix = next(each for each in names if each.endswith("paths")).removesuffix("paths")
        (count,) = connection.execute(
            f"SELECT count(*) FROM {prefix}paths"  # noqa: S608 - a name of wapiti's
            " WHERE NOT evil AND response_id IS NOT NULL"
        ).fetchone()
        done = connection.execute(f"SELECT module FROM {prefix}attack_logs")  # noqa: S608
        return count, dict(Counter(module for (module,) in done))


def wrong_with(desk: Desk, looker: Looker, result: Result) -> list[str]:
    """Return why a scan says nothing: pages that nobody saw, a session that ended on the way."""
    problems = []
    if result.addresses < len(looker.starts):
        problems.append(
            f"{looker.name}: {result.addresses} addresses were looked at, "
            f"and there are at least {len(looker.starts)}."
        )
    if looker.session and desk.status("/account/", looker.session) != 200:
        problems.append(f"{looker.name}: the session ended before the scan did.")
    problems += [
        f"{looker.name}: {line}"
        for line in result.said.splitlines()
        if re.search(r"seems broken|Missing dependencies|Error:", line)
        # Said of pages that were on their way when the time for finding pages was over.
        and "the client has been closed" not in line
    ]
    return problems


def failures(desk: Desk) -> list[str]:
    """Return what the web server's log tells of answers of 500 and above, and of exceptions.

    A refusal is logged as a warning with its exception, and is none.
    """
    found: list[str] = []
    before, telling = "", False
    for line in desk.log.read_text().splitlines():
        if line.startswith("Traceback") and " WARNING " not in before:
            telling = True
            found.append(before)
        elif telling and not line.startswith(" "):
            telling = False
            found.append(line)
        elif re.search(r'" 5\d\d \d+ |ERROR', line):
            found.append(line)
        before = line
    return found
