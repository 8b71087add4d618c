"""The whole desk as `make run` starts it, on a folder and a port of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cpor_site.env import BASE_DIR
from tests.site.environments import process_environ
from tests.waiting import wait_until

ZONE = ZoneInfo("Europe/Berlin")
"""The operator's zone, and that of everybody in the demo who looks at a deadline here."""

# Monday: nothing that the demo data begin is due before the following one.
OPENING = datetime(2026, 5, 4, 9, tzinfo=ZONE)

START_SECONDS = 180
# All commands in one process: to start is most of what each would do.
IMPORT = """
import io, json
from django.core.management import call_command
found = {{}}
for what, arguments in {files!r}.items():
    call_command(f"import_{{what}}", *arguments, "--json", stdout=(out := io.StringIO()))
    found[what] = json.loads(out.getvalue())
print(json.dumps(found))
"""
LONGEST_IDLE_RUN = timedelta(seconds=3)


class Desk:
    """A running desk whose clock tests set; ``said`` is what its processes have printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _unused_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "log.txt"
        self._environ = process_environ(
            {
                "CPOR_MODE": "demo",
                "CPOR_VAR_DIR": str(folder),
                "CPOR_OPERATOR_COUNTRY": "DE",
                "CPOR_OPERATOR_TIME_ZONE": ZONE.key,
                "PORT": str(self.port),
            }
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._prepared = 0

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def start(self) -> None:
        """Load the demo data at the opening hour, and start all processes."""
        self.set_clock(OPENING)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "run_demo"],
                cwd=BASE_DIR,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until("the desk is up", self._is_up, START_SECONDS)

    def stop(self) -> None:
        """Press Ctrl-C and wait until everything is gone."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(60)
        finally:
            process.kill()

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command as the operator would, on this desk's data."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR,
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def prepare(self, script: str) -> str:
        """Run Python on this desk's data, as tests of the services do; return what it prints."""
        self._prepared += 1
        begin = f"from tests import factories; factories.number_from({self._prepared * 10_000})\n"
        done = self.manage("shell", "--verbosity=0", "-c", begin + script)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def set_clock(self, moment: datetime) -> None:
        """Move the clock of all processes to ``moment``; from there it goes on by itself."""
        # As `move_clock` does it, without the seconds that a process takes to start.
        fresh = self.folder / "clock-offset.new"
        fresh.write_text(repr((moment - datetime.now(UTC)).total_seconds()), encoding="ascii")
        fresh.replace(self.folder / "clock-offset")

    def import_files(self, files: dict[str, tuple[str, ...]]) -> dict[str, dict[str, Any]]:
        """Import files with the commands of that name; return what each answers as JSON."""
        done = self.manage("shell", "--verbosity=0", "-c", IMPORT.format(files=files))
        assert done.returncode == 0, done.stderr
        found: dict[str, dict[str, Any]] = json.loads(done.stdout)
        return found

    def wait_for_run(self, job: str, *, since: datetime) -> None:
        """Wait until beat and worker have run a job that began after ``since``.

        ``since`` is where the clock was just set to. Idle runs share a row that keeps the end of
        the last one, so it is the ends that are watched.
        """
        before = self._runs(job)

        def has_run() -> bool:
            fresh = self._runs(job) - before
            return any(ended >= since + LONGEST_IDLE_RUN for _row, ended in fresh)

        wait_until(f"{job} runs after {since}", has_run)

    def _runs(self, job: str) -> set[tuple[int, datetime]]:
        query = (
            "SELECT id, finished_at FROM common_jobrun"
            " WHERE job = ? AND finished_at IS NOT NULL AND NOT dry_run"
        )
        with closing(self._connect()) as connection:
            rows = connection.execute(query, [job]).fetchall()
        return {(row, datetime.fromisoformat(ended).replace(tzinfo=UTC)) for row, ended in rows}

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.folder / 'cpor.sqlite3'}?mode=ro", uri=True, timeout=20)

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.said
        return "Ctrl-C stops everything." in self.said


def at(day: int, month: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of 2026 on the operator's clock."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
