"""Each act through its page: what it says before and after, and how it refuses."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client

from claims import actors
from claims.models import Claim, ClaimLine, Comment, ReviewDecision, ReviewFinding
from claims.services.comments import add_comment
from claims.states import Status
from cpor_site.common.models import User
from reviews.models import InternalNote
from reviews.services.decisions import take_up_claim
from tests import acts, factories
from tests.shared import shared

from .acting import state, told, valid
from .pages import browser_of, html_of, rita, text_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(reviewer: User) -> Client:
    return browser_of(reviewer)


@shared
def claim() -> Claim:
    """A claim under the reviewer's review."""
    return acts.under_review(reviewer=rita())


class TestTakeUp:
    def test_from_the_case_page_with_one_click(self, client: Client, reviewer: User) -> None:
        with time_machine.travel("2026-06-02T10:00:00Z", tick=False):
            client.force_login(reviewer)
            claim = acts.submit(factories.make_claim())
            response = client.post(url("take_up", claim), {"version": claim.version})

        assert response.headers["Location"] == url("case", claim)
        assert told(response) == [f"You have taken up {claim.number}. Decide by Tue 9 June 2026."]
        assert acts.fresh(claim).assigned_reviewer == reviewer

    def test_the_second_reviewer_reads_that_it_has_moved_on(self, client: Client) -> None:
        claim = acts.submit(factories.make_claim())
        version = claim.version
        take_up_claim(claim_id=claim.pk, actor=actors.reviewer(factories.make_reviewer()))

        response = client.post(url("take_up", claim), {"version": version})

        assert response.status_code == 409
        assert (
            "This claim is in the status “Under review” and can't be changed that way. SUBM-03"
        ) in text_of(response)


class TestAsk:
    def test_with_several_findings(self, client: Client, reviewer: User) -> None:
        claim = acts.under_review(
            factories.make_claim(products=("exchange_online", "teams")), reviewer=reviewer
        )
        _first, second = ClaimLine.objects.filter(claim=claim).order_by("pk")

        response = client.post(
            url("ask", claim),
            {
                "version": claim.version,
                "D-PROD-chosen": "on",
                "D-PROD-lines": [str(second.pk)],
                "D-PROD-explanation": "Teams isn't named.",
                "D-OTHER-chosen": "on",
                "D-OTHER-explanation": "Page 2 is blank.",
                "comment": "Please send it again.",
                "internal_note": "Looks like a draft.",
            },
        )

        assert response.status_code == 302
        assert [
            (each.code, each.explanation, [line.pk for line in each.lines.all()])
            for each in ReviewFinding.objects.order_by("pk")
        ] == [
            ("D-PROD", "Teams isn't named.", [second.pk]),
            ("D-OTHER", "Page 2 is blank.", []),
        ]
        assert Comment.objects.get().body == "Please send it again."
        assert InternalNote.objects.get().body == "Looks like a draft."
        assert acts.fresh(claim).status == Status.PARTNER_ACTION_REQUIRED

    def test_refusals_keep_what_was_typed(self, client: Client, claim: Claim) -> None:
        before = state(claim)

        response = client.post(
            url("ask", claim),
            {
                "version": claim.version,
                "D-OTHER-chosen": "on",
                "comment": " ",
                "internal_note": "Keep this thought.",
            },
        )

        page, words = html_of(response), text_of(response)
        assert response.status_code == 409
        assert "Write to the partner what you need. REV-11" in words
        assert "Explain what else is missing. REV-12" in words
        assert 'href="#id_comment"' in page
        assert 'href="#id_D-OTHER-explanation"' in page
        assert 'name="D-OTHER-chosen" id="id_D-OTHER-chosen" checked' in page
        assert "Keep this thought.</textarea>" in page
        assert state(claim) == before

    def test_an_explanation_without_its_tick_is_pointed_out(
        self, client: Client, claim: Claim
    ) -> None:
        response = client.post(
            url("ask", claim),
            valid("ask", claim) | {"D-DATE-explanation": "The date is from 2019."},
        )

        assert response.status_code == 200
        assert "Tick “Missing or old dates”, or clear its lines and explanation." in text_of(
            response
        )
        assert "The date is from 2019.</textarea>" in html_of(response)
        assert acts.fresh(claim).status == Status.UNDER_REVIEW

    def test_lines_of_another_claim_can_not_be_chosen(self, client: Client, claim: Claim) -> None:
        foreign = ClaimLine.objects.get(claim=factories.make_claim())

        response = client.post(
            url("ask", claim), valid("ask", claim) | {"D-ACK-lines": [str(foreign.pk)]}
        )

        assert response.status_code == 200
        assert acts.fresh(claim).status == Status.UNDER_REVIEW

    def test_says_what_happens(self, client: Client, reviewer: User) -> None:
        with time_machine.travel("2026-06-02T10:00:00Z", tick=False):
            client.force_login(reviewer)
            claim = acts.under_review(reviewer=reviewer)
            page = text_of(client.get(url("ask", claim)))

        assert (
            f"{claim.organization} is asked by letter and has until Tue 9 June 2026 to answer. "
            "Without an answer the claim is rejected by itself."
        ) in page


