"""Names of files that a computer runs, and of those a desk takes under no circumstances."""

from __future__ import annotations

PROGRAMS = frozenset(
    """
    ade adp app appx bat chm cmd com cpl dll dmg exe gadget hta img inf ins iso isp jar jnlp js jse
    library-ms lnk mde msc msh msi msix msp mst ocx one pif pkg ps1 ps2 psc1 psm1 py pyc reg scf
    scr sct search-ms settingcontent-ms sh shb sys theme url vb vbe vbs vbscript vhd vhdx vxd
    website wsc wsf wsh xll
    """.split()  # noqa: SIM905 # A list of that length reads better as text.
)
MACRO_FORMATS = frozenset("docm dotm xlsm xltm xlsb xlam pptm potm ppam ppsm sldm".split())  # noqa: SIM905
WEB_PAGES = frozenset("htm html xht xhtml mht mhtml svg svgz".split())  # noqa: SIM905

PROGRAM_BEGINNINGS = (
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"#!",
    b"L\x00\x00\x00",
)
"""Of Windows, Linux, macOS (two), scripts and shortcuts; four bytes at most."""


def is_program(name: str) -> bool:
    """Whether a file of that name runs, or may run programs, when somebody opens it."""
    return _extension(name) in PROGRAMS | MACRO_FORMATS


def is_unwelcome(name: str) -> bool:
    """Whether a file of that name, inside a mail, is a program or a page of the web."""
    return is_program(name) or _extension(name) in WEB_PAGES


def _extension(name: str) -> str:
    # Windows forgets dots and spaces at the end of a name.
    return name.strip().rstrip(". \0\"'").rpartition(".")[2].lower()
