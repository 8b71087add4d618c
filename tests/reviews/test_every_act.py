"""All acts through their pages: only POST acts, refusals are read, all else rolls back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from claims import actors
from claims.models import Claim
from claims.services.renewals import ask_renewal
from claims.signals import claim_moved
from consent.services import answers
from consent.services.answers import Responder
from cpor_site.common.models import User
from reviews.models import AdministrativeEnd
from tests import acts, factories
from tests.shared import shared

from .acting import ACTS, COMPETING, for_act, state, valid
from .pages import browser_of, html_of, rita, text_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(reviewer: User) -> Client:
    return browser_of(reviewer)


@shared
def claim() -> Claim:
    """A claim under the reviewer's review."""
    return acts.under_review(reviewer=rita())


class TestEveryAct:
    @pytest.mark.parametrize("name", ACTS)
    def test_get_shows_the_form_and_does_nothing(
        self, name: str, client: Client, reviewer: User
    ) -> None:
        claim = for_act(name, reviewer)
        before = state(claim)

        response = client.get(url(name, claim), valid(name, claim))

        assert response.status_code == 200
        assert f'name="version" value="{claim.version}"' in html_of(response)
        assert state(claim) == before

    @pytest.mark.parametrize("name", ACTS)
    @pytest.mark.parametrize("method", ["put", "patch", "delete"])
    def test_other_methods_are_refused(
        self, name: str, method: str, client: Client, claim: Claim
    ) -> None:
        assert getattr(client, method)(url(name, claim)).status_code == 405

    @pytest.mark.parametrize("name", ACTS)
    def test_needs_the_token_of_the_form(self, name: str, reviewer: User) -> None:
        claim = for_act(name, reviewer)
        before = state(claim)

        response = browser_of(reviewer, enforce_csrf_checks=True).post(
            url(name, claim), valid(name, claim)
        )

        assert response.status_code == 403
        assert state(claim) == before

    @pytest.mark.parametrize("name", ACTS)
    def test_a_second_post_changes_nothing_and_says_why(
        self, name: str, client: Client, reviewer: User
    ) -> None:
        claim = for_act(name, reviewer)
        typed = valid(name, claim)
        assert client.post(url(name, claim), typed).status_code == 302
        once = state(claim)

        second = client.post(url(name, claim), typed)

        assert second.status_code == 409
        # What leaves the status alone is refused for its old page.
        assert ("SUBM-02" if name in COMPETING else "SUBM-03") in text_of(second)
        assert state(claim) == once

    @pytest.mark.parametrize("name", ACTS)
    def test_without_the_version_nothing_is_done(
        self, name: str, client: Client, reviewer: User
    ) -> None:
        claim = for_act(name, reviewer)
        before = state(claim)

        response = client.post(url(name, claim), valid(name, claim) | {"version": ""})

        assert response.status_code == 200
        assert "There is a problem" in text_of(response)
        assert state(claim) == before

    @pytest.mark.parametrize("name", ACTS)
    def test_a_failure_is_no_refusal_and_leaves_nothing_behind(
        self, name: str, client: Client, reviewer: User
    ) -> None:
        claim = for_act(name, reviewer)
        before = state(claim)

        def fail(**kwargs: Any) -> None:
            raise RuntimeError("The receiver is broken.")

        client.raise_request_exception = False
        claim_moved.connect(fail)
        try:
            response = client.post(url(name, claim), valid(name, claim))
        finally:
            claim_moved.disconnect(fail)

        assert response.status_code == 500
        assert state(claim) == before

    @pytest.mark.parametrize("name", ACTS)
    def test_on_a_claim_that_has_moved_on_the_page_offers_nothing(
        self, name: str, client: Client, reviewer: User
    ) -> None:
        claim = acts.approved(reviewer=reviewer)

        page = client.get(url(name, claim))

        assert (
            "This claim is in the status “Approved” and can't be changed that way. SUBM-03"
        ) in text_of(page)
        assert 'type="submit"' not in html_of(page).partition("<main")[2]


class TestWhoMay:
    @pytest.mark.parametrize("name", ["ask", "approve", "reject"])
    def test_another_reviewer_reads_who_holds_the_claim(self, name: str, claim: Claim) -> None:
        other = browser_of()
        before = state(claim)

        shown = other.get(url(name, claim))
        posted = other.post(url(name, claim), valid(name, claim))

        for response in (shown, posted):
            assert (
                "Rita Reviewer is reviewing this claim. Only they or a lead reviewer can decide. "
                "REV-01"
            ) in text_of(response)
        assert (shown.status_code, posted.status_code) == (200, 409)
        assert state(claim) == before

    @pytest.mark.parametrize("name", ACTS)
    def test_a_party_reads_why_they_can_not(self, name: str, reviewer: User) -> None:
        claim = for_act(name, reviewer)
        factories.make_membership(reviewer, claim.organization)
        before = state(claim)

        response = browser_of(reviewer).post(url(name, claim), valid(name, claim))

        assert response.status_code == 409
        assert "so you can't act. REV-02" in text_of(response)
        assert state(claim) == before


class TestWhatLeadsDecide:
    """Asking a customer once more (Q8) and closing a claim (T23) have pages of their own."""

    @pytest.fixture
    def lead(self) -> User:
        return factories.make_reviewer(role="Lead reviewer")

    @pytest.fixture
    def declined(self) -> Claim:
        claim = acts.in_window()
        answers.decline(token=acts.token_of(claim), responder=Responder("Berta"))
        ask_renewal(claim_id=claim.pk, actor=actors.partner(claim.created_by), reason="A mistake.")
        return acts.fresh(claim)

    def pages(self, declined: Claim) -> list[tuple[Claim, str, dict[str, Any]]]:
        """Return the addresses, each with its claim and what a lead types there."""
        active = acts.active()
        return [
            (
                declined,
                reverse("admin:reviews_renewal", args=[declined.pk]),
                {"decision": "grant", "text": "Fine."},
            ),
            (
                active,
                reverse("admin:reviews_close", args=[active.pk]),
                {"reason": "It no longer exists.", "internal_note": ""},
            ),
        ]

    def test_only_a_post_with_token_and_version_does_anything(
        self, lead: User, declined: Claim
    ) -> None:
        strict = browser_of(lead, enforce_csrf_checks=True)
        for claim, address, typed in self.pages(declined):
            known = typed | {"version": claim.version}
            before = (state(claim), AdministrativeEnd.objects.count())
            client = browser_of(lead)
            assert client.get(address, known).status_code == 200
            assert [
                getattr(client, method)(address).status_code for method in ("put", "delete")
            ] == [405, 405]
            assert strict.post(address, known).status_code == 403
            assert client.post(address, typed).status_code == 422
            old = client.post(address, typed | {"version": claim.version - 1})
            assert (old.status_code, "SUBM-02" in text_of(old)) == (409, True)
            assert (state(claim), AdministrativeEnd.objects.count()) == before
            assert client.post(address, known).status_code == 302

    def test_others_and_unknown_claims(self, lead: User, declined: Claim) -> None:
        pages = self.pages(declined)
        for role in ("Reviewer", "Ops", "Auditor"):
            client = browser_of(factories.make_reviewer(role=role))
            for _claim, address, typed in pages:
                assert client.get(address).status_code == 403
                assert client.post(address, typed | {"version": 1}).status_code == 403
        for name in ("reviews_renewal", "reviews_close"):
            address = reverse(f"admin:{name}", args=[4711])
            assert browser_of(lead).post(address, {"version": 1}).status_code == 404
        assert browser_of(declined.created_by).get(pages[0][1]).status_code in (302, 403)
        party = factories.make_reviewer(role="Lead reviewer")
        factories.make_membership(party, declined.organization)
        refused = browser_of(party).post(pages[0][1], pages[0][2] | {"version": declined.version})
        assert (refused.status_code, "REV-02" in text_of(refused)) == (409, True)
