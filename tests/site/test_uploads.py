"""Uploaded files: told by name and content together, never by what the browser says."""

from __future__ import annotations

import hashlib
import io
import struct
import tracemalloc
import zipfile

import pytest
from django.utils import translation

from cpor_site.common.problems import Refused, Severity
from cpor_site.common.uploads import ALLOWED, Inspection, clean_name, inspect
from tests import files

MB = 1024 * 1024
MSG = ["__nameid_version1.0", "__substg1.0_0037001F", "__properties_version1.0"]


def look(name: str, content: bytes, *, max_bytes: int = 25 * MB) -> Inspection:
    return inspect(files.upload(name, content), max_bytes=max_bytes)


def refusal(name: str, content: bytes, *, max_bytes: int = 25 * MB) -> str:
    """Return the code of the one problem that the file is refused with."""
    with pytest.raises(Refused) as caught:
        look(name, content, max_bytes=max_bytes)
    (problem,) = caught.value.problems
    assert problem.severity == Severity.ERROR
    assert problem.field == "file"
    return problem.code


def codes(name: str, content: bytes) -> tuple[str, ...]:
    try:
        look(name, content)
    except Refused as refused:
        return refused.codes
    return ()


GOOD = {
    "a.pdf": files.pdf(),
    "a.docx": files.office("docx"),
    "a.xlsx": files.office("xlsx"),
    "a.pptx": files.office("pptx"),
    "a.msg": files.compound(MSG),
    "a.eml": files.MAIL,
    "a.rtf": b"{\\rtf1\\ansi Work done.\\par}\r\n",
    "a.txt": b"Work done.\n",
    "a.csv": b"workload;users\nTeams;12\n",
    "a.png": files.image("PNG"),
    "a.jpg": files.image("JPEG"),
    "a.jpeg": files.image("JPEG"),
    "a.tif": files.image("TIFF"),
    "a.tiff": files.image("TIFF"),
}


def test_there_is_a_good_file_for_every_allowed_type() -> None:
    assert [name.partition(".")[2] for name in GOOD] == list(ALLOWED)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_told_by_its_content(name: str) -> None:
    content = GOOD[name]
    seen = look(name, content)
    extension = name.partition(".")[2]
    assert seen == Inspection(
        name=name,
        extension=extension,
        content_type=ALLOWED[extension].content_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


@pytest.mark.parametrize("name", GOOD)
def test_no_file_passes_under_the_name_of_another_type(name: str) -> None:
    extension = name.partition(".")[2]
    same = {
        "jpg": {"jpg", "jpeg"},
        "jpeg": {"jpg", "jpeg"},
        "tif": {"tif", "tiff"},
        "tiff": {"tif", "tiff"},
        "txt": {"txt", "csv"},
        "csv": {"txt", "csv"},
        "eml": {"eml", "txt", "csv"},  # A mail in plain text is a text, too.
    }
    accepted = {other for other in ALLOWED if not codes(f"a.{other}", GOOD[name])}
    assert accepted == same.get(extension, {extension})


@pytest.mark.parametrize(
    "name",
    [
        "page.html",
        "page.htm",
        "page.mht",
        "drawing.svg",
        "macros.docm",
        "macros.xlsm",
        "old.doc",
        "all.zip",
        "film.mp4",
        "proof.pdf.exe",
        "pdf",
        ".pdf",
        "proof.",
    ],
)
def test_other_types_are_not_allowed_whatever_is_inside(name: str) -> None:
    assert refusal(name, GOOD["a.pdf"]) == "POE-02"


def test_the_refusal_names_the_file_and_what_is_allowed() -> None:
    with translation.override("en"), pytest.raises(Refused) as caught:
        look("../../etc/page.html", b"<html>")
    assert str(caught.value.problems[0].message) == (
        "page.html can't be accepted: its type isn't allowed or its content is of another type. "
        "Allowed: pdf, docx, xlsx, pptx, msg, eml, rtf, txt, csv, png, jpg, jpeg, tif, tiff."
    )


# --- size ---------------------------------------------------------------------------------------


def test_sizes_up_to_the_limit_pass() -> None:
    assert look("a.txt", b"x" * 1000, max_bytes=1000).size == 1000
    with translation.override("en"), pytest.raises(Refused) as caught:
        look("a.txt", b"x" * (2 * MB + 1), max_bytes=2 * MB)
    assert caught.value.codes == ("POE-03",)
    assert str(caught.value.problems[0].message) == "a.txt is 2.1 MB; the limit is 2 MB."


def test_a_size_that_lies_does_not_help() -> None:
    lying = files.upload("a.txt", b"x" * 2000)
    lying.size = 10
    with pytest.raises(Refused) as caught:
        inspect(lying, max_bytes=1000)
    assert caught.value.codes == ("POE-03",)


@pytest.mark.parametrize("name", GOOD)
def test_an_empty_file_cannot_be_opened(name: str) -> None:
    assert refusal(name, b"") == "POE-04"


def test_a_large_file_is_never_in_memory_as_a_whole() -> None:
    content = (b"workload;users\n" * 7)[:100] * (20 * MB // 100)
    large = files.spooled_upload("a.csv", content)
    digest = hashlib.sha256(content).hexdigest()
    tracemalloc.start()
    seen = inspect(large, max_bytes=25 * MB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (seen.size, seen.sha256) == (len(content), digest)
    assert peak < 4 * MB
    assert large.read(8) == content[:8]


# --- broken and locked --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("a.pdf", files.pdf(password="s3cret"), id="locked pdf"),
        pytest.param("a.pdf", files.pdf()[:300], id="cut off pdf"),
        pytest.param("a.pdf", b"%PDF-1.7\n" + b"\x00" * 500, id="pdf that is none"),
        pytest.param("a.pdf", files.pdf().replace(b"/Kids [", b"/Kids []%"), id="pdf without page"),
        pytest.param("a.docx", files.office("docx")[:-40], id="cut off docx"),
        pytest.param("a.docx", files.with_password_flag(files.office("docx")), id="locked zip"),
        pytest.param(
            "a.xlsx", files.compound(["EncryptionInfo", "EncryptedPackage"]), id="locked xlsx"
        ),
        pytest.param("a.xlsx", files.compound(["x"])[:600], id="cut off container"),
        pytest.param("a.msg", files.compound(MSG)[:600], id="cut off message"),
        pytest.param("a.msg", files.compound(MSG)[:100], id="message without header"),
        pytest.param("a.rtf", b"{\\rtf1 cut off", id="cut off rtf"),
        pytest.param("a.png", files.image("PNG")[:200], id="cut off png"),
        pytest.param("a.jpg", files.image("JPEG")[:-2], id="cut off jpeg"),
        pytest.param("a.tif", b"II*\x00", id="cut off tiff"),
        pytest.param("a.tif", b"MM\x00*\x00\x00\xff\xff" + b"\x00" * 90, id="tiff without end"),
    ],
)
def test_what_cannot_be_opened_is_refused(name: str, content: bytes) -> None:
    assert refusal(name, content) == "POE-04"


# --- Office -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        files.office("docm"),
        files.office("docx", **{"vbaProject.bin": b"macros"}),
        files.office("docx", "application/vnd.ms-office.vbaProject"),
        files.office("xlsx", "application/vnd.ms-excel.macrosheet+xml"),
    ],
)
def test_macros_are_refused_by_that_name(content: bytes) -> None:
    for name in ("a.docx", "a.xlsx"):
        with translation.override("en"), pytest.raises(Refused) as caught:
            look(name, content)
        assert caught.value.codes == ("POE-02",)
        assert "contains macros" in str(caught.value.problems[0].message)


