"""Looking at an uploaded file before it is kept: is it what its name says, and can it be opened?

Only the types of section 4.5 are allowed, told by extension *and* content. A file is read in
chunks or through parsers that seek in it; it is never in memory as a whole.
"""

from __future__ import annotations

import hashlib
import logging
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from django.core.files.uploadedfile import UploadedFile
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from . import image_files, mail_files, office_files, pdf_files, text_files
from .file_problems import HasMacros, IsActive, NotOfThisType, Unreadable
from .problems import Problem, Refused, error

logger = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
LONGEST_NAME = 150
FIELD = "file"
"""The form field that problems of a file belong to."""
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)", re.IGNORECASE)
"""Names that stand for a device on Windows, whatever comes behind the dot."""
OFFICE = "application/vnd.openxmlformats-officedocument"

Check = Callable[[IO[bytes]], None]


@dataclass(frozen=True)
class FileType:
    """A type that is allowed: its media type, and what its content has to be."""

    content_type: str
    check: Check


ALLOWED: dict[str, FileType] = {
    "pdf": FileType("application/pdf", pdf_files.check_pdf),
    "docx": FileType(f"{OFFICE}.wordprocessingml.document", office_files.check_docx),
    "xlsx": FileType(f"{OFFICE}.spreadsheetml.sheet", office_files.check_xlsx),
    "pptx": FileType(f"{OFFICE}.presentationml.presentation", office_files.check_pptx),
    "msg": FileType("application/vnd.ms-outlook", mail_files.check_msg),
    "eml": FileType("message/rfc822", mail_files.check_eml),
    "rtf": FileType("application/rtf", text_files.check_rtf),
    "txt": FileType("text/plain", text_files.check_text),
    "csv": FileType("text/csv", text_files.check_text),
    "png": FileType("image/png", image_files.check_png),
    "jpg": FileType("image/jpeg", image_files.check_jpeg),
    "jpeg": FileType("image/jpeg", image_files.check_jpeg),
    "tif": FileType("image/tiff", image_files.check_tiff),
    "tiff": FileType("image/tiff", image_files.check_tiff),
}


@dataclass(frozen=True)
class Inspection:
    """What an accepted file is. ``size`` in bytes, ``sha256`` in hexadecimal digits."""

    name: str
    extension: str
    content_type: str
    size: int
    sha256: str


def inspect(upload: UploadedFile, *, max_bytes: int) -> Inspection:
    """Return what the file is, and leave it rewound.

    Raises ``Refused``: POE-02 for a type that isn't allowed or content that isn't of the type the
    name says, POE-03 for more than ``max_bytes``, POE-04 for a file that is empty, protected by a
    password or broken.
    """
    name = clean_name(upload.name or "")
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    file_type = ALLOWED.get(extension)
    if file_type is None:
        raise Refused(not_allowed(name))
    if (upload.size or 0) > max_bytes:
        raise Refused(_too_large(name, upload.size or 0, max_bytes))
    digest, size = hashlib.sha256(), 0
    for chunk in upload.chunks():
        digest.update(chunk)
        size += len(chunk)
        if size > max_bytes:
            raise Refused(_too_large(name, size, max_bytes))
    if size == 0:
        raise Refused(_unreadable(name))
    file = upload.file
    assert file is not None
    try:
        file.seek(0)
        file_type.check(file)
    except HasMacros:
        raise Refused(
            error(
                "POE-02",
                _("%(file)s contains macros, so it can't be accepted. Save it without macros.")
                % {"file": name},
                field=FIELD,
                subject=name,
            )
        ) from None
    except IsActive:
        raise Refused(
            error(
                "POE-02",
                _("%(file)s contains programs, scripts, other files or parts that are fetched from "
                  "elsewhere, so it can't be accepted. Print it as a PDF and upload that.")
                % {"file": name},
                field=FIELD,
                subject=name,
            )
        ) from None  # fmt: skip
    except NotOfThisType:
        raise Refused(not_allowed(name)) from None
    except Unreadable:
        raise Refused(_unreadable(name)) from None
    except Exception as problem:
        # The parsers meet files made to break them; whatever they stumble over can't be read.
        logger.warning("A .%s file couldn't be read: %r", extension, problem)
        raise Refused(_unreadable(name)) from problem
    file.seek(0)
    return Inspection(name, extension, file_type.content_type, size, digest.hexdigest())


def clean_name(raw: str) -> str:
    """Return the file's name for display: without folders, control or direction characters.

    Never used as a path; who downloads the file under it gets no device of Windows. At most
    ``LONGEST_NAME`` characters; the extension is kept.
    """
    last = raw.replace("\\", "/").rpartition("/")[2]
    plain = "".join(
        " " if unicodedata.category(char) in ("Zs", "Zl", "Zp") or char in "\t\r\n" else char
        for char in unicodedata.normalize("NFC", last)
        if unicodedata.category(char) not in ("Cf", "Cs", "Co", "Cn")
        and (char in "\t\r\n" or unicodedata.category(char) != "Cc")
    )
    name = " ".join(plain.split()).strip(". ")
    if RESERVED.match(name):
        name = f"_{name}"
    stem, dot, extension = name.rpartition(".")
    if not dot:
        return name[:LONGEST_NAME] or str(_("document"))
    extension = extension[:10]
    return f"{stem[: LONGEST_NAME - len(extension) - 1]}.{extension}"


def not_allowed(name: str) -> Problem:
    """POE-02."""
    return error(
        "POE-02",
        _("%(file)s can't be accepted: its type isn't allowed or its content is of another type. "
          "Allowed: %(list)s.")
        % {"file": name, "list": ", ".join(ALLOWED)},
        field=FIELD,
        subject=name,
    )  # fmt: skip


def in_megabytes(size: int) -> str:
    """Return a number of bytes as megabytes with one digit, never rounded down to the limit."""
    tenths = -(-size * 10 // MEGABYTE)
    return number_format(tenths / 10, decimal_pos=0 if tenths % 10 == 0 else 1)


def _too_large(name: str, size: int, limit: int) -> Problem:
    return error(
        "POE-03",
        _("%(file)s is %(size)s MB; the limit is %(limit)s MB.")
        % {"file": name, "size": in_megabytes(size), "limit": in_megabytes(limit)},
        field=FIELD,
        subject=name,
    )


def _unreadable(name: str) -> Problem:
    return error(
        "POE-04",
        _("%(file)s can't be opened: it is empty, damaged or protected. "
          "Upload it without a password.")
        % {"file": name},
        field=FIELD,
        subject=name,
    )  # fmt: skip
