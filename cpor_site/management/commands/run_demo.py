"""Start the whole desk with demo data on this machine, for `make run`."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections

from cpor_site.env import Env, load
from cpor_site.processes import Program, Stack

HOST = "127.0.0.1"
# Without this, Celery warns at every start that it runs as root, which a container's user is.
QUIET = "ignore:You're running the worker with superuser privileges"


class Command(BaseCommand):
    """Prepares the demo's folder, then runs web, worker and beat until Ctrl-C."""

    help = "Starts web, worker and beat with demo data, until Ctrl-C. In demo mode only."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.CPOR_MODE != "demo":
            sys.exit("run_demo runs in demo mode only. Set CPOR_MODE=demo, or use `make run`.")
        env = load()
        _check_port(env.web_port)
        env.var_dir.mkdir(parents=True, exist_ok=True)
        with (env.var_dir / "demo.lock").open("w") as lock:
            _hold(lock, env.var_dir)
            with _interrupted_for_sure():
                self._prepare(env)
            stack = Stack(_programs(env), environ=_environ(), out=sys.stdout)
            code = stack.run(
                is_ready=lambda: _answers(env.web_port),
                on_ready=lambda: stack.say(_welcome(env)),
            )
        if code:
            sys.exit(code)

    def _prepare(self, env: Env) -> None:
        """Bring database, catalogue, demo data and static files up to date; skip what is done."""
        self.stdout.write("Preparing the database ...")
        self.stdout.flush()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("load_catalogue")
        call_command("load_canned_texts")
        call_command("load_demo")
        _collect_static(env.static_dir)
        # The programs open their own; a connection must not be shared across processes.
        connections.close_all()


@contextmanager
def _interrupted_for_sure() -> Iterator[None]:
    """Let Ctrl-C end the block even if it comes where Python ignores every exception.

    That is in what it does when an object goes away, of which migrations have many.
    """

    def again(ignored: Any) -> None:
        if issubclass(ignored.exc_type, KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, 0.05)
        else:
            before(ignored)

    before, sys.unraisablehook = sys.unraisablehook, again
    alarm = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        yield
    finally:
        still_due = signal.setitimer(signal.ITIMER_REAL, 0)[0] > 0
        sys.unraisablehook = before
        signal.signal(signal.SIGALRM, alarm)
    if still_due:
        raise KeyboardInterrupt


def _check_port(port: int) -> None:
    """Stop with a sentence when nothing can listen on `port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            other = 8001 if port == 8000 else 8000
            if error.errno == errno.EADDRINUSE:
                why = f"Port {port} is in use by another program"
            else:
                why = f"Port {port} cannot be used ({error.strerror})"
            sys.exit(f"{why}. Choose another one: make run PORT={other}")


def _hold(lock: TextIO, var_dir: Path) -> None:
    """Keep the folder to this process, or stop with a sentence when another demo has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"Another demo is running on the data in {var_dir}. Stop that one first.")


def _collect_static(target: Path) -> None:
    """Collect static files with hashed names, unless nothing has changed since the last time."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    stamp = target.parent / f"{target.name}.sha256"
    if stamp.exists() and target.exists() and stamp.read_text() == digest.hexdigest():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())


def _programs(env: Env) -> tuple[Program, ...]:
    celery = (sys.executable, "-m", "celery", "--quiet", "-A", "cpor_site")
    server = (sys.executable, "-m", "gunicorn", "-c", "python:cpor_site.web_server")
    quiet = ("--loglevel", env.log_level if env.log_level != "INFO" else "WARNING")
    return (
        Program(name="web", command=(*server, "cpor_site.wsgi")),
        Program(
            name="worker",
            command=(
                *celery,
                "worker",
                *quiet,
                "--concurrency=2",
                "--without-gossip",
                "--without-mingle",
            ),
        ),
        Program(name="beat", command=(*celery, "beat", *quiet, "--pidfile=")),
    )


def _environ() -> dict[str, str]:
    return os.environ | {
        "CPOR_MODE": "demo",
        "DJANGO_SETTINGS_MODULE": "cpor_site.settings",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": QUIET,
    }


def _answers(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((HOST, port)) == 0


def _welcome(env: Env) -> str:
    """What to open and whom to sign in as."""
    from cpor_site.demo.accounts import DEMO_ACCOUNTS

    rows = [("Role", "E-mail", "Password", "Starts at")]
    rows += [(each.role, each.email, each.password, each.start_path) for each in DEMO_ACCOUNTS]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(
        [
            "",
            f"The CPOR claims desk is running: {env.public_url}/",
            f"Mail that it sends can be read at {env.public_url}/demo/mail/",
            "",
            "Sign in as one of:",
            *(f"  {line}" for line in table),
            "",
            "Ctrl-C stops everything.",
            "",
        ]
    )
