"""What a party to a claim, and who has lost its lease, can't do beside deciding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from claims import actors
from claims.models import Claim, ClockHold, PoEDocument
from cpor_site.common import outbox
from cpor_site.common.admin_bases import RegistryAdmin
from cpor_site.common.form_fields import LinesField
from cpor_site.common.key_fields import KeyField, KeysField
from cpor_site.common.models import User
from cpor_site.common.problems import Refused
from reviews.models import BulkAct, CaseLease
from reviews.services import bulk, holds, leases
from reviews.services.decisions import approve_claim
from reviews.services.verdicts import Mark, set_verdicts, stamp_of
from tests import acts, factories
from tests.shared import shared

from .acting import told
from .deciding import ask
from .pages import browser_of, rita, text_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return factories.make_reviewer(role="Lead reviewer", full_name="Lea Lead")


def code(act: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.codes[0]


def reassign(claim: Claim, by: User, to: User | None) -> Claim:
    return leases.reassign_claim(
        claim_id=claim.pk, actor=actors.reviewer(by), to=to, reason="Holiday."
    )


def party_to(claim: Claim, how: str, role: str = "Lead reviewer") -> User:
    """Return a person of the desk who is a contact on the claim or belongs to its partner."""
    if how == "contact":
        return factories.make_reviewer(claim.contacts.get(kind="business").email, role=role)
    person = factories.make_reviewer(role=role)
    factories.make_membership(person, claim.organization, is_active=False)
    return person


@shared
def claim() -> Claim:
    return acts.submit(factories.make_claim())


@shared
def held(claim: Claim) -> Claim:
    """Rita Reviewer has it."""
    return acts.under_review(claim, reviewer=rita())


@shared
def asked(held: Claim) -> Claim:
    return acts.asked(held)


@pytest.mark.parametrize("how", ["contact", "member"])
class TestParties:
    def test_no_hold_is_placed_or_lifted(self, how: str, lead: User, asked: Claim) -> None:
        claim = asked
        party = actors.reviewer(party_to(claim, how))

        assert code(lambda: holds.place_hold(claim_id=claim.pk, actor=party, reason="x")) == (
            "REV-02"
        )
        holds.place_hold(claim_id=claim.pk, actor=actors.reviewer(lead), reason="Wait.")
        assert code(lambda: holds.lift_hold(claim_id=claim.pk, actor=party)) == "REV-02"
        assert ClockHold.objects.get().lifted_at is None

    def test_the_page_says_so(self, how: str, asked: Claim) -> None:
        claim = asked
        address = reverse("admin:reviews_hold", args=[claim.pk])
        answer = browser_of(party_to(claim, how)).post(address, {"reason": "Wait."})

        assert answer.status_code == 409
        assert "You are a contact on this claim or belong to this partner" in text_of(answer)

    def test_nobody_is_chosen_or_sent_away(self, how: str, held: Claim, reviewer: User) -> None:
        claim = held
        party, colleague = party_to(claim, how), factories.make_reviewer()

        assert code(lambda: reassign(claim, party, colleague)) == "REV-02"
        assert code(lambda: reassign(claim, party, None)) == "REV-02"
        assert (
            code(
                lambda: leases.release_case(
                    claim_id=claim.pk, actor=actors.reviewer(party), reason="x"
                )
            )
            == "REV-02"
        )
        assert acts.fresh(claim).assigned_reviewer == reviewer
        assert CaseLease.objects.get().ended_at is None

    def test_in_bulk_the_claim_is_refused(self, how: str, held: Claim) -> None:
        claim, other, reviewer = held, acts.under_review(), factories.make_reviewer()
        act = bulk.assign_claims(
            claim_ids=[claim.pk, other.pk, claim.pk],
            actor=actors.reviewer(party_to(claim, how)),
            to=reviewer,
            reason="Cover.",
        )

        found = act.results.order_by("pk").values_list("claim__number", "done", "refusal")
        assert list(found) == [(claim.number, False, "REV-02"), (other.number, True, "")]


def test_who_became_a_party_puts_the_claim_back(held: Claim, reviewer: User) -> None:
    claim = held
    factories.make_membership(reviewer, claim.organization)

    assert code(lambda: reassign(claim, reviewer, factories.make_reviewer())) == "REV-02"
    reassign(claim, reviewer, None)
    assert acts.fresh(claim).assigned_reviewer is None


def test_who_rejected_a_claim_does_not_choose_who_judges_its_dispute(
    reviewer: User, lead: User
) -> None:
    """Choosing the judge is a part in the dispute (Q28); the same holds for what may end it."""
    claim = acts.disputed(reviewer=lead)
    own, other = actors.reviewer(lead), factories.make_reviewer(role="Lead reviewer")

    assert code(lambda: reassign(claim, lead, reviewer)) == "REV-04"
    case = text_of(browser_of(lead).get(url("case", claim)))
    assert ("Change the reviewer…" in case, "somebody else has to judge" in case) == (False, True)
    typed = {"to": reviewer.pk, "reason": "She knows it."}
    answer = browser_of(lead).post(reverse("admin:reviews_reassign_claim", args=[claim.pk]), typed)
    assert (answer.status_code, "REV-04" in text_of(answer)) == (409, True)
    reassign(claim, other, reviewer)
    assert code(lambda: reassign(claim, lead, None)) == "REV-04"
    leases.take_case(claim_id=claim.pk, actor=actors.reviewer(reviewer))
    sent_away = [leases.release_case, leases.take_over_case]
    for act in sent_away:
        assert code(lambda act=act: act(claim_id=claim.pk, actor=own, reason="x")) == "REV-04"  # type: ignore[misc]
    ask(acts.fresh(claim))
    assert code(lambda: holds.place_hold(claim_id=claim.pk, actor=own, reason="x")) == "REV-04"
    assigned = bulk.assign_claims(claim_ids=[claim.pk], actor=own, to=other, reason="Cover.")
    assert [each.done for each in assigned.results.all()] == [False]


def test_once_the_dispute_is_settled_its_first_judge_works_on_again(
    reviewer: User, lead: User
) -> None:
    claim = acts.disputed(reviewer=lead)
    approve_claim(claim_id=claim.pk, actor=actors.reviewer(reviewer))
    outbox.send_due()

    holds.place_hold(claim_id=claim.pk, actor=actors.reviewer(lead), reason="Wait.")

    assert ClockHold.objects.get().placed_by == lead


def test_giving_the_claim_away_ends_nobody_elses_lease(
    held: Claim, reviewer: User, lead: User
) -> None:
    """The way round releasing a lease that a lead has taken over."""
    claim = held
    leases.take_over_case(claim_id=claim.pk, actor=actors.reviewer(lead), reason="Urgent.")

    for to in (factories.make_reviewer(), None):
        assert code(lambda to=to: reassign(claim, reviewer, to)) == "REV-05"  # type: ignore[misc]
    assert leases.CaseLease.objects.get(ended_at=None).holder == lead


def test_a_page_that_no_document_has(held: Claim, reviewer: User) -> None:
    """Nobody counts the pages of a document that isn't drawn, and its column ends at 32,767."""
    claim = held
    document = PoEDocument.objects.get(claim=claim)

    def mark(page: int) -> int:
        return set_verdicts(
            claim_id=claim.pk,
            actor=actors.reviewer(reviewer),
            round_number=claim.round,
            stamp=stamp_of([]),
            marks=[Mark("document", None, "ok", document.pk, page)],
        )

    assert code(lambda: mark(10_000)) == "REV-16"
    assert code(lambda: mark(999_999_999)) == "REV-16"
    assert mark(9_999) == 1


