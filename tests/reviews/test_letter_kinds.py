"""Every letter in every language and both forms; every row of the table of letters has its kind."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from django.conf import settings
from django.utils import formats, timezone, translation

from claims.letters import LETTERS
from claims.states import Side
from cpor_site.common.letters import RenderedLetter
from reviews.letter_kinds import AT, BY_CODE, DUE_AT, KINDS, LATER, NUMBER, LetterKind

pytestmark = pytest.mark.django_db

NOT_ABOUT_ONE_CLAIM = {"overview"}
"""Asked for by somebody who may have many claims, and good for some hours: no number, no date."""

WITHOUT_A_DATE = {"overview"}

ROWS = {
    "Submitted": ["claim_submitted"],
    "Resubmitted": ["claim_resubmitted"],
    "Under review": ["claim_taken_up"],
    "Reviewer comment": ["comment_added"],
    "Information request": ["action_requested"],
    "PAR reminders": ["half_time_reminder_sent", "last_day_reminder_sent"],
    "Rejected": ["claim_rejected"],
    "Approved": ["claim_approved"],
    "Consent request": ["consent_request"],
    "Consent reminder": ["consent_reminder"],
    "Consent request came back": ["consent_undelivered"],
    "Declined": ["consent_declined", "line_refused"],
    "Withdrawn": ["consent_withdrawn", "line_withdrawn", "withdrawal_announced"],
    "Window passed": ["window_closed"],
    "Arbitration opened": ["competing_check_started", "newer_proof_requested"],
    "Arbitration decided": [
        "competing_case_ruled",
        "line_lost",
        "claim_rejected",
        "claim_approved",
        "association_displaced",
        "line_displaced",
        "association_spared",
        "proof_request_closed",
    ],
    "Contested lines split off": ["claim_split"],
    "Dispute received": ["claim_disputed"],
    "Dispute decided": ["claim_approved", "claim_rejected"],
    "Subscription ending": ["subscription_reminder_sent"],
    "Subscription expired": ["association_expired", "line_expired"],
    "PoE going stale": ["proof_reminder_sent"],
    "PoE refused by the virus check": ["document_refused"],
    "Consent asked once more": ["consent_renewed", "renewal_refused"],
    "Administrative end": ["association_closed_by_operator", "claim_closed_by_operator"],
    "Administrative end proposed, but closed otherwise": ["administrative_end_lapsed"],
    "SLA breach": ["late_review_reported", "late_case_reported"],
}
"""Section 2.5, and what 5.6, 7.2, Q8 and T23 ask for."""

MOVES = {
    "claim_submitted": "With the reviewers: somebody takes it up by",
    "claim_resubmitted": "With the reviewers: somebody takes it up by",
    "claim_taken_up": "With the reviewers: a decision or a question by",
    "comment_added": "With the reviewers: a decision or a question by",
    "action_requested": "It is your move: answer by",
    "half_time_reminder_sent": "It is your move: answer by",
    "last_day_reminder_sent": "It is your move: answer by",
    "claim_rejected": "You can dispute it until",
    "claim_withdrawn": "Closed: rejected (Partner request).",
    "claim_disputed": "With the reviewers: your dispute is answered by",
    "claim_approved": "Now it is the customer's move",
    "competing_check_started": "It is our move, and there is nothing for you to do.",
    "newer_proof_requested": "It is your move: by Monday, 9 March 2026, 23:59",
    "proof_request_closed": "You don't have to do anything.",
    "competing_case_ruled": "It is the customer's move",
    "line_lost": "It is our move.",
    "association_spared": "You don't have to do anything.",
    "association_displaced": "you can dispute it once, until Monday, 9 March 2026, 23:59",
    "line_displaced": "You don't have to do anything.",
    "claim_split": "It is our move with both claims",
    "consent_undelivered": "It is your move: name another person at the customer",
    "consent_declined": "Closed: rejected (Customer declined consent).",
    "consent_renewed": "Now it is the customer's move",
    "renewal_refused": "You don't have to do anything.",
    "association_closed_by_operator": "Closed: the association ended on",
    "claim_closed_by_operator": "Closed: rejected (Closed by the operator).",
    "line_refused": "With the customer, who may decline until",
    "window_closed": "You don't have to do anything.",
    "withdrawal_announced": "You are partner of record since",
    "consent_withdrawn": "Closed: the association ended on",
    "line_withdrawn": "You don't have to do anything.",
    "association_ended": "Closed: the association ended on",
    "association_expired": "Closed: the association ended on",
    "line_expired": "You are partner of record since",
    "subscription_reminder_sent": "It is your move: the renewal takes over",
    "document_refused": "It is your move: check the computer that the file comes from",
    "proof_reminder_sent": "It is your move, without a deadline",
    "draft_reminder_sent": "It is your move: complete and submit it",
    "consent_request": "Now it is your turn.",
    "consent_reminder": "It is still your turn.",
    "consent_extended": "It is your turn",
    "consent_ended": "You don't have to do anything.",
    "consent_taken_back": "you don't have to do anything.",
    "new_link": "It is your turn: if it is not right, please decline, until",
    "overview": "If you didn't ask for it, you need not do anything.",
    "late_review_reported": "It is the reviewers' move",
    "administrative_end_lapsed": "You don't have to do anything.",
    "late_case_reported": "It is a lead reviewer's move",
}
LANGUAGES = [code for code, _name in settings.LANGUAGES]


def words_of_html(letter: RenderedLetter) -> list[str]:
    """Return the words of the HTML form, each link as its words and address."""
    body = letter.html.split("<body>")[1]
    body = body.replace(f"<h1>{letter.html.split('<h1>')[1].split('</h1>')[0]}</h1>", "")
    linked = re.sub(r'<a href="([^"]*)">([^<]*)</a>', r"\2 \1", body)
    return unescape(re.sub(r"<[^>]*>", " ", linked)).split()


def words_of_text(letter: RenderedLetter) -> list[str]:
    """Return the words of the text form, without the marks of lists, quotations and the footer."""
    text = re.sub(r"(?m)^(- |> ?|-- ?$)", "", letter.text)
    return re.sub(r"\s?[:：]\s*(https?://\S+)", r" \1", text).split()


ANOTHER_STYLE = re.compile(
    r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d|\b[A-Z][a-z]+\.? \d+, \d{4}|[ap]\.m\."
)
"""Dates as the desk's pages tell them, or as Americans do: letters write them out."""


