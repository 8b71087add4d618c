"""The reviewers' findings as a list of things to do."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from claims import actors, selectors, todos
from claims.models import Claim, ClaimLine
from claims.states import LineStatus
from reviews.services.decisions import FindingEntry, request_action
from tests import acts, factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim() -> Claim:
    """A claim under review with two lines."""
    return acts.under_review(factories.make_claim(products=("exchange_online", "teams")))


def lines_of(claim: Claim) -> list[ClaimLine]:
    return list(claim.lines.select_related("product").order_by("pk"))


def ask(claim: Claim, findings: Sequence[FindingEntry]) -> Claim:
    assert claim.assigned_reviewer is not None
    return request_action(
        claim_id=claim.pk,
        actor=actors.reviewer(claim.assigned_reviewer),
        findings=findings,
        comment="Please mend this.",
    )


def named(claim: Claim) -> list[tuple[str, list[str], bool]]:
    return [
        (
            str(each.line.product) if each.line else "",
            [finding.code for finding in each.findings],
            each.removed,
        )
        for each in todos.todos_of(selectors.findings_of(claim))
    ]


def test_findings_stand_under_each_line_they_concern_and_the_claims_own_first(
    claim: Claim,
) -> None:
    first, second = lines_of(claim)
    findings = [
        FindingEntry("D-PROD", [second.pk, first.pk]),
        FindingEntry("D-WORK", [second.pk], "Say what was done."),
        FindingEntry("D-ACK"),
    ]

    assert named(ask(claim, findings)) == [
        ("", ["D-ACK"], False),
        (str(first.product), ["D-PROD"], False),
        (str(second.product), ["D-PROD", "D-WORK"], False),
    ]


def test_a_line_that_was_taken_out_is_settled(claim: Claim) -> None:
    _first, second = lines_of(claim)
    claim = ask(claim, [FindingEntry("D-PROD", [second.pk])])
    second.line_status = LineStatus.REMOVED_ON_ADVICE
    second.save()

    assert named(claim) == [(str(second.product), ["D-PROD"], True)]
