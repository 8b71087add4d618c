"""The partner's letters: who gets which, in what language, and what they say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import override_settings
from django.utils import translation

from claims import actors, door
from claims.checks import check_submission
from claims.models import Claim, ClaimContact, Membership
from claims.services.comments import add_comment
from claims.services.submission import recall_claim, resubmit_claim, withdraw_claim
from claims.services.sweeps import reject_stale_claims
from claims.states import RejectionReason
from consent.services import answers
from consent.services.answers import Responder
from consent.services.windows import finalise_consent_windows
from cpor_site.common import clock, outbox
from cpor_site.common.models import OutboxMessage, User
from reviews.services import decisions
from tests import acts, factories
from tests.shared import shared

pytestmark = pytest.mark.django_db

MONDAY = "2026-03-02T09:00+00:00"


@contextmanager
def on_monday() -> Iterator[None]:
    at_home = override_settings(CPOR_PUBLIC_URL="https://desk.example")
    with at_home, time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture(autouse=True)
def _on_monday() -> Iterator[None]:
    with on_monday():
        yield


def make_claim(**fields: Any) -> Claim:
    """Make a claim of Ada's at Fabrikam for Contoso, with Petra as the partner's contact."""
    organization = factories.make_organization("Fabrikam", time_zone="Europe/Warsaw")
    values: dict[str, Any] = {
        "user": factories.make_user(
            "ada@fabrikam.example", full_name="Ada", locale="sv", time_zone="Europe/Stockholm"
        ),
        "location": factories.make_location(organization),
        "tenant": factories.make_tenant("Contoso & Söhne"),
        "products": ("exchange_online", "teams"),
        "name": "Mail move",
    }
    claim = factories.make_claim(**(values | fields))
    ClaimContact.objects.filter(claim=claim, kind="partner").update(
        name="Petra", email="Petra@fabrikam.example", locale="pl"
    )
    return claim


def letters(claim: Claim, kind: str) -> dict[str, OutboxMessage]:
    return {row.recipient: row for row in acts.letters(claim, kind)}


def letter(claim: Claim, kind: str) -> OutboxMessage:
    """Return the letter to the submitter, after checking what every letter has."""
    found = letters(claim, kind)
    assert sorted(found) == ["Petra@fabrikam.example", "ada@fabrikam.example"]
    for row in found.values():
        assert row.claim_number == claim.number
        assert row.subject.startswith(f"{claim.number}: ")
        assert f"https://desk.example/claims/{claim.pk}/\n" in row.text_body
        assert f'href="https://desk.example/claims/{claim.pk}/"' in row.html_body
        assert "{" not in row.subject + row.text_body
    return found["ada@fabrikam.example"]


def words(row: OutboxMessage) -> str:
    """Return the letter's text without line breaks."""
    return " ".join(row.text_body.split())


def kinds(claim: Claim) -> list[str]:
    return sorted({row.kind for row in acts.letters(claim)})


# --- who ------------------------------------------------------------------------------------------


def test_contact_and_submitter_each_in_their_language_and_zone() -> None:
    claim = acts.submit(make_claim())
    found = letters(claim, "claim_submitted")
    assert {email: row.locale for email, row in found.items()} == {
        "Petra@fabrikam.example": "pl",
        "ada@fabrikam.example": "sv",
    }
    petra, ada = found["Petra@fabrikam.example"], found["ada@fabrikam.example"]
    assert "Petra" in petra.text_body
    assert "poniedziałek, 9 marca 2026, 23:59 (Europe/Warsaw)" in words(petra).replace("P", "p")
    assert "9 mars 2026" in words(ada)
    assert "(Europe/Stockholm)" in words(ada)
    assert '<html lang="sv">' in ada.html_body
    event = claim.events.get(kind="claim_submitted")
    assert petra.key == f"{event.pk}:claim_submitted:Petra@fabrikam.example"
    assert ada.next_try_at == event.at


def test_one_letter_for_one_address() -> None:
    claim = make_claim()
    ClaimContact.objects.filter(claim=claim, kind="partner").update(email="ADA@fabrikam.example")
    assert list(letters(acts.submit(claim), "claim_submitted")) == ["ada@fabrikam.example"]


