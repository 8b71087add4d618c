"""Run several programs as one: start together, print together, stop together.

Used by the demo only; a server in production has its own way to keep processes running.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import TextIO

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program: `name` is the prefix of its output, `command` its argument list."""

    name: str
    command: tuple[str, ...]


def _stop_with_parent() -> None:
    """Ask Linux to end this process when its parent dies, even by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


class Stack:
    """Several programs that live and die together.

    `run` returns 0 after SIGINT, SIGTERM or SIGHUP and 1 when a program ended by itself; either
    way no process that it started is left. `patience` is the seconds between asking and killing.
    """

    def __init__(
        self,
        programs: tuple[Program, ...],
        *,
        environ: Mapping[str, str],
        out: TextIO,
        patience: float = 10,
    ) -> None:
        self.programs = programs
        self.environ = dict(environ)
        self.out = out
        self.patience = patience
        self.asked_to_stop = 0
        self.selector = selectors.DefaultSelector()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.groups: list[int] = []
        self.unfinished: dict[int, bytes] = {}
        self.width = max(len(program.name) for program in programs)

    def run(self, *, is_ready: Callable[[], bool], on_ready: Callable[[], None]) -> int:
        """Start everything, call `on_ready` once `is_ready()`, and wait for the end."""
        before = {each: signal.signal(each, self._ask) for each in STOP_SIGNALS}
        died = None
        try:
            for program in self.programs:
                self._start(program)
            waiting = True
            while not self.asked_to_stop and died is None:
                self._relay(timeout=0.2)
                died = self._first_dead()
                if waiting and died is None and is_ready():
                    on_ready()
                    waiting = False
            if died is None:
                self.say("Stopping ...")
            else:
                name, code = died
                self.say(f"The {name} process ended by itself ({code}), so all are stopped.")
            self._stop()
        finally:
            self._kill()
            for each, handler in before.items():
                signal.signal(each, handler)
        return 0 if died is None else 1

    def say(self, text: str) -> None:
        # The terminal may be gone already; stopping matters more than telling.
        with suppress(OSError):
            self.out.write(f"{text}\n")
            self.out.flush()

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop += 1

    def _start(self, program: Program) -> None:
        process = subprocess.Popen(  # noqa: PLW1509 - no thread is running yet
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environ,
            # A session of its own: Ctrl-C reaches this process only, which stops the others.
            start_new_session=True,
            preexec_fn=_stop_with_parent,
        )
        self.running[program.name] = process
        self.groups.append(process.pid)
        assert process.stdout is not None
        self.selector.register(process.stdout, selectors.EVENT_READ, program.name)

    def _relay(self, *, timeout: float) -> None:
        """Print the lines that have come, each with its program's name before it."""
        if not self.selector.get_map():
            time.sleep(timeout)
            return
        for key, _events in self.selector.select(timeout):
            chunk = os.read(key.fd, 65536)
            *lines, rest = (self.unfinished.pop(key.fd, b"") + chunk).split(b"\n")
            if chunk:
                self.unfinished[key.fd] = rest
            else:
                self.selector.unregister(key.fileobj)
                lines += [rest] if rest else []
            for line in lines:
                if text := line.decode(errors="replace").rstrip():
                    self.say(f"{key.data:<{self.width}} | {text}")

    def _first_dead(self) -> tuple[str, str] | None:
        for name, process in self.running.items():
            code = process.poll()
            if code is not None:
                return name, f"signal {-code}" if code < 0 else f"exit code {code}"
        return None

    def _stop(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        asked, end = self.asked_to_stop, time.monotonic() + self.patience
        while any(process.poll() is None for process in self.running.values()):
            self._relay(timeout=0.1)
            # A second Ctrl-C means: now.
            if self.asked_to_stop > asked or time.monotonic() > end:
                return

    def _kill(self) -> None:
        for group in self.groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        for process in self.running.values():
            process.wait()
        # Whoever is left was killed and only has to be gone; nobody waits for long on that.
        end = time.monotonic() + 2
        while self.selector.get_map() and time.monotonic() < end:
            self._relay(timeout=0.1)
        while any(map(_exists, self.groups)) and time.monotonic() < end:
            time.sleep(0.02)
        self.selector.close()
        for process in self.running.values():
            if process.stdout is not None:
                process.stdout.close()