class TestApprove:
    def test_approves_and_says_what_comes_next(self, client: Client, claim: Claim) -> None:
        response = client.post(url("approve", claim), valid("approve", claim))

        assert told(response) == [
            (
                f"{claim.number} is approved. The customer is written to now; the time to refuse "
                "begins when the letter has left."
            )
        ]
        assert acts.fresh(claim).status == Status.APPROVED
        assert ReviewDecision.objects.get().text == "Well done."

    def test_says_what_happens(self, client: Client, claim: Claim) -> None:
        page = text_of(client.get(url("approve", claim)))

        assert (
            f"This approves 1 line for {claim.organization}: Exchange Online (Usage). The "
            f"contacts at {claim.tenant} get a letter and may refuse within 7 days."
        ) in page

    def test_while_a_case_is_open_it_is_refused(self, client: Client, claim: Claim) -> None:
        acts.submit(factories.make_claim(tenant=claim.tenant))

        response = client.post(url("approve", claim), valid("approve", claim))

        assert response.status_code == 409
        assert "It can be approved once the case is closed. REV-21" in text_of(response)
        assert "Well done.</textarea>" in html_of(response)
        assert acts.fresh(claim).status == Status.UNDER_REVIEW

    def test_after_somebody_elses_change_it_asks_to_look_again(
        self, client: Client, claim: Claim
    ) -> None:
        typed = valid("approve", claim)
        add_comment(
            claim_id=claim.pk, actor=actors.partner(claim.created_by), body="One more thing."
        )

        refused = client.post(url("approve", claim), typed)

        assert refused.status_code == 409
        assert "Someone changed this claim meanwhile." in text_of(refused)
        assert "SUBM-02" in text_of(refused)
        assert acts.fresh(claim).status == Status.UNDER_REVIEW
        current = acts.fresh(claim).version
        assert f'name="version" value="{current}"' in html_of(refused)
        assert client.post(url("approve", claim), typed | {"version": current}).status_code == 302


class TestReject:
    def test_rejects_with_reasons_and_text(self, client: Client, reviewer: User) -> None:
        with time_machine.travel("2026-06-02T10:00:00Z", tick=False):
            client.force_login(reviewer)
            claim = acts.under_review(reviewer=reviewer)
            page = text_of(client.get(url("reject", claim)))
            response = client.post(
                url("reject", claim),
                valid("reject", claim) | {"reasons": ["R-POE", "R-PROD"]},
            )

        assert (
            f"This rejects the claim. {claim.organization} can dispute until Thu 2 July 2026."
        ) in page
        assert told(response) == [
            f"{claim.number} is rejected. {claim.organization} can dispute until Thu 2 July 2026."
        ]
        assert acts.fresh(claim).rejection_reasons == ["R-POE", "R-PROD"]

    def test_refusals_keep_what_was_typed(self, client: Client, claim: Claim) -> None:
        response = client.post(url("reject", claim), {"version": claim.version, "text": "Because."})

        assert response.status_code == 409
        assert "Choose at least one reason. REV-30" in text_of(response)
        assert 'href="#id_reasons"' in html_of(response)
        assert 'id="id_reasons"' in html_of(response)
        assert "Because.</textarea>" in html_of(response)
        assert acts.fresh(claim).status == Status.UNDER_REVIEW

    def test_a_reason_that_is_not_a_reviewers(self, client: Client, claim: Claim) -> None:
        response = client.post(
            url("reject", claim), valid("reject", claim) | {"reasons": ["R-CUSTOMER"]}
        )

        assert response.status_code == 200
        assert acts.fresh(claim).status == Status.UNDER_REVIEW


class TestNotesAndComments:
    def test_a_note_is_kept_for_the_operator(
        self, client: Client, claim: Claim, reviewer: User
    ) -> None:
        version = claim.version

        response = client.post(url("note", claim), {"note-body": " Ask Otto. "})

        assert response.status_code == 302
        note = InternalNote.objects.get()
        assert (note.body, note.author, note.claim) == ("Ask Otto.", reviewer, claim)
        assert acts.fresh(claim).version == version
        assert not Comment.objects.exists()

    def test_a_comment_goes_to_the_partner(self, client: Client, claim: Claim) -> None:
        response = client.post(url("comment", claim), {"comment-body": "A question."})

        assert response.status_code == 302
        assert (Comment.objects.get().body, Comment.objects.get().side) == (
            "A question.",
            "reviewer",
        )

    @pytest.mark.parametrize("what", ["note", "comment"])
    def test_an_empty_one_is_refused(self, what: str, client: Client, claim: Claim) -> None:
        response = client.post(url(what, claim), {f"{what}-body": "  "})

        assert response.status_code == 409
        assert "COM-01" in text_of(response)
        assert not InternalNote.objects.exists()
        assert not Comment.objects.exists()

    @pytest.mark.parametrize("what", ["note", "comment"])
    def test_one_that_is_far_too_long_is_kept_on_the_page(
        self, what: str, client: Client, claim: Claim
    ) -> None:
        response = client.post(url(what, claim), {f"{what}-body": "x" * 5001})

        assert response.status_code == 200
        assert "at most 5000 characters" in text_of(response)
        assert "x" * 5001 in html_of(response)

    @pytest.mark.parametrize("what", ["note", "comment"])
    def test_get_is_refused(self, what: str, client: Client, claim: Claim) -> None:
        assert client.get(url(what, claim), {f"{what}-body": "Hello."}).status_code == 405

    @pytest.mark.parametrize("what", ["note", "comment"])
    @pytest.mark.parametrize("role", ["Ops", "Auditor"])
    @pytest.mark.parametrize("body", ["Hello.", "x" * 5001])
    def test_other_roles_get_403(self, what: str, role: str, body: str, claim: Claim) -> None:
        client = browser_of(factories.make_reviewer(role=role))

        assert client.post(url(what, claim), {f"{what}-body": body}).status_code == 403

    def test_a_party_can_keep_no_note(self, client: Client, claim: Claim, reviewer: User) -> None:
        factories.make_membership(reviewer, claim.organization)

        response = client.post(url("note", claim), {"note-body": "Hello."})

        assert response.status_code == 409
        assert "REV-02" in text_of(response)
        assert not InternalNote.objects.exists()