def test_too_many_claims_are_refused_before_anything_is_asked(claim: Claim, lead: User) -> None:
    answer = browser_of(lead).post(
        reverse("admin:reviews_bulk"), {"act": "assign", "claims": [claim.pk, *range(1000, 1200)]}
    )

    assert told(answer) == ["Choose at most 200 claims at once. (REV-19)"]
    assert not BulkAct.objects.exists()


def test_looking_for_what_no_text_holds(held: Claim, reviewer: User) -> None:
    """PostgreSQL takes no such character."""
    claim = held

    assert browser_of(reviewer).get(url("case", claim), {"find": "\0"}).status_code == 200


@pytest.mark.parametrize("key", ["x", "é", "a/b", "%00", "9" * 30])
def test_the_history_of_what_is_no_row(key: str, client: Client) -> None:
    found = {
        model._meta.label: client.get(
            f"/admin/{model._meta.app_label}/{model._meta.model_name}/{key}/history/"
        ).status_code
        for model, page in admin.site._registry.items()
        if isinstance(page, RegistryAdmin)
    }

    assert found == dict.fromkeys(found, 404)


def test_keys_and_lines_with_what_no_text_holds() -> None:
    """PostgreSQL would fail over such a character, in a key as in JSON."""
    fields = (
        KeyField(User.objects.all(), "email"),
        KeysField(User.objects.all(), "email"),
        LinesField(),
    )
    for field in fields:
        with pytest.raises(ValidationError):
            field.clean("a\0b@people.example")
