"""The virus check, by a real daemon of ClamAV with a signature of the tests' own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from claims import actors, checks
from claims.models import ClaimEvent, PoEDocument
from claims.services.scanning import scan_documents, scan_one, state_of_copy
from cpor_site.common import clock
from cpor_site.common.jobs import Outcome
from cpor_site.common.models import OutboxMessage
from cpor_site.common.problems import Refused
from reviews.services.decisions import approve_claim
from reviews.services.rendering import expect_pages, render_one
from tests import acts, clamav, factories
from tests.claims.attaching import attach

State = PoEDocument.ScanState

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("stored"),
    pytest.mark.stack,
    pytest.mark.skipif(
        clamav.PROGRAM is None, reason="needs clamd (apt-get install clamav-daemon)"
    ),
]


@pytest.fixture(scope="module")
def daemon() -> Iterator[str]:
    with clamav.clamd() as address:
        yield address


@pytest.fixture
def checked(daemon: str, settings: Any) -> str:
    settings.CPOR_CLAMAV = daemon
    return daemon


def scan(document: PoEDocument) -> str:
    scan_one(document.pk)
    document.refresh_from_db()
    return document.scan_state


def fetch(client: Client, user: Any, document: PoEDocument) -> int:
    client.force_login(user)
    response: Any = client.get(reverse("document_download", args=[document.pk]))
    response.close()
    return int(response.status_code)


@pytest.mark.usefixtures("checked")
class TestWithADaemon:
    def test_nobody_gets_a_file_before_it_is_checked(self, client: Client) -> None:
        claim = factories.make_claim(document=False)
        document = attach(claim)
        assert document.scan_state == State.PENDING
        people = [claim.created_by, factories.make_reviewer()]
        assert [fetch(client, who, document) for who in people] == [403, 403]
        problems = checks.check_submission(claim, claim.created_by, clock.now())
        assert [each.code for each in problems if each.code == "POE-05"] == ["POE-05"]
        run = scan_documents()
        assert (run.acted, run.failed) == (1, 0)
        document.refresh_from_db()
        assert document.scan_state == State.CLEAN
        assert [fetch(client, who, document) for who in people] == [200, 200]

    def test_what_came_before_the_check_was_set_waits_for_it_too(self, client: Client) -> None:
        reviewer = factories.make_reviewer()
        claim = acts.under_review(reviewer=reviewer)
        document = attach(claim, b"clean", name="a.txt")
        PoEDocument.objects.update(scan_state=State.NOT_SCANNED)
        document.refresh_from_db()
        assert document.scan_state == State.NOT_SCANNED
        assert fetch(client, reviewer, document) == 403
        assert render_one(expect_pages(document.pk).pk) == Outcome.SKIPPED
        with pytest.raises(Refused) as caught:
            approve_claim(claim_id=claim.pk, actor=actors.reviewer(reviewer))
        assert caught.value.codes == ("REV-22",)
        assert scan(document) == State.CLEAN

    def test_an_infected_file_is_put_away_and_the_partner_told(
        self,
        client: Client,
        stored: Callable[[], list[str]],
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        claim = factories.make_claim(document=False)
        document = attach(claim, b"hello " + clamav.VIRUS, name="note.txt")
        before = document.file.name
        with django_capture_on_commit_callbacks(execute=True):
            assert scan(document) == State.INFECTED
        assert stored() == [document.file.name]
        assert (document.file.name.split("/")[0], before.split("/")[0]) == ("quarantine", "poe")
        assert not document.counts
        assert fetch(client, claim.created_by, document) == 403
        event = ClaimEvent.objects.get(claim=claim, kind="document_refused")
        found = event.details["found"]
        assert event.details == {"document": document.pk, "name": "note.txt", "found": found}
        assert found.startswith(clamav.NAME)
        letter = OutboxMessage.objects.get(kind="document_refused")
        assert letter.recipient == claim.created_by.email
        assert ("note.txt" in letter.text_body, found in letter.text_body) == (True, True)
        assert scan_one(document.pk) == Outcome.SKIPPED

    def test_a_file_that_cannot_be_checked_says_so(self, client: Client) -> None:
        claim = factories.make_claim(document=False)
        document = attach(claim, b"a;b\n" * 500_000, name="long.csv")
        assert scan(document) == State.FAILED
        assert fetch(client, factories.make_reviewer(), document) == 403
        assert scan_documents().examined == 0
        call_command("scan_documents", "--failed", stdout=StringIO())
        document.refresh_from_db()
        assert document.scan_state == State.FAILED

    def test_a_missing_file_fails(self) -> None:
        document = attach(factories.make_claim(document=False))
        document.file.storage.delete(document.file.name)
        assert scan(document) == State.FAILED

    def test_a_copy_of_a_clean_file_is_clean_and_of_any_other_is_checked(self) -> None:
        assert {state: state_of_copy(state) for state in State.values} == {
            state: state if state == State.CLEAN else State.PENDING for state in State.values
        }


def test_a_daemon_that_is_away_leaves_documents_waiting(settings: Any, tmp_path: Path) -> None:
    settings.CPOR_CLAMAV = f"unix://{tmp_path / 'none'}"
    document = attach(factories.make_claim(document=False))
    with pytest.raises(CommandError):
        call_command("scan_documents")
    document.refresh_from_db()
    assert document.scan_state == State.PENDING
    settings.CPOR_CLAMAV = ""
    assert scan(document) == State.NOT_SCANNED


def test_a_daemon_that_hangs_up_or_talks_nonsense_calls_nothing_clean(settings: Any) -> None:
    answers = [b"", b"stream: \0", b"UNKNOWN COMMAND\0", b"stream: x FOUND OK\0"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.CPOR_CLAMAV = f"tcp://127.0.0.1:{server.getsockname()[1]}"

        def answer() -> None:
            for each in answers:
                link, _address = server.accept()
                with link:
                    link.recv(65536)
                    link.sendall(each)

        thread = threading.Thread(target=answer)
        thread.start()
        document = attach(factories.make_claim(document=False), b"x", name="a.txt")
        for _each in answers:
            PoEDocument.objects.update(scan_state=State.PENDING)
            scan_documents()
            document.refresh_from_db()
            assert document.scan_state in (State.PENDING, State.FAILED)
        thread.join()
