"""NAM-01: a claim has a name."""

from __future__ import annotations

import pytest

from claims.checks import check_submission
from claims.rules.naming import name_problems
from cpor_site.common import clock
from tests import factories


@pytest.mark.parametrize("name", ["", "  "])
def test_a_claim_without_a_name_is_refused(name: str) -> None:
    assert [problem.code for problem in name_problems(name)] == ["NAM-01"]


def test_a_name_is_enough() -> None:
    assert name_problems("Mail migration") == []


@pytest.mark.django_db
def test_the_name_is_asked_about_at_submission() -> None:
    claim = factories.make_claim(name="")
    problems = check_submission(claim, claim.created_by, clock.now())
    assert [problem.code for problem in problems if problem.blocks] == ["NAM-01"]
