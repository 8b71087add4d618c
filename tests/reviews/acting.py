"""What the tests of the acts' pages share."""

from __future__ import annotations

from typing import Any

from django.contrib.messages import get_messages

from claims.models import Association, Claim, ClaimEvent, Comment, ReviewDecision, ReviewFinding
from cpor_site.common.models import OutboxMessage, User
from reviews.models import InternalNote
from tests import acts, factories

ACTS = ["take_up", "ask", "approve", "reject", "sufficient", "split"]
COMPETING = ["sufficient", "split"]


def valid(name: str, claim: Claim) -> dict[str, Any]:
    """What a person types for the act, with the claim's version as the page shows it."""
    typed: dict[str, dict[str, Any]] = {
        "take_up": {},
        "ask": {"D-ACK-chosen": "on", "comment": "Please let them sign."},
        "approve": {"text": "Well done."},
        "reject": {"reasons": ["R-POE"], "text": "No work is shown."},
        "sufficient": {"internal_note": "Good proof."},
        "split": {},
    }
    return {"version": acts.fresh(claim).version} | typed[name]


def for_act(name: str, reviewer: User) -> Claim:
    """A claim on which the act is possible."""
    if name == "take_up":
        return acts.submit(factories.make_claim())
    if name in COMPETING:
        claim = factories.make_claim(products=("exchange_online", "teams"))
        acts.submit(factories.make_claim(tenant=claim.tenant))
        return acts.under_review(claim, reviewer=reviewer)
    return acts.under_review(reviewer=reviewer)


def state(claim: Claim) -> tuple[Any, ...]:
    """Everything an act would leave behind."""
    counted = (
        ReviewDecision,
        ReviewFinding,
        Comment,
        InternalNote,
        Association,
        ClaimEvent,
        OutboxMessage,
    )
    return (
        Claim.objects.filter(pk=claim.pk).values().get(),
        *(model.objects.count() for model in counted),
    )


def told(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]