def test_who_may_not_see_the_claim_any_more_gets_no_letter() -> None:
    claim = acts.submit(make_claim())
    Membership.objects.filter(user=claim.created_by).update(is_active=False)
    take_up(claim)
    assert list(letters(claim, "claim_taken_up")) == ["Petra@fabrikam.example"]


def test_no_letter_for_acts_that_nobody_has_to_hear_of() -> None:
    claim = acts.submit(make_claim())
    recall_claim(claim_id=claim.pk, actor=actors.partner(claim.created_by))
    assert kinds(claim) == ["claim_submitted"]


def test_an_act_that_is_rolled_back_writes_no_letter() -> None:
    claim = make_claim()
    with pytest.raises(ZeroDivisionError):
        submit_and_fail(claim)
    assert acts.letters(claim) == []


def submit_and_fail(claim: Claim) -> None:
    with door.open_for_change(claim_id=claim.pk, actor=actors.SYSTEM):
        acts.submit(claim)
        raise ZeroDivisionError


# --- what -----------------------------------------------------------------------------------------


@pytest.fixture
def english() -> Iterator[None]:
    """Let somebody act who reads neither Ada's English nor Petra's Polish."""
    with translation.override("hu"):
        yield


def english_claim(**fields: Any) -> Claim:
    """Let Ada read English, so that the words can be compared."""
    claim = make_claim(**fields)
    User.objects.filter(pk=claim.created_by_id).update(locale="en")
    return Claim.objects.get(pk=claim.pk)


def take_up(claim: Claim) -> tuple[Claim, actors.Actor]:
    reviewer = actors.reviewer(factories.make_reviewer(full_name="Rita Reviewer"))
    return decisions.take_up_claim(claim_id=claim.pk, actor=reviewer), reviewer


@shared
def draft() -> Claim:
    with on_monday():
        return english_claim()


@shared
def submitted(draft: Claim) -> Claim:
    with on_monday(), translation.override("hu"):
        return acts.submit(draft)


TakenUp = tuple[Claim, actors.Actor]


@shared
def taken_up(submitted: Claim) -> TakenUp:
    with on_monday(), translation.override("hu"):
        return take_up(submitted)


@shared
def asked(draft: Claim) -> Claim:
    with on_monday(), translation.override("hu"):
        return acts.asked(draft)


@shared
def approved(draft: Claim) -> Claim:
    with on_monday(), translation.override("hu"):
        return acts.approved(draft)


@shared
def in_window(approved: Claim) -> Claim:
    with on_monday(), translation.override("hu"):
        outbox.send_due()
    return acts.fresh(approved)


@pytest.mark.usefixtures("english")
def test_submitted(submitted: Claim) -> None:
    claim = submitted
    row = letter(claim, "claim_submitted")
    assert row.subject == f"{claim.number}: we have received your claim"
    assert row.text_body.startswith(
        "Hello Ada,\n\n"
        "Thank you. Your claim is complete and has been handed in for review:\n\n"
        f"- Claim: {claim.number} (Mail move)\n"
        "- Customer: Contoso & Söhne\n"
        "- Exchange Online – Usage\n"
        "- Microsoft Teams – Usage\n"
        "- Date: Monday, 2 March 2026\n"
        "- Where it stands: With the reviewers: somebody takes it up by Monday, 9\n"
        "  March 2026 (5 business days left).\n\n"
        "Now it is the reviewer's move. A reviewer should take the claim up by\n"
        "Monday, 9 March 2026, 23:59 (Europe/Stockholm)."
    )
    assert "Until a reviewer takes it up you can still change it" in words(row)
    assert "<li>Customer: Contoso &amp; Söhne</li>" in row.html_body
    assert "Exchange Online – Usage" in unescape(row.html_body)


@pytest.mark.usefixtures("english")
def test_lines_of_business_applications_name_the_subscription() -> None:
    claim = acts.submit(
        english_claim(area_code=factories.BIZAPPS, products=("d365_sales",), activities=("usage",))
    )
    subscription = claim.lines.get().subscription
    assert subscription is not None
    row = letter(claim, "claim_submitted")
    assert f"Usage ({subscription.subscription_id})" in words(row)


