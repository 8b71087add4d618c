"""What was decided before: on this partner's claims, for this customer, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.functional import Promise

from claims.models import Claim, ReviewDecision
from claims.states import RejectionReason

Outcome = ReviewDecision.Outcome
LATEST = 25
COUNTED = 1000
"""So many of the latest decisions are counted; a partner may have thousands."""


@dataclass(frozen=True)
class Reason:
    code: str
    label: Promise | str
    count: int


@dataclass(frozen=True)
class Record:
    """Decisions on other claims of one partner or customer, the newest first.

    ``approved``, ``rejected`` and ``asked`` count the latest ``COUNTED`` decisions; ``rate`` is the
    rejections among approvals and rejections in percent, None if there were none.
    """

    latest: Sequence[ReviewDecision]
    approved: int
    rejected: int
    asked: int
    reasons: Sequence[Reason]

    @property
    def count(self) -> int:
        return self.approved + self.rejected + self.asked

    @property
    def rate(self) -> int | None:
        final = self.approved + self.rejected
        return round(100 * self.rejected / final) if final else None


def of_partner(claim: Claim) -> Record:
    """Return the decisions on other claims of the claim's partner; two queries."""
    return _record(_others(claim).filter(claim__organization=claim.organization_id))


def of_customer(claim: Claim) -> Record:
    """Return the decisions on other claims, of any partner, for the claim's customer."""
    if claim.tenant_id is None:
        return Record((), 0, 0, 0, ())
    return _record(_others(claim).filter(claim__tenant=claim.tenant_id))


def _others(claim: Claim) -> QuerySet[ReviewDecision]:
    return ReviewDecision.objects.exclude(claim=claim.pk).order_by("-decided_at", "-pk")


def _record(decisions: QuerySet[ReviewDecision]) -> Record:
    counted = list(decisions.values_list("outcome", "reason_codes")[:COUNTED])
    outcomes = Counter(outcome for outcome, _codes in counted)
    codes = Counter(
        code for outcome, found in counted if outcome == Outcome.REJECTED for code in found
    )
    labels = dict(RejectionReason.choices)
    latest = decisions.select_related(
        "reviewer", "claim__organization", "claim__tenant", "claim__area"
    )
    return Record(
        list(latest[:LATEST]),
        outcomes[Outcome.APPROVED],
        outcomes[Outcome.REJECTED],
        outcomes[Outcome.ACTION_REQUESTED],
        [Reason(code, labels.get(code, code), count) for code, count in codes.most_common()],
    )
