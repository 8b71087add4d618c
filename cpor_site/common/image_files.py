"""Pictures (png, jpg, tif): whole, of a size that can be drawn, and nothing but a picture.

Only headers are read: what a picture says of itself before a single dot is unpacked.
"""

from __future__ import annotations

import os
import struct
from typing import IO

from PIL import Image

from .file_problems import NotOfThisType, Unreadable
from .text_files import HEAD, MARKUP, ask_no_archive_behind, last_bytes

MOST_PIXELS = 150_000_000
"""An A4 page at 1200 dots an inch has fewer; a few bytes more would ask for gigabytes of memory."""
LONGEST_SIDE = 65_000
MOST_PAGES = 2000

Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # Pillow's own limit, above which it warns, then refuses.


def check_png(file: IO[bytes]) -> None:
    """A PNG that is whole."""
    if not file.read(16).startswith(b"\x89PNG\r\n\x1a\n"):
        raise NotOfThisType
    if b"IEND" not in last_bytes(file, 1024):
        raise Unreadable
    _ask_picture(file, "PNG")


def check_jpeg(file: IO[bytes]) -> None:
    """A JPEG that is whole; some cameras put data of their own behind the end mark."""
    if file.read(3) != b"\xff\xd8\xff":
        raise NotOfThisType
    if b"\xff\xd9" not in last_bytes(file, HEAD):
        raise Unreadable
    _ask_picture(file, "JPEG")


def check_tiff(file: IO[bytes]) -> None:
    """A TIFF whose directories all lie inside the file, one after the other."""
    head = file.read(8)
    if head[:4] not in (b"II*\x00", b"MM\x00*"):
        raise NotOfThisType
    if len(head) < 8:
        raise Unreadable
    order = "<" if head.startswith(b"II") else ">"
    size = file.seek(0, os.SEEK_END)
    place, seen = struct.unpack(f"{order}I", head[4:])[0], set[int]()
    while place:
        if not 8 <= place < size - 2 or place in seen or len(seen) >= MOST_PAGES:
            raise Unreadable
        seen.add(place)
        file.seek(place)
        count = struct.unpack(f"{order}H", file.read(2))[0]
        file.seek(place + 2 + count * 12)
        place = struct.unpack(f"{order}I", (file.read(4) + b"\0\0\0\0")[:4])[0]
    _ask_picture(file, "TIFF")


def _ask_picture(file: IO[bytes], kind: str) -> None:
    file.seek(0)
    if MARKUP.search(file.read(1024).decode("latin-1")):
        raise NotOfThisType
    ask_no_archive_behind(file)
    file.seek(0)
    with Image.open(file, formats=(kind,)) as picture:
        width, height = picture.size
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise Unreadable