@pytest.mark.usefixtures("english")
def test_a_frozen_claim_is_not_said_to_be_open(settings: Any) -> None:
    settings.CPOR_RULE_PROFILE = "2023"
    row = letter(acts.submit(english_claim()), "claim_submitted")
    assert "you can still change it" not in words(row)


@pytest.mark.usefixtures("english")
def test_taken_up_names_the_role_and_the_date_but_not_the_person(taken_up: TakenUp) -> None:
    claim, _reviewer = taken_up
    row = letter(claim, "claim_taken_up")
    assert "A decision or a question is due by Monday, 9 March 2026" in words(row)
    assert "Rita" not in row.text_body


@pytest.mark.usefixtures("english")
def test_asked_for_more(taken_up: TakenUp) -> None:
    claim, reviewer = taken_up
    line = claim.lines.order_by("pk").first()
    assert line is not None
    decisions.request_action(
        claim_id=claim.pk,
        actor=reviewer,
        findings=[
            decisions.FindingEntry("D-PROD", [line.pk], "Not\n\nnamed: https://evil.example"),
            decisions.FindingEntry("D-DATE"),
        ],
        comment="Please send\n\n- page 2\n[[link]]",
    )
    row = letter(claim, "action_requested")
    assert row.subject == f"{claim.number}: your move, answer by Monday, 9 March 2026"
    assert (
        "What is missing:\n\n"
        "- Missing products (Exchange Online): Not named: https://evil.example\n"
        "- Missing or old dates\n\n"
        "The reviewer writes:\n\n"
        "> Please send\n>\n> - page 2\n\n"
    ) in row.text_body
    assert "answer by Monday, 9 March 2026, 23:59 (Europe/Stockholm)" in words(row)
    assert "Without an answer by then the claim is rejected." in words(row)
    assert row.about == ""
    assert kinds(claim) == ["action_requested", "claim_submitted", "claim_taken_up"]


@pytest.mark.usefixtures("english")
def test_answered(asked: Claim) -> None:
    claim = asked
    warnings = check_submission(claim, claim.created_by, clock.now())
    resubmit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=acts.fresh(claim).version,
        reply="Here it is.",
        confirmed={warning.key: "Known." for warning in warnings},
    )
    row = letter(claim, "claim_resubmitted")
    assert "the claim goes back to the same reviewer" in words(row)
    assert "up again by Monday, 9 March 2026" in words(row)


@pytest.mark.usefixtures("english")
def test_a_reviewers_comment_is_passed_on_and_the_partners_own_is_not(taken_up: TakenUp) -> None:
    claim, reviewer = taken_up
    add_comment(claim_id=claim.pk, actor=actors.partner(claim.created_by), body="Any news?")
    assert letters(claim, "comment_added") == {}
    add_comment(claim_id=claim.pk, actor=reviewer, body="Tomorrow.")
    row = letter(claim, "comment_added")
    assert "\n> Tomorrow.\n" in row.text_body
    assert "<blockquote>Tomorrow.</blockquote>" in row.html_body


@pytest.mark.usefixtures("english")
def test_a_rejection_says_where_the_reason_stands_and_how_to_dispute_until_when(
    taken_up: TakenUp,
) -> None:
    claim, reviewer = taken_up
    decisions.reject_claim(
        claim_id=claim.pk,
        actor=reviewer,
        reasons=[RejectionReason.POE, RejectionReason.PROD],
        text="Page 2 is missing.",
    )
    row = letter(claim, "claim_rejected")
    assert "Reasons:\n\n- Insufficient PoE\n- Missing products\n\n" in row.text_body
    assert "\n\nThe reviewer writes:\n\n> Page 2 is missing.\n\nWhere to read why" in row.text_body
    assert "Where to read why: open the claim." in words(row)
    assert "you can dispute it once, until Wednesday, 1 April 2026, 23:59" in words(row)
    assert "choose “Dispute the decision”" in words(row)


