"""A corpus of files made to harm: each is refused with its code, and quickly."""

from __future__ import annotations

import os
import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpor_site.common.problems import Refused
from cpor_site.common.uploads import ALLOWED, Inspection, clean_name, inspect
from tests import files

from .hostile_files import HONEST, HOSTILE, message

MB = 1024 * 1024
FUZZ = int(os.environ.get("FUZZ_EXAMPLES", "25"))
"""How many variants of a file are tried; set it to some thousands for a night's run."""


def verdict(name: str, content: bytes) -> tuple[str, ...]:
    try:
        inspect(files.upload(name, content), max_bytes=25 * MB)
    except Refused as refused:
        return refused.codes
    return ()


def test_the_corpus_is_large() -> None:
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_are_refused(what: str) -> None:
    name, code, make = HOSTILE[what]
    content = make()
    assert len(content) <= 25 * MB
    began = time.thread_time()
    tracemalloc.start()
    found = verdict(name, content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == (code,)
    assert time.thread_time() - began < 5
    assert peak < 40 * MB


@pytest.mark.parametrize("what", HONEST)
def test_honest_files_like_them_are_taken(what: str) -> None:
    name, make = HONEST[what]
    content = make()
    began = time.thread_time()
    assert verdict(name, content) == ()
    assert time.thread_time() - began < 5


# --- variants -------------------------------------------------------------------------------------

GOOD = {
    "pdf": files.pdf(),
    "docx": files.office("docx"),
    "msg": message({"__substg1.0_3707001F": "a.pdf".encode("utf-16-le")}),
    "eml": files.MAIL,
    "rtf": b"{\\rtf1 x}",
    "csv": b"a;b\n1;2\n",
    "png": files.image("PNG"),
    "jpg": files.image("JPEG"),
    "tif": files.image("TIFF"),
}
FUZZED = settings(
    max_examples=FUZZ,
    deadline=None,
    database=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("extension", GOOD)
@FUZZED
@given(data=st.data())
def test_no_variant_of_a_file_gets_more_than_a_verdict(extension: str, data: st.DataObject) -> None:
    """Bytes changed, taken out and put in: taken, or refused with a code, and nothing else."""
    content = bytearray(GOOD[extension])
    for _change in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content)))
        match data.draw(st.sampled_from(["change", "cut", "insert"])):
            case "change":
                content[place : place + 4] = data.draw(st.binary(min_size=4, max_size=4))
            case "cut":
                del content[place : place + data.draw(st.integers(1, 64))]
            case _:
                content[place:place] = data.draw(st.binary(max_size=16))
    assert verdict(f"a.{extension}", bytes(content)) in ((), ("POE-02",), ("POE-04",))


@FUZZED
@given(content=st.binary(max_size=4096), extension=st.sampled_from(list(ALLOWED)))
def test_noise_gets_a_verdict(content: bytes, extension: str) -> None:
    assert verdict(f"a.{extension}", content) in ((), ("POE-02",), ("POE-04",))


@FUZZED
@given(st.text(max_size=400))
def test_every_name_becomes_one_that_harms_nobody(raw: str) -> None:
    name = clean_name(raw)
    assert 0 < len(name) <= 150
    assert not set(name) & set("/\\\x00\r\n\t\u202e\u200f\u2066")
    assert name == clean_name(name)
    assert name not in (".", "..")
    assert name.isprintable()


def test_what_is_told_of_a_file_is_what_was_stored() -> None:
    content = GOOD["pdf"]
    seen = inspect(files.upload("../a.PDF", content), max_bytes=MB)
    assert isinstance(seen, Inspection)
    assert (seen.name, seen.extension, seen.size) == ("a.PDF", "pdf", len(content))


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("CON.pdf", "_CON.pdf"),
        ("nul", "_nul"),
        ("com1.tar.txt", "_com1.tar.txt"),
        ("LPT9 .docx", "_LPT9 .docx"),
        ("console.pdf", "console.pdf"),
        ("\u2066proof\u2069\u061c.pdf", "proof.pdf"),
        ("a\u0301" + "\u0301" * 40 + ".pdf", "á" + "\u0301" * 40 + ".pdf"),
        ("~$proof.docx", "~$proof.docx"),
        ("%2e%2e%2fproof.pdf", "%2e%2e%2fproof.pdf"),
    ],
)
def test_names_that_mean_something_to_a_computer(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean
