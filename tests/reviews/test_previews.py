"""Two steps: what will be sent is read before it is, and nothing typed is lost on the way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from claims.models import Claim, ClaimLine
from claims.states import Status
from cpor_site.common.models import OutboxMessage, User
from reviews.models import ChecklistVerdict
from reviews.services.canned_texts import load_canned_texts
from tests import acts, factories
from tests.shared import shared

from .acting import state, valid
from .pages import browser_of, html_of, rita, text_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(reviewer: User) -> Client:
    return browser_of(reviewer)


@shared
def claim() -> Claim:
    return acts.under_review(reviewer=rita())


@pytest.mark.parametrize("name", ["ask", "approve", "reject"])
def test_the_letter_is_shown_and_nothing_has_happened(
    name: str, client: Client, claim: Claim
) -> None:
    before = state(claim)

    response = client.post(url(name, claim), valid(name, claim) | {"step": "preview"})

    assert response.status_code == 200
    assert state(claim) == before
    page = text_of(response)
    assert "What happens when you confirm" in page
    assert f"Letter to {claim.created_by.email}" in page


def test_the_letter_shown_is_the_letter_sent(client: Client, claim: Claim) -> None:
    typed = valid("reject", claim)
    page = html_of(client.post(url("reject", claim), typed | {"step": "preview"}))
    subjects = re.findall(r'<p lang="en"><strong>([^<]+)</strong>', page)

    client.post(url("reject", claim), typed | {"step": "confirm"})

    sent = OutboxMessage.objects.filter(kind="claim_rejected").order_by("pk")
    assert [each.subject for each in sent] == subjects
    assert acts.fresh(claim).status == Status.REJECTED


def test_what_was_typed_comes_along_and_back(client: Client, claim: Claim) -> None:
    typed = valid("ask", claim) | {"internal_note": "A <b>thought</b>", "D-ACK-explanation": "No."}

    page = html_of(client.post(url("ask", claim), typed | {"step": "preview"}))
    again = html_of(client.post(url("ask", claim), typed | {"step": "edit"}))

    assert 'name="internal_note" value="A &lt;b&gt;thought&lt;/b&gt;"' in page
    assert 'name="D-ACK-explanation" value="No."' in page
    assert 'name="step" value="confirm"' in page
    assert "Please let them sign.</textarea>" in again
    assert acts.fresh(claim).status == Status.UNDER_REVIEW


def test_a_refusal_is_read_at_the_preview(client: Client, claim: Claim) -> None:
    acts.submit(factories.make_claim(tenant=claim.tenant))

    response = client.post(url("approve", claim), valid("approve", claim) | {"step": "preview"})

    assert response.status_code == 409
    assert "It can be approved once the case is closed. REV-21" in text_of(response)
    assert "Well done.</textarea>" in html_of(response)


def test_what_stands_against_an_approval_is_said_before_its_button(
    client: Client, claim: Claim
) -> None:
    acts.submit(factories.make_claim(tenant=claim.tenant))

    words = (
        "A case of competing claims is open. Compare the proof of all parties; the case has to be "
        "closed first."
    )
    assert f"This stands against it now: {words}" in text_of(client.get(url("approve", claim)))
    assert f"It can't be approved now: {words}" in text_of(client.get(url("case", claim)))


@pytest.mark.parametrize(
    ("name", "field", "href"),
    [
        ("ask", "comment", "#id_comment"),
        ("ask", "D-ACK-explanation", "#id_D-ACK-explanation"),
        ("approve", "text", "#id_text"),
        ("reject", "text", "#id_text"),
    ],
)
@pytest.mark.parametrize("step", ["preview", "confirm"])
def test_an_unfilled_placeholder_stops_it(
    name: str, field: str, href: str, step: str, client: Client, claim: Claim
) -> None:
    before = state(claim)
    typed: dict[str, Any] = valid(name, claim) | {field: "Signed {signature_date}.", "step": step}

    response = client.post(url(name, claim), typed)

    assert response.status_code == 409
    assert "Write something in place of {signature_date}. REV-14" in text_of(response)
    assert f'href="{href}"' in html_of(response)
    assert state(claim) == before


class TestInserting:
    """Canned texts without a script: a button that sends the form and gives it back."""

    @pytest.fixture(autouse=True)
    def shipped(self) -> None:
        load_canned_texts()

    def test_a_findings_text_is_filled_and_ticks_it(self, client: Client, claim: Claim) -> None:
        response = client.post(
            url("ask", claim),
            {"version": claim.version, "comment": "Mine.", "insert": "prod_not_named"},
        )

        page = html_of(response)
        assert response.status_code == 200
        assert (
            "Exchange Online does not appear in the proof. Please send proof that names it, or "
            "take it out of the claim.</textarea>"
        ) in page
        assert re.search(r'name="D-PROD-chosen"[^>]* checked', page)
        assert "Mine.</textarea>" in page

    def test_what_the_claim_does_not_say_stays_to_be_written(
        self, client: Client, reviewer: User
    ) -> None:
        claim = factories.make_claim(document=False)
        factories.make_document(claim, signed_on=None)
        claim = acts.under_review(claim, reviewer=reviewer)

        page = html_of(
            client.post(url("ask", claim), {"version": claim.version, "insert": "date_old"})
        )

        assert "signature of {signature_date} is older" in page

    def test_a_reasons_text_ticks_the_reason(self, client: Client, claim: Claim) -> None:
        page = html_of(
            client.post(url("reject", claim), {"version": claim.version, "insert": "reject_poe"})
        )

        assert re.search(r'value="R-POE"[^>]* checked', page)
        assert f"The proof for claim {claim.number} does not show" in page

    def test_an_unknown_text_adds_nothing(self, client: Client, claim: Claim) -> None:
        response = client.post(
            url("approve", claim), {"version": claim.version, "text": "Mine.", "insert": "nope"}
        )

        assert "Mine.</textarea>" in html_of(response)
        assert acts.fresh(claim).status == Status.UNDER_REVIEW


def test_what_is_marked_missing_is_offered_with_its_line(client: Client, reviewer: User) -> None:
    claim = acts.under_review(
        factories.make_claim(products=("exchange_online", "teams")), reviewer=reviewer
    )
    teams = ClaimLine.objects.get(claim=claim, product__code="teams")
    ChecklistVerdict.objects.create(
        claim=claim,
        round=claim.round,
        line=teams,
        criterion="products",
        verdict="missing",
        marked_by=reviewer,
        marked_at=claim.changed_at,
    )

    page = html_of(client.get(url("ask", claim)))

    assert re.findall(r'name="([^"]+-chosen)"[^>]* checked', page) == ["D-PROD-chosen"]
    assert re.findall(r'name="D-PROD-lines" value="(\d+)"[^>]* checked', page) == [str(teams.pk)]
