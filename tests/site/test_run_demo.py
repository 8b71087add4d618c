"""`run_demo` starts the whole desk, says what is wrong if it cannot, and leaves nobody behind."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import call_command

from cpor_site.env import BASE_DIR

from .environments import process_environ

# A shell's background jobs ignore Ctrl-C, and so does all that they start unless told otherwise.
COMMAND = ["env", "--default-signal=INT", sys.executable, "manage.py", "run_demo"]
PATIENCE_SECONDS = 120


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    return unused_port()


def demo_environ(var_dir: Path, port: int) -> dict[str, str]:
    return process_environ({"CPOR_MODE": "demo", "CPOR_VAR_DIR": str(var_dir), "PORT": str(port)})


def descendants(pid: int) -> set[int]:
    """All processes below `pid`."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except FileNotFoundError:
            continue
    found: set[int] = set()
    while more := {p for p, parent in parents.items() if parent in found | {pid}} - found:
        found |= more
    return found


def get(port: int, path: str) -> tuple[int, str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as response:  # noqa: S310 - our own
        return response.status, response.read().decode()


def running(pids: set[int]) -> set[int]:
    return {pid for pid in pids if Path(f"/proc/{pid}").exists()}


def errors(said: str) -> list[str]:
    """What web, worker and beat have printed as an error, with the lines after it."""
    lines = said.splitlines()
    return [
        "\n".join(lines[number : number + 40])
        for number, line in enumerate(lines)
        if " ERROR " in line or line.endswith("Traceback (most recent call last):")
    ][:1]


def count_people(var_dir: Path) -> int:
    with closing(sqlite3.connect(var_dir / "cpor.sqlite3")) as connection:
        return connection.execute("SELECT count(*) FROM common_user").fetchone()[0]


def try_to_start(var_dir: Path, port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        COMMAND,
        cwd=BASE_DIR,
        env=demo_environ(var_dir, port),
        capture_output=True,
        text=True,
        check=False,
    )


class Demo:
    """A running `run_demo`; `said` is what it has printed so far."""

    def __init__(self, var_dir: Path, port: int) -> None:
        self.log = var_dir / "said.txt"
        var_dir.mkdir(exist_ok=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                COMMAND,
                cwd=BASE_DIR,
                env=demo_environ(var_dir, port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def wait_until_up(self) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while "Ctrl-C stops everything." not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.2)

    def stop(self, number: signal.Signals) -> int:
        """Do what a terminal does: send the signal to the whole foreground group."""
        os.killpg(self.process.pid, number)
        return self.process.wait(30)


def test_a_port_in_use_gets_a_sentence(taken_port: int, tmp_path: Path) -> None:
    done = try_to_start(tmp_path, taken_port)
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        f"Port {taken_port} is in use by another program. Choose another one: make run PORT=8000\n",
    )


def test_there_is_no_demo_outside_demo_mode() -> None:
    with pytest.raises(SystemExit, match="run_demo runs in demo mode only"):
        call_command("run_demo")


@pytest.mark.stack
def test_the_stack_starts_stops_and_keeps_its_data(free_port: int, tmp_path: Path) -> None:
    first = Demo(tmp_path, free_port)
    try:
        first.wait_until_up()
        assert f"is running: http://127.0.0.1:{free_port}/" in first.said
        status, page = get(free_port, "/demo/mail/")
        assert status == 200
        sheet = re.search(r'href="(/static/cpor/[^"]+\.css)"', page)
        assert sheet is not None
        assert get(free_port, sheet[1])[0] == 200
        started = descendants(first.process.pid)
        assert len(started) >= 4
        assert first.stop(signal.SIGINT) == 0
    finally:
        first.process.kill()
    assert running(started) == set()
    assert errors(first.said) == []
    people = count_people(tmp_path)
    collected = (tmp_path / "static" / "staticfiles.json").stat().st_mtime_ns

    second = Demo(tmp_path, free_port)
    try:
        second.wait_until_up()
        refused = try_to_start(tmp_path, unused_port())
        assert (refused.returncode, refused.stderr) == (
            1,
            f"Another demo is running on the data in {tmp_path}. Stop that one first.\n",
        )
        started = descendants(second.process.pid)
        assert second.stop(signal.SIGTERM) == 0
    finally:
        second.process.kill()
    assert running(started) == set()
    assert errors(second.said) == []
    assert people > 0
    assert count_people(tmp_path) == people
    assert (tmp_path / "static" / "staticfiles.json").stat().st_mtime_ns == collected


@pytest.mark.stack
def test_ctrl_c_while_the_data_is_prepared(free_port: int, tmp_path: Path) -> None:
    demo = Demo(tmp_path, free_port)
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        while "Preparing" not in demo.said and time.monotonic() < end:
            time.sleep(0.05)
        assert demo.stop(signal.SIGINT) == 1
    finally:
        demo.process.kill()
    assert demo.said == "Preparing the database ...\n\nInterrupted.\n"
