"""Programs that run as one: they start, print and stop together and leave nobody behind."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cpor_site.env import BASE_DIR
from cpor_site.processes import Program, Stack

SLEEP = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEP
WITH_CHILD = (
    "import pathlib, subprocess, sys; child = subprocess.Popen([sys.executable, '-c', "
    "'import time; time.sleep(60)']); pathlib.Path(sys.argv[1]).write_text(str(child.pid)); "
    "print('up', flush=True); child.wait()"
)


def program(name: str, code: str, *arguments: str) -> Program:
    return Program(name=name, command=(sys.executable, "-c", code, *arguments))


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def run(stack: Stack, out: io.StringIO, *, send: signal.Signals | None = None) -> int:
    """Run `stack`; once every program has said that it is up, send the signal to ourselves."""

    def is_ready() -> bool:
        return out.getvalue().count("| up") == len(stack.programs)

    def on_ready() -> None:
        if send is not None:
            os.kill(os.getpid(), send)

    return stack.run(is_ready=is_ready, on_ready=on_ready)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all(number: signal.Signals) -> None:
    out = io.StringIO()
    stack = Stack((program("web", SLEEP), program("worker", SLEEP)), environ=os.environ, out=out)
    before = signal.getsignal(number)
    assert run(stack, out, send=number) == 0
    assert sorted(out.getvalue().splitlines()) == ["Stopping ...", "web    | up", "worker | up"]
    assert [alive(each.pid) for each in stack.running.values()] == [False, False]
    assert signal.getsignal(number) == before


def test_a_program_that_dies_takes_the_others_down() -> None:
    out = io.StringIO()
    dying = program("beat", "import sys; print('no database'); sys.exit(7)")
    stack = Stack((program("web", SLEEP), dying), environ=os.environ, out=out)
    assert run(stack, out) == 1
    said = out.getvalue().splitlines()
    assert "beat | no database" in said
    assert "The beat process ended by itself (exit code 7), so all are stopped." in said
    assert not any(alive(each.pid) for each in stack.running.values())


def test_a_program_killed_from_outside_is_told_by_its_signal() -> None:
    out = io.StringIO()
    dying = program("beat", "import os; os.kill(os.getpid(), 9)")
    stack = Stack((program("web", SLEEP), dying), environ=os.environ, out=out)
    assert run(stack, out) == 1
    assert "The beat process ended by itself (signal 9), so all are stopped." in out.getvalue()


def test_a_program_that_does_not_listen_is_killed() -> None:
    out = io.StringIO()
    stack = Stack((program("web", STUBBORN),), environ=os.environ, out=out, patience=0.5)
    assert run(stack, out, send=signal.SIGTERM) == 0
    assert stack.running["web"].returncode == -signal.SIGKILL


def test_a_second_signal_ends_the_patience() -> None:
    out = io.StringIO()
    stack = Stack((program("web", STUBBORN),), environ=os.environ, out=out, patience=600)

    def interrupt_again() -> None:
        while "Stopping" not in out.getvalue():
            time.sleep(0.05)
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)

    again = threading.Thread(target=interrupt_again)
    again.start()
    assert run(stack, out, send=signal.SIGINT) == 0
    again.join()
    assert stack.running["web"].returncode == -signal.SIGKILL


def test_children_of_programs_are_stopped_too(tmp_path: Path) -> None:
    out, note = io.StringIO(), tmp_path / "pid"
    stack = Stack((program("web", WITH_CHILD, str(note)),), environ=os.environ, out=out)
    assert run(stack, out, send=signal.SIGINT) == 0
    assert not alive(int(note.read_text()))


def test_the_last_line_needs_no_line_break_and_bytes_need_not_be_text() -> None:
    out = io.StringIO()
    code = "import sys; sys.stdout.buffer.write(b'one\\ntwo \\xff'); sys.stdout.flush()"
    stack = Stack((program("web", code),), environ=os.environ, out=out)
    assert run(stack, out) == 1
    assert [line for line in out.getvalue().splitlines() if line.startswith("web")] == [
        "web | one",
        "web | two \ufffd",
    ]


def test_a_terminal_that_is_gone_does_not_keep_programs_alive() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            super().write(text)
            raise OSError(5, "Input/output error")

    out = Gone()
    stack = Stack((program("web", SLEEP),), environ=os.environ, out=out)
    assert run(stack, out, send=signal.SIGHUP) == 0
    assert not alive(stack.running["web"].pid)


def test_programs_end_even_when_nobody_could_stop_them(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    supervisor = (
        "import os, pathlib, sys\n"
        "from cpor_site.processes import Program, Stack\n"
        "stack = Stack((Program(name='web', command=('sleep', '60')),),"
        " environ=os.environ, out=sys.stdout)\n"
        "stack.run(is_ready=lambda: True, on_ready=lambda:"
        " pathlib.Path(sys.argv[1]).write_text(str(stack.running['web'].pid)))"
    )
    running = subprocess.Popen([sys.executable, "-c", supervisor, str(note)], cwd=BASE_DIR)
    end = time.monotonic() + 60
    while not (note.exists() and note.read_text()) and time.monotonic() < end:
        time.sleep(0.05)
    running.kill()
    running.wait()
    pid = int(note.read_text())
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not alive(pid)
