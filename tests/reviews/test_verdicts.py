"""Marks on the checklist, and what the page says has changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from claims import actors
from claims.models import Claim, ClaimLine, Comment, PoEDocument
from claims.services.disputes import dispute_claim
from claims.services.submission import recall_claim
from cpor_site.common import clock
from cpor_site.common.models import User
from cpor_site.common.problems import Refused
from reviews.models import ChecklistVerdict, SeenMark
from reviews.services import decisions, rendering
from tests import acts, factories
from tests.shared import shared

from . import hostile
from .deciding import answered
from .pages import browser_of, html_of, rita, shown, text_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(reviewer: User) -> Client:
    return browser_of(reviewer)


@shared
def claim() -> Claim:
    made = factories.make_claim(products=("exchange_online", "teams"), document=False)
    factories.make_document(made, hostile.pdf_of("Statement of work", "Teams was rolled out"))
    claim = acts.under_review(made, reviewer=rita())
    for document in PoEDocument.objects.filter(claim=claim):
        rendering.expect_pages(document.pk)
    rendering.render_proof()
    return claim


@shared
def asked(claim: Claim) -> Claim:
    return acts.asked(claim)


def stamp_in(response: Any) -> str:
    return html_of(response).partition('name="stamp" value="')[2].partition('"')[0]


def keep(client: Client, claim: Claim, **typed: Any) -> Any:
    page = client.get(url("case", claim))
    data = {"round": claim.round, "stamp": stamp_in(page)}
    return client.post(url("verdicts", claim), data | typed)


def marks() -> list[tuple[Any, ...]]:
    rows = ChecklistVerdict.objects.order_by("criterion", "pk")
    return list(rows.values_list("criterion", "line__product__code", "verdict", "page"))


class TestMarking:
    def test_by_line_and_for_the_whole_claim(
        self, client: Client, claim: Claim, reviewer: User
    ) -> None:
        teams = ClaimLine.objects.get(claim=claim, product__code="teams")
        document = PoEDocument.objects.get(claim=claim)

        response = keep(
            client,
            claim,
            **{
                "mark-document-all": "ok",
                "document-document": document.pk,
                "page-document": "2",
                f"mark-products-{teams.pk}": "missing",
            },
        )

        assert response.status_code == 302
        assert response.headers["Location"].endswith("#checklist")
        assert marks() == [
            ("document", None, "ok", 2),
            ("products", "teams", "missing", None),
        ]
        assert acts.fresh(claim).version == claim.version
        assert not Comment.objects.exists()

    def test_taken_back(self, client: Client, claim: Claim) -> None:
        keep(client, claim, **{"mark-work-all": "ok"})
        keep(client, claim, **{"mark-work-all": ""})

        assert marks() == []
        kinds = ChecklistVerdict.history.order_by("history_id").values_list("history_type")
        assert [kind for (kind,) in kinds] == ["+", "-"]

    def test_each_round_has_its_own(self, client: Client, claim: Claim) -> None:
        line = ClaimLine.objects.get(claim=claim, product__code="teams")
        keep(client, claim, **{f"mark-work-{line.pk}": "missing"})
        from .deciding import ask

        ask(acts.fresh(claim))
        claim = answered(acts.fresh(claim))

        assert ChecklistVerdict.objects.get().round == 1
        assert "selected>missing" not in html_of(client.get(url("case", claim)))

    def test_a_dispute_is_decided_on_marks_of_its_own(self, client: Client, claim: Claim) -> None:
        keep(client, claim, **{"mark-work-all": "ok", "mark-customer-all": "ok"})
        decisions.reject_claim(
            claim_id=claim.pk, actor=actors.reviewer(rita()), reasons=["R-POE"], text="No."
        )
        dispute_claim(
            claim_id=claim.pk, actor=actors.partner(claim.created_by), justification="Page 3."
        )
        other = factories.make_reviewer()
        browser = browser_of(other)

        def approve() -> None:
            decisions.approve_claim(claim_id=claim.pk, actor=actors.reviewer(other))

        again = acts.fresh(claim)
        assert "Mark it again by what you find" in text_of(browser.get(url("approve", again)))
        keep(browser, again, **{"mark-work-all": "ok"})
        with pytest.raises(Refused, match="^REV-25 .* 1 of its criteria") as refusal:
            approve()
        assert refusal.value.codes == ("REV-25",)
        keep(browser, again, **{"mark-work-all": "ok", "mark-customer-all": "not_needed"})
        approve()
        assert acts.fresh(claim).status == "approved"

    @pytest.mark.parametrize(
        ("typed", "status", "words"),
        [
            ({"page-work": "two"}, 200, "Write the page as a number, counted from 1. REV-16"),
            ({"page-work": "3"}, 409, "The document has 2 pages, so there is no page 3. REV-16"),
            ({"document-work": "999999"}, 409, "Name a document of this claim. REV-16"),
            ({"mark-work-all": "perhaps"}, 409, "Mark criteria and lines of this claim. REV-16"),
        ],
    )
    def test_what_can_not_be_is_refused_and_kept_on_the_page(
        self, typed: dict[str, str], status: int, words: str, client: Client, claim: Claim
    ) -> None:
        document = PoEDocument.objects.get(claim=claim)
        given = {"mark-work-all": "ok", "document-work": document.pk, "mark-partner-all": "ok"}

        response = keep(client, claim, **(given | typed))

        assert response.status_code == status
        assert words in text_of(response)
        page = html_of(response)
        assert (
            page[page.index('name="mark-partner-all"') :]
            .split("</select>")[0]
            .count('<option value="ok" selected>')
            == 1
        )
        assert marks() == []

    def test_of_two_at_once_the_second_compares(self, client: Client, claim: Claim) -> None:
        stale = stamp_in(client.get(url("case", claim)))
        keep(client, claim, **{"mark-work-all": "ok"})

        response = client.post(
            url("verdicts", claim),
            {"round": claim.round, "stamp": stale, "mark-work-all": "missing"},
        )

        assert response.status_code == 409
        assert "Somebody marked this checklist meanwhile." in text_of(response)
        assert marks() == [("work", None, "ok", None)]

    def test_another_reviewer_reads_why_not(self, claim: Claim) -> None:
        other = browser_of(factories.make_reviewer())

        response = other.post(
            url("verdicts", claim), {"round": 1, "stamp": "0-0", "mark-work-all": "ok"}
        )

        assert response.status_code == 409
        assert "Only they or a lead reviewer can decide. REV-01" in text_of(response)
        assert marks() == []

    def test_a_claim_recalled_meanwhile(self, client: Client) -> None:
        claim = acts.submit(factories.make_claim())
        recall_claim(claim_id=claim.pk, actor=actors.partner(claim.created_by))

        response = client.post(url("verdicts", claim), {"round": 1, "stamp": "0-0"})

        assert response.status_code == 409
        assert "SUBM-03" in text_of(response)

    @pytest.mark.parametrize("role", ["Ops", "Auditor"])
    def test_other_roles_mark_nothing(self, role: str, claim: Claim) -> None:
        client = browser_of(factories.make_reviewer(role=role))

        assert client.post(url("verdicts", claim), {"round": 1}).status_code == 403
        assert client.get(url("verdicts", claim)).status_code == 405


class TestViewer:
    def test_a_page_and_its_words(self, client: Client, claim: Claim) -> None:
        document = PoEDocument.objects.get(claim=claim)

        page = html_of(client.get(url("case", claim), {"document": document.pk, "page": 2}))

        assert f"/proof/{document.pk}/2.png" in page
        assert "<pre>Teams was rolled out</pre>" in page

    def test_a_word_is_found_on_its_page(self, client: Client, claim: Claim) -> None:
        response = client.get(url("case", claim), {"find": "TEAMS"})

        assert "“TEAMS” is on 1 page." in text_of(response)
        assert "<mark>Teams</mark>" in html_of(response)
        assert "<pre>Teams was rolled out</pre>" in html_of(response)

    @pytest.mark.parametrize(
        "asked",
        [
            {"document": "999999"},
            {"document": "x", "page": "0"},
            {"page": "99999999"},
            {"zoom": "huge", "find": "%_\\"},
        ],
    )
    def test_what_is_not_there_is_as_not_asked(
        self, asked: dict[str, str], client: Client, claim: Claim
    ) -> None:
        response = client.get(url("case", claim), asked)

        assert response.status_code == 200
        assert "page 1 of 2" in text_of(response)

    def test_nothing_of_a_file_under_suspicion(self, client: Client, claim: Claim) -> None:
        PoEDocument.objects.update(scan_state=PoEDocument.ScanState.PENDING)

        response = client.get(url("case", claim), {"find": "Teams"})

        assert "The virus check isn't finished, so the document isn't shown yet." in text_of(
            response
        )
        assert "rolled out" not in html_of(response)
        assert "The virus check of “statement of work.pdf” isn't finished." in text_of(response)


class TestSince:
    def test_the_first_look_compares_nothing(self, client: Client, claim: Claim) -> None:
        assert "What changed" not in text_of(client.get(url("case", claim)))
        assert SeenMark.objects.count() == 1

    def test_a_change_is_told_at_the_next_visit_and_stays_for_it(
        self, client: Client, claim: Claim, reviewer: User
    ) -> None:
        client.get(url("case", claim))
        document = factories.make_document(claim, original_name="newer.pdf")
        Claim.objects.filter(pk=claim.pk).update(domain_as_typed="other.example")
        with time_machine.travel(clock.now() + timedelta(minutes=40)):
            client.force_login(reviewer)
            first = text_of(client.get(url("case", claim)))
            again = text_of(client.get(url("case", claim)))
        with time_machine.travel(clock.now() + timedelta(minutes=90)):
            client.force_login(reviewer)
            later = text_of(client.get(url("case", claim)))

        for page in (first, again):
            assert f"Document added: {document.original_name}" in page
            assert "Domain : " in page
            assert "→ other.example" in page
        assert "Since you last looked" in later
        assert "→ other.example" not in later

    def test_somebody_elses_look_is_theirs(self, client: Client, claim: Claim) -> None:
        browser_of(factories.make_reviewer(role="Auditor")).get(url("case", claim))

        assert not SeenMark.objects.exists()

    def test_the_status_is_told_in_words(self, asked: Claim, reviewer: User) -> None:
        claim = asked
        browser_of(reviewer).get(url("case", claim))
        answered(claim)
        with time_machine.travel(clock.now() + timedelta(minutes=40)):
            page = text_of(browser_of(reviewer).get(url("case", claim)))

        assert "Status : Partner action required → Submitted" in page

    def test_what_the_partner_changed_for_this_round(self, asked: Claim, reviewer: User) -> None:
        claim = asked
        factories.make_document(claim, original_name="signed.pdf")
        claim = answered(claim)

        page = shown(claim, reviewer)
        assert "Since the last round" in page
        assert "Document added: signed.pdf" in page


def test_nothing_can_be_put_back_from_the_history(client: Client, claim: Claim) -> None:
    before = list(Claim.objects.filter(pk=claim.pk).values())

    for address in (url("history", claim), url("earlier", claim), url("case", claim)):
        assert client.post(address, {"version": 1}).status_code == 405
    assert list(Claim.objects.filter(pk=claim.pk).values()) == before


def test_earlier_decisions(client: Client, reviewer: User) -> None:
    old = acts.approved(reviewer=reviewer)
    claim = acts.submit(factories.make_claim(tenant=old.tenant, products=("teams",)))

    page = text_of(client.get(url("earlier", claim)))

    assert f"On claims of {claim.organization} Nothing has been decided yet." in page
    assert (
        f"On claims for {claim.tenant} 1 approved, 0 rejected, asked 0 times. Rejected: 0 %."
        in page
    )
    assert old.number in page