def days_in(language: str) -> set[str]:
    """Return the dates of the example in all ways in which a letter may tell them."""
    with translation.override(language):
        moments = [timezone.localtime(each, timezone.get_default_timezone()) for each in
                   (AT, DUE_AT, LATER)]  # fmt: skip
        return {formats.date_format(each, "DATE_FORMAT") for each in moments}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_each_letter_in_each_language(kind: LetterKind, language: str) -> None:
    letter = kind.example(language)
    assert f'<html lang="{language}">' in letter.html
    if kind.code not in NOT_ABOUT_ONE_CLAIM:
        assert NUMBER in letter.text
        assert letter.subject.startswith(f"{NUMBER}: ")
    if kind.code not in WITHOUT_A_DATE:
        said = " ".join(f"{letter.subject} {letter.text}".split())
        assert [day for day in days_in(language) if day in said]
    everything = letter.subject + letter.text + letter.html.split("</style>")[1]
    for leftover in ("{", "}", "%(", "[[", "None", "<Promise", "…"):
        assert leftover not in everything
    assert words_of_html(letter) == words_of_text(letter)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_each_letter_says_whose_move_it_is(kind: LetterKind) -> None:
    letter = kind.example("en")
    assert MOVES[kind.code] in " ".join(letter.text.split())
    assert not ANOTHER_STYLE.findall(f"{letter.subject} {letter.text}")


def test_every_row_of_the_table_has_its_letter() -> None:
    listed = {code for codes in ROWS.values() for code in codes}
    assert listed - set(BY_CODE) == set()
    assert set(BY_CODE) - listed == {
        "claim_withdrawn", "association_ended", "draft_reminder_sent", "consent_extended",
        "consent_ended", "consent_taken_back", "new_link", "overview",
    }  # fmt: skip


def test_every_letter_to_the_partner_has_an_example() -> None:
    assert set(LETTERS) == {kind.code for kind in KINDS if kind.to == Side.PARTNER}
    assert len(BY_CODE) == len(KINDS)
    assert set(MOVES) == set(BY_CODE)


def test_the_rejection_says_where_the_reason_stands_and_how_and_until_when_to_dispute() -> None:
    text = " ".join(BY_CODE["claim_rejected"].example("en").text.split())
    assert "Where to read why: open the claim." in text
    assert "you can dispute it once, until Monday, 9 March 2026, 23:59" in text
    assert "choose “Dispute the decision”" in text


@pytest.mark.parametrize(
    ("outcome", "subject", "says"),
    [
        ("kept", "you stay partner of record", "You don't have to do anything."),
        ("yields", "another partner's proof prevailed", "you can dispute it for 30 days"),
        ("won", "your proof prevailed", "Other products of this claim still wait"),
    ],
)
def test_a_ruling_reads_as_its_outcome(outcome: str, subject: str, says: str) -> None:
    kind = BY_CODE["competing_case_ruled"]
    letter = replace(kind, own=kind.own | {"outcome": outcome}).example("en")
    assert letter.subject == f"{NUMBER}: {subject}"
    text = " ".join(letter.text.split())
    assert says in text
    assert "The ruling rests on: - Newer signed acknowledgement" in text


def test_the_approval_says_when_the_window_ends_and_that_nothing_was_handed_over() -> None:
    text = " ".join(BY_CODE["claim_approved"].example("en").text.split())
    assert "it ends on Monday, 9 March 2026, 23:59" in text
    assert "until then nothing is handed over to the incentive program" in text
