"""Opening a file that somebody sent, with a sentence for what can't be one."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from .report import UnusableFile

LONGEST_LINE = 1024 * 1024
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
WORKBOOK = b"PK\x03\x04"


@contextmanager
def open_file(path: Path) -> Iterator[BinaryIO]:
    """Open ``path`` behind its UTF-8 mark, if it has one.

    Raises ``UnusableFile`` if there is none, or if its first bytes say that it is something else.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise UnusableFile(_("There is no file %(path)s.") % {"path": path}) from None
    except OSError as error:
        raise UnusableFile(
            _("%(path)s can't be read: %(reason)s.") % {"path": path, "reason": error.strerror}
        ) from error
    with file:
        start = file.read(4)
        if start.startswith(UTF_16):
            raise UnusableFile(
                _("%(name)s is written in UTF-16. Save it as UTF-8.") % {"name": path.name}
            )
        if start.startswith(WORKBOOK):
            raise UnusableFile(
                _("%(name)s is a workbook or an archive. Save the sheet as CSV (UTF-8).")
                % {"name": path.name}
            )
        file.seek(len(codecs.BOM_UTF8) if start.startswith(codecs.BOM_UTF8) else 0)
        yield file


def is_json(path: Path) -> bool:
    """Say whether ``path`` is a folder or begins like JSON, whatever its name ends in."""
    if path.is_dir():
        return True
    with open_file(path) as file:
        start = file.read(4096).lstrip()
    return start.startswith((b"{", b"[")) or path.suffix.casefold() == ".json"
