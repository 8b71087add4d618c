"""The whole file of a claim: what is in it, who gets it, and that each time is noted."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from claims import actors
from claims.models import Claim, ClaimEvent, PoEDocument
from claims.services import comments
from consent.services import answers
from consent.services.answers import Responder
from cpor_site.common.evidence.sealing import head, seal_evidence
from reviews.models import InternalNote
from reviews.services import case_bundle
from reviews.services.case_bundle import safe_name
from reviews.services.notes import write_note
from tests import acts, factories
from tests.shared import shared
from tests.unguarded import unguarded

from .pages import browser_of, text_of

pytestmark = pytest.mark.django_db


@shared
def claim() -> Claim:
    found = acts.in_window(factories.make_claim())
    assert found.assigned_reviewer is not None
    assert found.submitted_by is not None
    comments.add_comment(
        claim_id=found.pk, actor=actors.partner(found.submitted_by), body="<b>Thank you</b>"
    )
    write_note(
        claim_id=found.pk, actor=actors.reviewer(found.assigned_reviewer), body="Looks right."
    )
    answers.agree(token=acts.token_of(found), responder=Responder(name="Jana"))
    return Claim.objects.get(pk=found.pk)


def read(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def exported(claim: Claim, role: str = "Lead reviewer") -> dict[str, bytes]:
    browser = browser_of(factories.make_reviewer(role=role))
    answer: Any = browser.post(reverse("admin:reviews_case_bundle", args=[claim.pk]))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    content = b"".join(answer.streaming_content)
    for close in answer._resource_closers:
        close()
    return read(content)


def test_the_file_holds_everything_and_says_what_it_holds(claim: Claim) -> None:
    seal_evidence()
    last = head()
    assert last is not None
    document = claim.documents.get()
    PoEDocument.objects.filter(pk=document.pk).update(original_name="../../so w\u202e.pdf")
    files = exported(claim)
    manifest = json.loads(files.pop("manifest.json"))
    assert {each["name"]: each["sha256"] for each in manifest["files"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    assert manifest["chain_head"]["digest"] == last.digest
    told = {name: json.loads(each) for name, each in files.items() if name.endswith(".json")}
    counts = {
        name: len(told[f"{name}.json"])
        for name in ("claim", "lines", "comments", "decisions", "consent/answers", "internal/notes")
    }
    assert counts == {
        "claim": 1,
        "lines": claim.lines.count(),
        "comments": 1,
        "decisions": 1,
        "consent/answers": 1,
        "internal/notes": 1,
    }
    assert len(told["history/historicalclaim.json"]) == claim.history.count()
    (proof,) = told["documents.json"]
    assert (proof["in_this_file"], proof["is_as_uploaded"]) == ("documents/01-so w_.pdf", True)
    assert hashlib.sha256(files["documents/01-so w_.pdf"]).hexdigest() == document.sha256
    everything = b"".join(files.values()).decode(errors="replace")
    assert "token_hash" not in everything
    assert "&lt;b&gt;Thank you&lt;/b&gt;" in files["summary.html"].decode()
    states = {(each["seal"] is None, tuple(each["differs"])) for each in told["chain.json"]["rows"]}
    # Only the export's own event is too new to be sealed.
    assert states == {(False, ()), (True, ())}
    assert sum(each["seal"] is None for each in told["chain.json"]["rows"]) == 1


def test_an_altered_row_and_a_file_that_is_kept_back_are_named(claim: Claim) -> None:
    seal_evidence()
    note = InternalNote.objects.get()
    with unguarded():
        InternalNote.objects.update(body="Looks wrong.")
    PoEDocument.objects.update(scan_state="infected")
    files = exported(claim, "Ops")
    assert f"reviews_internalnote {note.pk}: body" in files["summary.html"].decode()
    assert not [name for name in files if name.startswith("documents/")]
    assert json.loads(files["documents.json"])[0]["left_out"] == "infected"


def test_who_gets_it_how_often_and_each_time_is_noted(
    claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    def status(browser: Any) -> int:
        answer: Any = browser.post(reverse("admin:reviews_case_bundle", args=[claim.pk]))
        for close in answer._resource_closers:
            close()  # Closing the answer itself would end the test's connection.
        return int(answer.status_code)

    roles = ("Lead reviewer", "Ops", "Reviewer", "Auditor")
    answers_by_role = {
        role: status(browser_of(factories.make_reviewer(role=role))) for role in roles
    }
    assert answers_by_role == {"Lead reviewer": 200, "Ops": 200, "Reviewer": 403, "Auditor": 403}
    assert claim.submitted_by is not None
    assert status(browser_of(claim.submitted_by)) == 302
    event = ClaimEvent.objects.filter(kind="case_exported")
    assert [each.internal for each in event] == [True, True]
    assert claim.version == Claim.objects.get(pk=claim.pk).version

    monkeypatch.setattr(case_bundle, "MOST_FILES", 1)
    lead = browser_of(factories.make_reviewer(role="Lead reviewer"))
    assert [status(lead) for _each in range(2)] == [200, 429]
    refused = lead.post(reverse("admin:reviews_case_bundle", args=[claim.pk]))
    assert "Try again in" in text_of(refused)
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert event.all().count() == 3

    party = factories.make_reviewer(role="Lead reviewer")
    factories.make_membership(party, claim.organization)
    assert status(browser_of(party)) == 403


def test_the_button_is_there_for_who_may(claim: Claim) -> None:
    address = reverse("admin:reviews_case_bundle", args=[claim.pk])
    page = reverse("admin:claims_claim_history", args=[claim.pk])
    shown = {
        role: address in browser_of(factories.make_reviewer(role=role)).get(page).content.decode()
        for role in ("Lead reviewer", "Reviewer")
    }
    assert shown == {"Lead reviewer": True, "Reviewer": False}


def test_the_command_writes_the_same(claim: Claim, tmp_path: Path) -> None:
    call_command("export_case", claim.number, str(tmp_path), verbosity=0)
    files = read((tmp_path / f"{claim.number}.zip").read_bytes())
    assert json.loads(files["manifest.json"])["made_by"] == "System"
    with pytest.raises(CommandError):
        call_command("export_case", "CPOR-1999-000001", str(tmp_path))


def test_names_of_files_are_made_safe() -> None:
    hostile = {
        "..\\..\\boot.ini": "boot.ini",
        "a/b/c": "c",
        "x" * 200 + ".pdf": "x" * 80 + ".pdf",
        "...": "document",
        "nul\x00l\n.txt": "nul_l_.txt",
    }
    assert {name: safe_name(name) for name in hostile} == hostile
