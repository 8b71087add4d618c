"""A folder in which a file is either there as a whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage


class WholeFileStorage(FileSystemStorage):
    """Writes beside the place and moves there, so that no reader ever meets half a file.

    Storing under a name that is taken replaces the file, also as a whole. What was stored stays
    after a power cut.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_overwrite=True, **options)

    def _save(self, name: str, content: Any) -> str:
        place = Path(self.path(name))
        place.parent.mkdir(
            parents=True, exist_ok=True, mode=self.directory_permissions_mode or 0o777
        )
        handle, beside = tempfile.mkstemp(prefix=".", suffix=".part", dir=place.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if self.file_permissions_mode is not None:
                Path(beside).chmod(self.file_permissions_mode)
            Path(beside).replace(place)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
        _keep(place.parent)
        return name.replace("\\", "/")


def _keep(folder: Path) -> None:
    """Write the folder's list of names to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
