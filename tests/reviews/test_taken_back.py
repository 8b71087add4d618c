"""A claim that its partner takes back while a reviewer has its case open: what each act answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from claims import actors
from claims.models import Claim, Comment
from claims.services.submission import recall_claim, withdraw_claim
from cpor_site.common.models import User
from reviews.models import CaseLease, ChecklistVerdict, InternalNote
from reviews.services import leases
from tests import acts, factories
from tests.shared import shared

from .acting import state, told, valid
from .pages import browser_of, html_of, rita, text_of, url

pytestmark = pytest.mark.django_db

DECISIONS = ["ask", "approve", "reject"]
KEPT = {
    "ask": ("Please let them sign.", 'name="D-ACK-chosen" id="id_D-ACK-chosen" checked'),
    "approve": ("Well done.", ""),
    "reject": ("No work is shown.", 'value="R-POE" id="id_reasons_0" checked'),
}
EDITING = "This claim is in the status “Editing” and can't be changed that way."
REJECTED = "This claim is in the status “Rejected” and can't be changed that way."


@pytest.fixture
def client(reviewer: User) -> Client:
    return browser_of(reviewer)


@shared
def claim() -> Claim:
    """A claim that the reviewer has open and not yet taken up."""
    claim = acts.submit(factories.make_claim())
    leases.take_case(claim_id=claim.pk, actor=actors.reviewer(rita()))
    return claim


@shared
def held(claim: Claim) -> Claim:
    """The reviewer has taken it up."""
    return acts.under_review(claim, reviewer=rita())


def recall(claim: Claim) -> Claim:
    owner = actors.partner(claim.created_by)
    return recall_claim(claim_id=claim.pk, actor=owner, version=acts.fresh(claim).version)


def withdraw(claim: Claim) -> Claim:
    owner = actors.partner(claim.created_by)
    version = acts.fresh(claim).version
    return withdraw_claim(claim_id=claim.pk, actor=owner, version=version, reason="A mistake.")


def test_taking_up_a_recalled_claim(client: Client, claim: Claim) -> None:
    typed = valid("take_up", claim)
    recall(claim)
    before = state(claim)

    answer = client.post(url("take_up", claim), typed)

    assert (answer.status_code, f"{EDITING} SUBM-03" in text_of(answer)) == (409, True)
    assert state(claim) == before
    assert CaseLease.objects.get().end == CaseLease.End.MOVED_ON


@pytest.mark.parametrize("step", ["preview", "confirm"])
@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_on_a_withdrawn_claim_keeps_what_was_typed(
    name: str, step: str, client: Client, held: Claim
) -> None:
    claim = held
    typed = valid(name, claim) | {"internal_note": "Ask Otto first.", "step": step}
    withdraw(claim)
    before = state(claim)

    answer = client.post(url(name, claim), typed)

    assert (answer.status_code, f"{REJECTED} SUBM-03" in text_of(answer)) == (409, True)
    for words in (*KEPT[name], "Ask Otto first."):
        assert words in html_of(answer)
    assert "Back to the claim" in text_of(answer)
    assert state(claim) == before


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_on_a_recalled_claim(name: str, client: Client, claim: Claim) -> None:
    recall(claim)
    before = state(claim)

    answer = client.post(url(name, claim), valid(name, claim))

    assert (answer.status_code, f"{EDITING} SUBM-03" in text_of(answer)) == (409, True)
    assert KEPT[name][0] in html_of(answer)
    assert state(claim) == before


def test_what_was_handed_in_again_is_looked_at_anew(client: Client, claim: Claim) -> None:
    typed = valid("take_up", claim)
    acts.submit(recall(claim))

    answer = client.post(url("take_up", claim), typed)

    assert (answer.status_code, "SUBM-02" in text_of(answer)) == (409, True)
    assert acts.fresh(claim).assigned_reviewer is None


def test_marks_stay_on_the_page(client: Client, claim: Claim) -> None:
    line = claim.lines.get()
    marks: dict[str, Any] = {
        "round": claim.round,
        "stamp": "0-0",
        f"mark-work-{line.pk}": "missing",
        "document-work": claim.documents.get().pk,
        "page-work": "2",
    }
    recall(claim)

    answer = client.post(url("verdicts", claim), marks)

    assert (answer.status_code, f"{EDITING} SUBM-03" in text_of(answer)) == (409, True)
    assert html_of(answer).count('class="case-mark mark-missing"') == 1
    assert f"{claim.documents.get().original_name}, page 2" in text_of(answer)
    assert not ChecklistVerdict.objects.exists()


def test_a_note_is_kept_and_a_comment_too(client: Client, claim: Claim) -> None:
    recall(claim)

    for name in ("note", "comment"):
        answer = client.post(url(name, claim), {f"{name}-body": "Why was it recalled?"})
        assert answer.status_code == 302
    assert InternalNote.objects.get().body == "Why was it recalled?"
    assert Comment.objects.get().body == "Why was it recalled?"


def test_giving_it_back_says_that_nothing_is_held(client: Client, claim: Claim) -> None:
    recall(claim)
    answer = client.post(reverse("admin:reviews_release_case", args=[claim.pk]))

    assert told(answer) == ["Nobody has this case open any more. (REV-06)"]
