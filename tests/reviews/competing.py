"""What the tests of competing claims share: cases at every stage, through the services."""

from __future__ import annotations

from typing import Any

import time_machine

from claims import actors
from claims.models import Association, Claim, ClaimEvent
from claims.services.proof_requests import answer_nothing
from claims.states import AssociationState
from cpor_site.common import outbox
from cpor_site.common.models import User
from reviews.models import CompetingClaimsCase, CompetingParty, CompetingRuling
from reviews.services.competing import find_sufficient
from reviews.services.rulings import contenders, rule
from tests import acts, factories

SHARED = "The newer acknowledgement of the customer counts."


def rival(claim: Claim, **fields: Any) -> Claim:
    """Another partner's claim for the same customer, under review by a reviewer of its own."""
    return acts.under_review(factories.make_claim(tenant=claim.tenant, **fields))


def sufficient(claim: Claim, **changes: Any) -> Claim:
    """Find the claim's proof sufficient as its reviewer."""
    assert claim.assigned_reviewer is not None
    return find_sufficient(
        claim_id=claim.pk, actor=actors.reviewer(claim.assigned_reviewer), **changes
    )


def answered(holder: Claim) -> None:
    """Let the present partner answer that there is nothing to add."""
    answer_nothing(claim_id=holder.pk, actor=actors.partner(holder.created_by))


def case_of(claim: Claim) -> CompetingClaimsCase:
    return CompetingClaimsCase.objects.get(parties__claim=claim, closed_at=None)


def contested(holder: Claim | None = None, **fields: Any) -> tuple[Claim, Claim]:
    """A holder who has answered, and a challenger ready for a ruling."""
    holder = holder or acts.active()
    challenger = sufficient(rival(holder, **fields))
    answered(holder)
    return holder, acts.fresh(challenger)


def decide(
    case: CompetingClaimsCase, winner: Claim | None, *, arbiter: User | None = None, **changes: Any
) -> CompetingRuling:
    """Rule for the claim, or for nobody."""
    chosen = [each.pk for each in contenders(case) if winner and each.claim_id == winner.pk]
    given: dict[str, Any] = {
        "winner_id": chosen[0] if winner else None,
        "grounds": ["newer_acknowledgement"],
        "shared_reason": SHARED,
        "internal_reason": "Signed in May; the other one in January.",
    }
    arbiter = arbiter or factories.make_reviewer(role="Lead reviewer")
    return rule(case_id=case.pk, actor=actors.reviewer(arbiter), **(given | changes))


def won(holder: Claim | None = None, **fields: Any) -> tuple[Claim, Claim]:
    """A holder who yields, and the winner in its customer's window."""
    holder, challenger = contested(holder, **fields)
    decide(case_of(challenger), challenger)
    outbox.send_due()
    return acts.fresh(holder), acts.fresh(challenger)


def outcomes(case: CompetingClaimsCase) -> dict[int, str]:
    return dict(CompetingParty.objects.filter(case=case).values_list("claim", "outcome"))


def events(claim: Claim, *kinds: str) -> list[ClaimEvent]:
    return list(ClaimEvent.objects.filter(claim=claim, kind__in=kinds).order_by("pk"))


def kinds(claim: Claim) -> list[str]:
    """The kinds of the claim's events, comments left out, oldest first."""
    found = ClaimEvent.objects.filter(claim=claim).exclude(kind="comment_added").order_by("pk")
    return list(found.values_list("kind", flat=True))


def holders(claim: Claim) -> list[int]:
    """Whose associations are in force for the customer's products now."""
    found = Association.objects.filter(tenant=claim.tenant, state=AssociationState.ACTIVE)
    return list(found.order_by("pk").values_list("claim", flat=True))


def after(claim: Claim) -> time_machine.travel:
    return acts.past(acts.fresh(claim))