@pytest.mark.parametrize(
    "content",
    [
        files.office("dotx"),
        files.archive({"word/document.xml": b"<document/>"}),
        files.compound(["WordDocument", "1Table"]),
    ],
)
def test_templates_plain_archives_and_old_documents_are_not_allowed(content: bytes) -> None:
    assert refusal("a.docx", content) == "POE-02"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_office_file_packed_as_no_office_program_does_is_not_opened(method: int) -> None:
    """A few bytes of such a packing can ask for gigabytes of memory."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as target:
        target.writestr("[Content_Types].xml", files.content_types(files.MAIN["docx"]))
    assert refusal("a.docx", packed.getvalue()) == "POE-04"


def test_hostile_parts_of_an_office_file_are_not_followed() -> None:
    entity = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    bomb = files.content_types(files.MAIN["docx"], before=entity)
    assert refusal("a.docx", files.archive({"[Content_Types].xml": bomb})) == "POE-04"

    huge = files.content_types(files.MAIN["docx"]) + b" " * (2 * MB)
    assert refusal("a.docx", files.archive({"[Content_Types].xml": huge})) == "POE-04"

    claims_much = bytearray(files.office("docx"))
    end = claims_much.rfind(b"PK\x05\x06")
    struct.pack_into("<I", claims_much, end + 12, 100 * MB)
    assert refusal("a.docx", bytes(claims_much)) == "POE-04"


# --- mail ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("table_sectors_before", [1, 108, 110, 240])
def test_a_large_message_has_its_directory_far_behind(table_sectors_before: int) -> None:
    far = files.compound(MSG + ["x"] * 20, table_sectors_before=table_sectors_before)
    assert look("a.msg", far).content_type == "application/vnd.ms-outlook"


def test_a_message_whose_directory_runs_in_a_ring_is_refused() -> None:
    ring = bytearray(files.compound(MSG))
    table_at = struct.unpack_from("<I", ring, 76)[0]
    struct.pack_into("<I", ring, (table_at + 1) * 512, 0)
    assert refusal("a.msg", bytes(ring)) == "POE-04"


def test_a_japanese_mail_is_a_mail() -> None:
    body = "作業完了".encode("iso-2022-jp")
    assert look("a.eml", files.MAIL + body).content_type == "message/rfc822"
    assert refusal("a.txt", b"not a mail: " + body) == "POE-02"


@pytest.mark.parametrize(
    "content",
    [
        b"From: <Saved>\r\nTo: nobody\r\nSnapshot-Content-Location: https://x.example/\r\n\r\n",
        b"From: <Saved by a browser>\r\nSubject: Page\r\nMIME-Version: 1.0\r\n\r\n<html>",
        b"Just a note: from me.\n\nTo: you",
        b"<html>From: a\nTo: b</html>",
        files.MAIL + b"\x00",
    ],
)
def test_what_is_no_mail_is_refused_as_one(content: bytes) -> None:
    assert refusal("a.eml", content) == "POE-02"


# --- text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "Żądanie;użytkownicy\nTeams;12\n".encode(),
        "\ufeffż;12\n".encode(),
        "żądanie;12\r\n".encode("utf-16"),
        "Größe;12\r\n".encode("cp1252"),
        "żądanie;12\r\n".encode("cp1250"),
        "申請;12\r\n".encode("big5"),
        b"a < b and c > d\n",
        b"BMW 320;2\n",
        b"page one\x0cpage two\n",
        "ż".encode() * 40_000,
    ],
)
def test_text_in_the_encodings_that_people_use(content: bytes) -> None:
    assert look("a.csv", content).size == len(content)
    assert look("a.txt", content).size == len(content)


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><title>x</title>",
        b"  \n<HTML><body>hello",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"name;note\nx;<script>alert(1)</script>\n",
        b'<?xml version="1.0"?><x/>',
        "<html>".encode("utf-16"),
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n",
        b"text\x00with a NUL",
        b"text\x07with a bell",
        b"x" * 200_000 + b"\x00",
        "x\x00".encode("utf-16"),
        b"%PDF-1.7",
        b"MZ\x90\x00\x03",
        b"BM\x36\x00\x00",
        b"#!/bin/sh\n",
        b"\xff\xfe\x00",
    ],
)
def test_pages_drawings_and_programs_do_not_pass_as_text(content: bytes) -> None:
    assert refusal("a.txt", content) == "POE-02"
    assert refusal("a.csv", content) == "POE-02"


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("proof.pdf", "proof.pdf"),
        ("C:\\Users\\ada\\Proof of work.PDF", "Proof of work.PDF"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("proof\u202efdp.exe.pdf", "prooffdp.exe.pdf"),
        ("\u200fproof\u200b\ufeff.pdf", "proof.pdf"),
        ("pro\x00of\r\n\t1.pdf", "proof 1.pdf"),
        ("Größe żądania 作業.pdf", "Größe żądania 作業.pdf"),
        ("Gro\u0308\u00dfe.pdf", "Größe.pdf"),
        ("  . hidden .pdf ", "hidden .pdf"),
        ("", "document"),
        ("..", "document"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("x" * 300, "x" * 150),
        ("a." + "y" * 300, "a." + "y" * 10),
    ],
)
def test_names_are_cleaned_for_display(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean
