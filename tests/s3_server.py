"""An S3 server for tests that really checks signatures and when they expire."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RCLONE = Path(sys.executable).parent / "rclone"
BUCKET = "proof"
KEY, SECRET = "key-of-the-tests", "secret-of-the-tests"


@dataclass(frozen=True)
class Bucket:
    """A bucket: where it is reached, and the folder in which its files lie."""

    address: str
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        """The settings of a desk that keeps its documents there."""
        return {
            "AWS_STORAGE_BUCKET_NAME": BUCKET,
            "AWS_S3_ENDPOINT_URL": self.address,
            "AWS_S3_REGION_NAME": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }


@contextmanager
def s3_server() -> Iterator[Bucket]:
    with tempfile.TemporaryDirectory(prefix="cpor-s3-") as name, socket.socket() as probe:
        folder = Path(name)
        (folder / BUCKET).mkdir()
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command: list[Any] = [RCLONE, "serve", "s3", "--auth-key", f"{KEY},{SECRET}"]
        command += ["--addr", f"127.0.0.1:{port}", "--config", "/dev/null", folder]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                end = time.monotonic() + 30
                while True:
                    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                        break
                    assert process.poll() is None
                    assert time.monotonic() < end
                    time.sleep(0.05)
                yield Bucket(f"http://127.0.0.1:{port}", folder / BUCKET)
            finally:
                process.terminate()
                process.wait(10)
