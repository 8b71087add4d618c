"""The case page: to whom it offers which act, and at what price in queries."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import actors
from claims.models import Claim, ClaimLine, PoEDocument
from claims.services.submission import resubmit_claim
from claims.states import DeficiencyCode
from cpor_site.common.models import User
from reviews.drawing.limits import Limits
from reviews.services import rendering
from reviews.services.decisions import FindingEntry, request_action, take_up_claim
from reviews.services.leases import release_case
from reviews.services.notes import write_note
from tests import acts, factories
from tests.claims.every_address import undone
from tests.shared import shared

from . import hostile
from .pages import browser_of, html_of, rita, shown, text_of, url

pytestmark = pytest.mark.django_db


def offered(claim: Claim, user: User) -> list[str]:
    """The words on the buttons and links that lead to acts, in order."""
    page = html_of(browser_of(user).get(url("case", claim)))
    _before, _class, section = page.partition('class="case-acts"')
    section, _end, _after = section.partition("</nav>")
    return [words.strip() for words in re.findall(r'class="button [^"]*"[^>]*>([^<]+)<', section)]


@shared
def submitted() -> Claim:
    return acts.submit(factories.make_claim())


@shared
def held(submitted: Claim) -> Claim:
    """Rita Reviewer has it."""
    return acts.under_review(submitted, reviewer=rita())


class TestOffers:
    def test_a_reviewer_may_take_up_what_is_submitted(
        self, submitted: Claim, reviewer: User
    ) -> None:
        assert offered(submitted, reviewer) == ["Take up"]

    def test_and_decide_what_is_theirs(self, held: Claim, reviewer: User) -> None:
        assert offered(held, reviewer) == ["Ask the partner…", "Reject…", "Approve…"]

    def test_but_not_what_is_held_by_another(self, held: Claim) -> None:
        other = factories.make_reviewer(full_name="Otto Other")

        assert offered(held, other) == []
        assert (
            "Rita Reviewer is reviewing this claim. Only they or a lead reviewer can decide. REV-01"
        ) in shown(held, other)

    def test_a_lead_may_decide_that(self, held: Claim, reviewer: User) -> None:
        lead = factories.make_reviewer(role="Lead reviewer")
        release_case(claim_id=held.pk, actor=actors.reviewer(reviewer))

        assert len(offered(held, lead)) == 3

    def test_nor_as_a_party(self, submitted: Claim, reviewer: User) -> None:
        claim = submitted
        factories.make_membership(reviewer, claim.organization)

        assert offered(claim, reviewer) == []
        assert "You are a contact on this claim or belong to this partner" in shown(claim, reviewer)

    @pytest.mark.parametrize("stage", [acts.asked, acts.approved, acts.in_window])
    def test_nothing_while_others_have_the_move(
        self, stage: Any, held: Claim, reviewer: User
    ) -> None:
        assert offered(stage(held), reviewer) == []

    @pytest.mark.parametrize("role", ["Ops", "Auditor"])
    def test_nothing_to_other_roles(self, role: str, submitted: Claim) -> None:
        user = factories.make_reviewer(role=role)

        assert offered(submitted, user) == []
        page = html_of(browser_of(user).get(url("case", submitted)))
        assert page.count('method="post"') == page.count('id="logout-form"')


def test_no_inline_script_or_style(held: Claim, reviewer: User) -> None:
    claim = acts.asked(held)
    client = browser_of(reviewer)
    for name in ("case", "history", "ask", "reject"):
        response = client.get(url(name, claim))
        assert "default-src 'self'" in response["Content-Security-Policy"]
        assert not re.search(r"<style|<script(?![^>]* src=)| style=| on[a-z]+=", html_of(response))


def test_a_full_case_takes_as_many_queries_as_a_small_one(reviewer: User) -> None:
    client = browser_of(reviewer)
    small = acts.under_review(
        factories.make_claim(area_code=factories.BIZAPPS, products=("d365_sales",)),
        reviewer=reviewer,
    )
    full = acts.under_review(
        factories.make_claim(
            area_code=factories.BIZAPPS,
            activities=("usage", "presales"),
            products=("d365_sales", "d365_finance", "d365_marketing"),
        ),
        reviewer=reviewer,
    )
    actor = actors.reviewer(reviewer)
    for claim, times in ((small, 1), (full, 3)):
        lines = list(ClaimLine.objects.filter(claim=claim).values_list("pk", flat=True))
        for number in range(times):
            factories.make_document(claim).covers.set(lines)
            write_note(claim_id=claim.pk, actor=actor, body=f"Note {number}")
            request_action(
                claim_id=claim.pk,
                actor=actor,
                findings=[FindingEntry(DeficiencyCode.PROD, lines, "Not named.")] * times,
                comment="Please name them.",
            )
            resubmit_claim(
                claim_id=claim.pk,
                actor=actors.partner(claim.created_by),
                version=acts.fresh(claim).version,
                reply="Done.",
                confirmed=acts.warnings(claim),
            )
            take_up_claim(claim_id=claim.pk, actor=actor)
        for _number in range(times):
            acts.submit(
                factories.make_claim(
                    tenant=claim.tenant,
                    area_code=factories.BIZAPPS,
                    products=("d365_sales",),
                    subscriptions=(ClaimLine.objects.get(pk=lines[0]).subscription,),
                )
            )

        for document in PoEDocument.objects.filter(claim=claim):
            rendering.expect_pages(document.pk)
    rendering.render_proof()

    client.get("/admin/")  # Notes once in ten minutes that the session is in use.
    assert connection.features.supports_json_field  # SQLite is asked once and remembered.
    with CaptureQueriesContext(connection) as few:
        client.get(url("case", small))
    with CaptureQueriesContext(connection) as many:
        client.get(url("case", full))

    assert len(many) == len(few)
    assert len(few) <= 15, [each["sql"][:200] for each in few]


def test_a_dispute_with_half_drawn_proof_searched_through(reviewer: User) -> None:
    made = factories.make_claim(document=False)
    factories.make_document(made, hostile.pdf_of("first work", "second work", "third work"))
    claim = acts.disputed(made)
    for document in PoEDocument.objects.filter(claim=claim):
        rendering.expect_pages(document.pk)
    rendering.render_proof(limits=Limits(pages=2))
    client = browser_of(reviewer)
    client.get("/admin/")  # Notes once in ten minutes that the session is in use.
    assert connection.features.supports_json_field  # SQLite is asked once and remembered.
    client.get(url("case", claim))
    for asked in ("", "?find=work", "?page=2", "?find=work&page=9"):
        with undone(), CaptureQueriesContext(connection) as found:
            page = client.get(url("case", claim) + asked)

        assert "Only the first pages are shown." in text_of(page)
        # One of them asks whether the reader's look at the proof was noted this hour.
        assert len(found) <= 16, [each["sql"][:200] for each in found]
