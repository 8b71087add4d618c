"""A real ClamAV daemon for tests, with one signature of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = shutil.which("clamd", path=os.environ.get("PATH", "") + ":/usr/sbin")
VIRUS = b"this-is-what-the-tests-call-a-virus"
NAME = "Test.Of.The.Desk"
MOST = "1M"


@contextmanager
def clamd() -> Iterator[str]:
    """Run the daemon; yields its address. Streams of more than a megabyte are too long for it."""
    assert PROGRAM is not None
    with tempfile.TemporaryDirectory(prefix="cpor-clamd-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        signatures = folder / "signatures"
        signatures.mkdir()
        (signatures / "test.ndb").write_text(f"{NAME}:0:*:{VIRUS.hex()}\n")
        place = folder / "clamd.sock"
        config = folder / "clamd.conf"
        config.write_text(
            f"LocalSocket {place}\nDatabaseDirectory {signatures}\nForeground yes\n"
            f"StreamMaxLength {MOST}\nMaxThreads 4\nLogFile {folder / 'log'}\n"
        )
        with subprocess.Popen(
            [PROGRAM, f"--config-file={config}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                end = time.monotonic() + 30
                while not place.exists():
                    assert process.poll() is None, (folder / "log").read_text()
                    assert time.monotonic() < end
                    time.sleep(0.02)
                yield f"unix://{place}"
            finally:
                process.terminate()
                process.wait(10)
