"""What the checklist says about the age of signatures and about documents that don't count."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine

from claims.models import Claim, PoEDocument
from reviews.case_file import read_case
from reviews.checklist import checklist_of
from tests import acts, factories
from tests.shared import shared

pytestmark = pytest.mark.django_db

WITHIN = "within the 12 months before the claim was submitted"
OLDER = "more than 12 months before the claim was submitted"


def facts(claim: Claim) -> dict[str, str]:
    """The facts beside each criterion, by its first deficiency code."""
    case = read_case(claim, claim.created_by)
    criteria = checklist_of(claim, case.lines, case.documents)
    return {each.codes[0]: each.facts for each in criteria}


@shared
@time_machine.travel("2026-06-02T10:00:00Z", tick=False)
def submitted() -> Claim:
    return acts.submit(factories.make_claim())


@pytest.mark.parametrize(
    ("signed_on", "age"),
    [
        (date(2026, 6, 2), WITHIN),
        (date(2025, 6, 3), WITHIN),
        (date(2025, 6, 2), WITHIN),
        (date(2025, 6, 1), OLDER),
        (date(2025, 5, 31), OLDER),
        (date(2024, 12, 31), OLDER),
    ],
)
def test_the_age_of_a_signature(signed_on: date, age: str, submitted: Claim) -> None:
    PoEDocument.objects.update(signed_on=signed_on)

    assert facts(submitted)["D-DATE"].endswith(f", {age}")


def test_counts_from_the_last_submission_in_the_operators_zone() -> None:
    with time_machine.travel("2026-06-01T22:30:00Z", tick=False):  # 2 June in Berlin
        claim = factories.make_claim(document=False)
        factories.make_document(claim, signed_on=date(2025, 6, 1))
        claim = acts.submit(claim)

    assert facts(claim)["D-DATE"] == f"signed Sun 1 June 2025, {OLDER}"


def test_a_draft_has_no_age_yet() -> None:
    assert facts(factories.make_claim())["D-DATE"] == ""


def test_withdrawn_and_infected_documents_are_left_out(submitted: Claim) -> None:
    claim = submitted
    now = claim.changed_at
    factories.make_document(claim, signer_name="Old Signer", withdrawn_at=now)
    factories.make_document(
        claim, signer_name="Bad Signer", scan_state=PoEDocument.ScanState.INFECTED
    )

    assert facts(claim)["D-ACK"] == "Jana Meier, CIO"


def test_two_activities_name_a_product_once() -> None:
    claim = factories.make_claim(
        area_code=factories.BIZAPPS, activities=("usage", "presales"), products=("d365_sales",)
    )

    found = facts(claim)

    assert found["D-PROD"] == "Dynamics 365 Sales"
    assert found["D-WORK"] == "Presales, Usage"
