"""Short ways to ask the rules about a claim in the database."""

from typing import Any

from claims import checks
from claims.models import Claim, ClaimLine
from cpor_site.common import clock
from cpor_site.common.problems import Problem


def codes(problems: list[Problem]) -> list[str]:
    return [each.code for each in problems]


def change(claim: Claim, **fields: Any) -> Claim:
    for name, value in fields.items():
        setattr(claim, name, value)
    return claim


def lines_of(claim: Claim) -> list[ClaimLine]:
    return list(claim.lines.select_related("product", "activity__program").order_by("pk"))


def cover_everything(claim: Claim) -> None:
    for document in claim.documents.all():
        document.covers.set(claim.lines.all())


def submission(claim: Claim) -> list[Problem]:
    return checks.check_submission(claim, claim.created_by, clock.now())