@pytest.mark.usefixtures("english")
def test_a_rejection_for_silence(asked: Claim) -> None:
    claim = asked
    with acts.past(acts.fresh(claim)):
        assert reject_stale_claims().acted == 1
    row = letter(claim, "claim_rejected")
    assert "- No partner response\n" in row.text_body
    assert "dispute it once, until Thursday, 9 April 2026" in words(row)
    assert "The reviewer writes" not in words(row)


@pytest.mark.usefixtures("english")
def test_approved_promises_nothing_yet(approved: Claim) -> None:
    row = letter(approved, "claim_approved")
    assert "The reviewer writes" not in words(row)
    assert (
        "Now it is the customer's move: we write to them, and they may refuse. Their time begins "
        "when our letter has left. If it leaves today, it ends on Monday, 9 March 2026, "
        "23:59 (Europe/Stockholm);"
    ) in words(row)
    assert "until then nothing is handed over to the incentive program" in words(row)
    assert "- Exchange Online – Usage\n- Microsoft Teams – Usage\n" in row.text_body


@pytest.mark.usefixtures("english")
def test_an_approval_brings_the_reviewers_words(taken_up: TakenUp) -> None:
    claim, reviewer = taken_up
    decisions.approve_claim(claim_id=claim.pk, actor=reviewer, text="Well described.\n- Paid")
    row = letter(claim, "claim_approved")
    assert "\n\nThe reviewer writes:\n\n> Well described.\n> - Paid\n\nNow it is" in row.text_body


@pytest.mark.usefixtures("english")
def test_active(in_window: Claim) -> None:
    claim = in_window
    with acts.past(claim):
        assert finalise_consent_windows().acted == 1
    row = letter(claim, "window_closed")
    assert "The customer didn't object in time. Since Tuesday, 10 March 2026" in words(row)
    assert "handed over to the incentive program" in words(row)
    assert "you will be paid" not in words(row)
    assert "- Exchange Online – Usage\n- Microsoft Teams – Usage\n" in row.text_body


@pytest.mark.usefixtures("english")
def test_declined(in_window: Claim) -> None:
    claim = in_window
    answers.decline(
        token=acts.token_of(claim),
        responder=Responder(name="Jana"),
        reason="project_ended",
        message="Thank you\nfor everything.",
        share_message=True,
    )
    row = letter(claim, "consent_declined")
    assert "The customer has declined the association" in words(row)
    assert "- Exchange Online – Usage\n- Microsoft Teams – Usage\n" in row.text_body
    assert "The customer's reason: the project has ended." in words(row)
    assert "\n> Thank you\n> for everything.\n" in row.text_body
    assert "can't be disputed" in words(row)


@pytest.mark.usefixtures("english")
def test_declined_without_a_word_for_the_partner(in_window: Claim) -> None:
    claim = in_window
    answers.decline(
        token=acts.token_of(claim),
        responder=Responder(name="Jana"),
        reason="prefer_not_to_say",
        message="Between us.",
    )
    row = letter(claim, "consent_declined")
    assert "reason" not in words(row)
    assert "Between us" not in row.text_body + row.html_body


@pytest.mark.usefixtures("english")
def test_declined_in_part(in_window: Claim) -> None:
    claim = in_window
    refused = claim.lines.get(product__code="teams")
    answers.decline(
        token=acts.token_of(claim), responder=Responder(name="Jana"), line_ids=[refused.pk]
    )
    row = letter(claim, "line_refused")
    declined, remaining = row.text_body.split("These remain:")
    assert ("- Microsoft Teams – Usage" in declined, "Exchange Online" in declined) == (True, False)
    assert ("- Exchange Online – Usage" in remaining, "Teams" in remaining) == (True, False)
    assert "can still refuse the rest until Monday, 9 March 2026" in words(row)


@pytest.mark.usefixtures("english")
def test_withdrawn(submitted: Claim) -> None:
    claim = submitted
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=False):
        withdraw_claim(
            claim_id=claim.pk, actor=actors.partner(claim.created_by), reason="Wrong partner ID."
        )
    row = letter(claim, "claim_withdrawn")
    assert "\n> Wrong partner ID.\n" in row.text_body
    assert "That can't be disputed" in words(row)
