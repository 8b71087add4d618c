"""Which documents get pages, when, and what is left when something goes wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from claims import actors
from claims.models import Claim, ClaimEvent, PoEDocument
from claims.services.documents import attach_document
from cpor_site.common import clock
from cpor_site.common.models import JobRun, User
from reviews.drawing.limits import LIMITS
from reviews.models import ProofPage, ProofRendering
from reviews.services import rendering
from tests import factories, files
from tests.shared import shared

from . import hostile
from .pages import browser_of

pytestmark = pytest.mark.django_db
State = ProofRendering.State
Scan = PoEDocument.ScanState


def expected(content: bytes | None = None, **fields: Any) -> ProofRendering:
    """A document whose pages are awaited."""
    claim = factories.make_claim(document=False)
    document = factories.make_document(claim, content or hostile.pdf_of("One", "Two"), **fields)
    return rendering.expect_pages(document.pk)


def counts(run: JobRun) -> dict[str, int]:
    found = {
        name: getattr(run, name) for name in ("examined", "acted", "skipped", "refused", "failed")
    }
    return {name: number for name, number in found.items() if number}


def row(made: ProofRendering) -> ProofRendering:
    return ProofRendering.objects.get(pk=made.pk)


def images() -> list[str]:
    """The names of all images of pages in the storage."""
    storage = rendering._storage()
    try:
        folders, _files = storage.listdir("pages")
    except FileNotFoundError:
        return []
    return [
        f"pages/{each}/{name}" for each in folders for name in storage.listdir(f"pages/{each}")[1]
    ]


class TestSweep:
    def test_draws_what_waits_once(self) -> None:
        made = expected()

        assert counts(rendering.render_proof()) == {"examined": 1, "acted": 1}
        assert counts(rendering.render_proof()) == {}
        found = row(made)
        assert (found.state, found.page_count, found.attempts, found.problem) == (
            State.READY,
            2,
            1,
            "",
        )
        assert [(page.number, page.text) for page in found.pages.all()] == [(1, "One"), (2, "Two")]
        for page in found.pages.all():
            with page.image.open("rb") as image:
                assert image.read(4) == b"\x89PNG"

    def test_an_upload_asks_for_its_pages(self) -> None:
        claim = factories.make_claim(document=False)
        for name, content in (("sow.pdf", files.pdf()), ("list.xlsx", files.office("xlsx"))):
            attach_document(
                claim_id=claim.pk,
                actor=actors.partner(claim.created_by),
                upload=files.upload(name, content),
            )

        states = dict(ProofRendering.objects.values_list("document__original_name", "state"))
        assert states == {"sow.pdf": State.PENDING, "list.xlsx": State.NOT_SHOWN}

    @pytest.mark.parametrize("state", [Scan.PENDING, Scan.INFECTED, Scan.FAILED])
    def test_nothing_is_opened_before_the_virus_check_has_passed(self, state: str) -> None:
        made = expected(scan_state=state)

        assert counts(rendering.render_proof()) == {}
        assert row(made).state == State.PENDING
        PoEDocument.objects.update(scan_state=Scan.CLEAN)
        assert counts(rendering.render_proof()) == {"examined": 1, "acted": 1}

    def test_a_dry_run_draws_nothing(self) -> None:
        made = expected()

        assert counts(rendering.render_proof(dry_run=True)) == {"examined": 1, "skipped": 1}
        assert (row(made).state, row(made).attempts) == (State.PENDING, 0)

    def test_a_second_one_leaves_a_running_one_alone(self) -> None:
        made = expected()
        taken = rendering._taken(made.pk)

        assert taken is not None
        assert counts(rendering.render_proof()) == {}
        assert rendering.render_one(made.pk) == "skipped"

    def test_after_a_kill_it_is_caught_up_with_and_nothing_is_left_over(self) -> None:
        made = expected()
        rendering._taken(made.pk)
        rendering._storage().save(f"pages/{made.pk}/leftover", ContentFile(b"x"))

        with time_machine.travel(clock.now() + timedelta(minutes=6)):
            assert counts(rendering.render_proof()) == {"examined": 1, "acted": 1}
        assert (row(made).state, row(made).attempts) == (State.READY, 2)
        kept = set(ProofPage.objects.filter(rendering=made).values_list("image", flat=True))
        assert {name for name in images() if name.startswith(f"pages/{made.pk}/")} == kept

    def test_what_can_not_be_read_is_not_tried_again(self) -> None:
        made = expected(b"%PDF-1.4 nothing")

        assert counts(rendering.render_proof()) == {"examined": 1, "acted": 1}
        assert (row(made).state, row(made).problem) == (State.FAILED, "unreadable")

    def test_what_takes_too_long_is_given_up_after_three_tries(self) -> None:
        made = expected(hostile.raw_pdf(content=b"0 0 m 600 600 l S q " * 1_000_000))
        tight = replace(LIMITS, cpu_seconds=1, wall_seconds=3)

        assert counts(rendering.render_proof(limits=tight)) == {"examined": 1, "failed": 1}
        ProofRendering.objects.update(attempts=2)
        assert counts(rendering.render_proof(limits=tight)) == {"examined": 1, "acted": 1}
        assert (row(made).state, row(made).attempts, row(made).problem) == (State.FAILED, 3, "time")

    def test_a_file_that_is_gone(self) -> None:
        made = expected()
        made.document.file.storage.delete(made.document.file.name)

        rendering.render_proof()
        assert (row(made).state, row(made).problem) == (State.FAILED, "missing")

    def test_a_file_found_infected_meanwhile_keeps_no_pages(self) -> None:
        made = expected()
        rendering.render_proof()
        document = PoEDocument.objects.get(pk=made.document_id)
        document.scan_state = Scan.INFECTED
        document.save()

        with_images = [page for page in ProofPage.objects.filter(rendering=made) if page.image]
        assert (row(made).state, with_images) == (State.NOT_SHOWN, [])

    def test_the_images_go_with_the_pages(self, django_capture_on_commit_callbacks: Any) -> None:
        made = expected()
        rendering.render_proof()
        before = set(images())
        mine = set(ProofPage.objects.values_list("image", flat=True))

        with django_capture_on_commit_callbacks(execute=True):
            rendering.forget_pages(made.document_id)
        assert len(mine) == 2
        assert set(images()) == before - mine

    def test_the_command_takes_up_older_documents(self, capsys: pytest.CaptureFixture[str]) -> None:
        factories.make_claim()

        call_command("render_proof", "--missing")

        assert capsys.readouterr().out == (
            "1 documents taken up.\nrender_proof: 1 due, 1 done, 0 skipped, 0 refused, 0 failed\n"
        )


@shared
def made() -> ProofRendering:
    """A document of two pages that are drawn."""
    found = expected()
    rendering.render_proof()
    return found


class TestImage:
    """Who gets a page's image, and how it is sent."""

    @pytest.fixture
    def client(self, reviewer: User) -> Client:
        return browser_of(reviewer)

    def address(self, made: ProofRendering, number: int = 1, claim: Claim | None = None) -> str:
        key = claim.pk if claim else made.document.claim_id
        return reverse("admin:claims_claim_page", args=[key, made.document_id, number])

    def test_who_reads_is_noted_once_an_hour(
        self, client: Client, made: ProofRendering, reviewer: User
    ) -> None:
        for _each in range(3):
            client.get(self.address(made)).close()
        event = ClaimEvent.objects.get(claim=made.document.claim, kind="document_viewed")
        assert (event.actor, event.internal) == (reviewer, True)
        assert event.details == {"document": made.document_id}

    def test_it_is_ours_and_nothing_runs_in_it(self, client: Client, made: ProofRendering) -> None:
        response = client.get(self.address(made))

        assert response.status_code == 200
        assert response.headers["Content-Type"] == "image/png"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert "private" in response.headers["Cache-Control"].split(", ")
        assert response.getvalue()[:4] == b"\x89PNG"

    def test_a_partner_never_gets_it(self, made: ProofRendering) -> None:
        partner = browser_of(made.document.claim.created_by)

        assert partner.get(self.address(made)).status_code == 302
        nobody = factories.make_reviewer(role="Ops")
        nobody.groups.clear()
        assert browser_of(nobody).get(self.address(made)).status_code == 403

    def test_another_page_or_claim_is_unknown(self, client: Client, made: ProofRendering) -> None:
        other = factories.make_claim()

        assert client.get(self.address(made, 3)).status_code == 404
        assert client.get(self.address(made, claim=other)).status_code == 404

    def test_not_once_the_file_is_under_suspicion(
        self, client: Client, made: ProofRendering
    ) -> None:
        PoEDocument.objects.update(scan_state=Scan.PENDING)

        assert client.get(self.address(made)).status_code == 404

    def test_reading_only(self, client: Client, made: ProofRendering) -> None:
        assert client.post(self.address(made)).status_code == 405
