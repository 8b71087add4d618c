"""Documents for tests of drawing: ordinary ones, and some made to cost their reader dearly."""

from __future__ import annotations

import io

from fpdf import FPDF
from PIL import Image


def pdf_of(*texts: str) -> bytes:
    """Return a PDF with one page for each text."""
    made = FPDF()
    for text in texts:
        made.add_page()
        made.set_font("Helvetica", size=12)
        made.multi_cell(0, 8, text)
    return bytes(made.output())


def raw_pdf(*, side: int = 600, pages: int = 1, content: bytes = b"") -> bytes:
    """Return a PDF of square pages, ``side`` points wide, that all draw the same ``content``."""
    kids = " ".join(f"{3 + number} 0 R" for number in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
    ]
    page = (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {side} {side}] /Contents {3 + pages} 0 R >>"
    )
    objects += [page.encode()] * pages
    objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return assembled(objects)


def deep_pdf(depth: int = 200_000) -> bytes:
    """Return a PDF whose page tree is so deep that a careless reader runs out of its stack."""
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Deep "
            + b"[" * depth
            + b"]" * depth
            + b" >>",
        ]
    )


def assembled(objects: list[bytes]) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + content + b"\nendobj\n")
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    for place in places:
        out.write(f"{place:010d} 00000 n \n".encode())
    out.write(
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF".encode()
    )
    return out.getvalue()


def tiff_of(frames: int) -> bytes:
    images = [Image.new("L", (200, 300), shade * 40) for shade in range(frames)]
    out = io.BytesIO()
    images[0].save(out, "TIFF", save_all=True, append_images=images[1:])
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()
