"""What drawing one document may cost; the drawing process imports this without Django."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds; pixels and characters are for one page.

    ``work_seconds`` is when the drawing process stops by itself and keeps what it has;
    ``cpu_seconds`` and ``wall_seconds`` are when it is killed and everything is lost.
    """

    work_seconds: int = 40
    cpu_seconds: int = 50
    wall_seconds: int = 60
    memory: int = 1024 * 1024 * 1024
    pages: int = 200
    width: int = 1400
    height: int = 2400
    source_pixels: int = 80_000_000
    image_bytes: int = 12 * 1024 * 1024
    output_bytes: int = 120 * 1024 * 1024
    characters: int = 20_000
    source_text: int = 4 * 1024 * 1024


LIMITS = Limits()
KINDS = {
    "application/pdf": "pdf",
    "image/png": "image",
    "image/jpeg": "image",
    "image/tiff": "image",
    "text/plain": "text",
    "text/csv": "text",
    "message/rfc822": "mail",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "word",
}
"""How each media type is read; others are for downloading only."""
