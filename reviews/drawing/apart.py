"""Starts the drawing process on a copy of a document, waits for it, and judges what it left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from .limits import KINDS, LIMITS, Limits

SCRIPT = Path(__file__).with_name("process.py")
UNREADABLE = 3
LONGEST_RECORD = 64 * 1024 * 1024
STOPPED = frozenset({"", "pages", "size", "time"})


@dataclass(frozen=True)
class DrawnPage:
    """One page: the path of its PNG (None for a page of words), its size in pixels, its text."""

    number: int
    path: Path | None
    width: int
    height: int
    text: str


@dataclass
class Drawing:
    """What came of it.

    ``problem`` is empty, or says what went wrong: with pages, why there aren't more (``pages``,
    ``size``, ``time``); without, why there are none (``unreadable``, ``time``, ``crash``).
    ``count`` is the number of pages of the document itself.
    """

    pages: list[DrawnPage] = field(default_factory=list)
    count: int = 0
    problem: str = ""


@contextmanager
def drawn(source: IO[bytes], content_type: str, *, limits: Limits = LIMITS) -> Iterator[Drawing]:
    """Yield the pages of a document; their files are gone when the block ends.

    Takes at most ``limits.wall_seconds``, whatever the document does to its reader. The process
    gets no variable of this one's environment and dies with its whole group.
    """
    with tempfile.TemporaryDirectory(prefix="cpor-pages-") as name:
        folder = Path(name)
        copy, target = folder / "source", folder / "pages"
        target.mkdir()
        with copy.open("wb") as file:
            shutil.copyfileobj(source, file)
        code = _run(KINDS[content_type], copy, target, limits)
        yield _judged(target, code, limits)


def _run(kind: str, copy: Path, target: Path, limits: Limits) -> int | None:
    """Return the process's exit code, or None if its time was up."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-I",
            str(SCRIPT),
            json.dumps(asdict(limits)),
            kind,
            str(copy),
            str(target),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"LANG": "C.UTF-8", "PATH": os.defpath, "TMPDIR": str(target)},
        cwd=target,
        start_new_session=True,
        close_fds=True,
    )
    try:
        return process.wait(timeout=limits.wall_seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _judged(target: Path, code: int | None, limits: Limits) -> Drawing:
    """Believe only what can be checked: the process may have met a file made to take it over."""
    if code == UNREADABLE:
        return Drawing(problem="unreadable")
    pages, end = _recorded(target, limits)
    if end is None:
        slow = code is None or code == -signal.SIGXCPU
        problem = "time" if slow else "crash"
        return Drawing(pages, max((page.number for page in pages), default=0), problem)
    count, stopped = end
    return Drawing(pages, count, stopped)


def _recorded(target: Path, limits: Limits) -> tuple[list[DrawnPage], tuple[int, str] | None]:
    """Return the pages that were written whole, and the record's last line if there is one."""
    pages: list[DrawnPage] = []
    record = _read(target / "pages.jsonl", LONGEST_RECORD)
    for line in (record or b"").decode("utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
            if "count" in entry:
                stopped = entry["stopped"]
                return pages, (int(entry["count"]), stopped if stopped in STOPPED else "crash")
            if entry["number"] != len(pages) + 1 or len(pages) >= limits.pages:
                break
            text = str(entry["text"])[: limits.characters]
        except (ValueError, TypeError, KeyError):
            break
        page = _page(target, len(pages) + 1, text, limits)
        if page is None:
            break
        pages.append(page)
    return pages, None


def _page(target: Path, number: int, text: str, limits: Limits) -> DrawnPage | None:
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    text = text.encode("utf-8", errors="replace").decode("utf-8")  # No half of a surrogate pair.
    path = target / f"{number}.png"
    if not path.is_symlink() and not path.exists():
        return DrawnPage(number, None, 0, 0, text)
    head = _read(path, limits.image_bytes)
    if head is None or head[:8] != b"\x89PNG\r\n\x1a\n" or head[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", head[16:24])
    if not (0 < width <= limits.width + 1 and 0 < height <= limits.height + 1):
        return None
    return DrawnPage(number, path, width, height, text)


def _read(path: Path, most: int) -> bytes | None:
    """Return the content of a plain file of at most ``most`` bytes; never follow a link."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        if os.fstat(handle).st_size > most:
            return None
        return file.read(most)
