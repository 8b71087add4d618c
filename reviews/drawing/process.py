"""Reads one document and writes its pages: ``python -I process.py LIMITS KIND SOURCE FOLDER``.

Runs alone, without Django, database or secrets. For each page it writes ``N.png`` (a document of
words has none) and one line of JSON into ``pages.jsonl``, at last one with the number of pages and
why it stopped early, if it did. Exit code 0, or 3 for a document that can't be read.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

UNREADABLE = 3
NAME_OF_A_PARAGRAPH = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}p"
NAME_OF_WORDS = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}t"

Page = tuple[Any, str]
"""An image of Pillow's or None, and the page's text."""


class Full(Exception):
    """The document goes on, but a limit is reached; ``args[0]`` names it."""


def confine(limits: dict[str, int]) -> None:
    """Let the system end this process when it takes too much."""
    cpu, size = limits["cpu_seconds"], limits["image_bytes"]
    for what, soft, hard in (
        (resource.RLIMIT_CPU, cpu, cpu + 2),
        (resource.RLIMIT_AS, limits["memory"], limits["memory"]),
        (resource.RLIMIT_FSIZE, size, size),
        (resource.RLIMIT_NOFILE, 64, 64),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(what, (soft, hard))


def pages_of_pdf(source: Path, limits: dict[str, int]) -> tuple[int, Iterator[Page]]:
    import pypdfium2

    document = pypdfium2.PdfDocument(source)
    if document.get_formtype():
        # Without this what was typed into a form isn't drawn. This PDFium runs no scripts.
        document.init_forms()
    count = len(document)

    def drawn() -> Iterator[Page]:
        for number in range(count):
            page = document[number]
            width, height = page.get_size()
            scale = min(
                limits["width"] / max(width, 1), limits["height"] / max(height, 1), 200 / 72
            )
            image = page.render(scale=scale, rev_byteorder=True).to_pil()
            words = page.get_textpage()
            text = words.get_text_range(0, min(words.count_chars(), limits["characters"]))
            words.close()
            page.close()
            yield image, text

    return count, drawn()


def pages_of_image(source: Path, limits: dict[str, int]) -> tuple[int, Iterator[Page]]:
    from PIL import Image, ImageOps, ImageSequence

    Image.MAX_IMAGE_PIXELS = limits["source_pixels"] // 2  # Pillow stops at twice as many.
    image = Image.open(source, formats=("PNG", "JPEG", "TIFF"))
    count = getattr(image, "n_frames", 1)

    def drawn() -> Iterator[Page]:
        for frame in ImageSequence.Iterator(image):
            if frame.width * frame.height > limits["source_pixels"]:
                raise Full("size")
            frame.draft("RGB", (limits["width"], limits["height"]))
            upright = ImageOps.exif_transpose(frame)
            upright.thumbnail((limits["width"], limits["height"]))
            yield upright, ""

    return count, drawn()


def pages_of_text(source: Path, limits: dict[str, int]) -> tuple[int, Iterator[Page]]:
    return words_only(_decoded(source.read_bytes()[: limits["source_text"]]), limits)


def pages_of_mail(source: Path, limits: dict[str, int]) -> tuple[int, Iterator[Page]]:
    from email import message_from_bytes, policy

    message = message_from_bytes(
        source.read_bytes()[: limits["source_text"]], policy=policy.default
    )
    head = [
        f"{name}: {message[name]}"
        for name in ("From", "To", "Cc", "Date", "Subject")
        if message[name]
    ]
    body = message.get_body(("plain",))
    words = str(body.get_content()) if body is not None else ""
    files = [each.get_filename() or "" for each in message.iter_attachments()]
    tail = [f"[{name}]" for name in files if name]
    return words_only("\n".join([*head, "", words, *tail]), limits)


def pages_of_word(source: Path, limits: dict[str, int]) -> tuple[int, Iterator[Page]]:
    import io
    import zipfile

    from defusedxml import ElementTree

    with zipfile.ZipFile(source) as archive, archive.open("word/document.xml") as part:
        content = part.read(limits["source_text"] * 4 + 1)
    if len(content) > limits["source_text"] * 4:
        raise Full("size")
    paragraphs = []
    for _event, element in ElementTree.iterparse(io.BytesIO(content)):
        if element.tag == NAME_OF_A_PARAGRAPH:
            paragraphs.append("".join(each.text or "" for each in element.iter(NAME_OF_WORDS)))
            element.clear()
    return words_only("\n".join(paragraphs), limits)


def words_only(text: str, limits: dict[str, int]) -> tuple[int, Iterator[Page]]:
    """Divide a text into pages of as many characters as a page may have."""
    size = limits["characters"]
    parts = [text[start : start + size] for start in range(0, len(text), size)] or [""]
    return len(parts), ((None, part) for part in parts)


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ""):
        if encoding:
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
    return content.decode("cp1252", errors="replace")


READERS = {
    "pdf": pages_of_pdf,
    "image": pages_of_image,
    "text": pages_of_text,
    "mail": pages_of_mail,
    "word": pages_of_word,
}


def write_pages(
    pages: Iterator[Page], folder: Path, record: TextIO, limits: dict[str, int], end: float
) -> str:
    """Write one page after the other; return the limit that was reached, if one was."""
    written = 0
    try:
        for number, (image, text) in enumerate(pages, start=1):
            if number > limits["pages"]:
                return "pages"
            if image is not None:
                path = folder / f"{number}.png"
                if image.mode not in ("1", "L", "RGB"):
                    image = image.convert("RGB")
                image.save(path, "PNG", compress_level=4)
                written += path.stat().st_size
                if written > limits["output_bytes"]:
                    return "size"
            record.write(json.dumps({"number": number, "text": text}) + "\n")
            record.flush()
            if time.monotonic() > end:
                return "time"
    except Full as limit:
        return str(limit)
    return ""


def main(arguments: list[str]) -> int:
    limits: dict[str, int] = json.loads(arguments[0])
    kind, source, folder = arguments[1], Path(arguments[2]), Path(arguments[3])
    end = time.monotonic() + limits["work_seconds"]
    confine(limits)
    with (folder / "pages.jsonl").open("w", encoding="utf-8") as record:
        try:
            count, pages = READERS[kind](source, limits)
        except (MemoryError, OSError):
            raise
        except Full as limit:
            record.write(json.dumps({"count": 0, "stopped": str(limit)}) + "\n")
            return 0
        except Exception:
            return UNREADABLE
        stopped = write_pages(pages, folder, record, limits, end)
        record.write(json.dumps({"count": count, "stopped": stopped}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
