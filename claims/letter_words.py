"""How letters to the partner name lines, pages and rulings."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import get_urlconf, reverse

from cpor_site.common.letters import Verbatim

from .models import Claim, ClaimEvent, ClaimLine, belonging_to
from .states import RulingGround


def claim_page(claim: Claim) -> str:
    before, after = _around_number(get_urlconf())
    return f"{settings.CPOR_PUBLIC_URL}{before}{claim.pk}{after}"


@cache
def _around_number(urls: str | None) -> tuple[str, str]:
    """Return the path of a claim's page before and after the claim's number, asked only once."""
    before, _number, after = reverse("claim_page", urlconf=urls, args=[0]).rpartition("0")
    return before, after


def in_words(line: ClaimLine) -> str:
    subscription = line.subscription.subscription_id if line.subscription else None
    return line_in_words(line.product.name, line.activity_name, subscription)


def line_in_words(product: str, activity: str, subscription: UUID | None) -> str:
    """Return how a letter names a line of a claim."""
    words = f"{product} – {activity}"
    return f"{words} ({subscription})" if subscription else words


def named_lines(claim: Claim, event: ClaimEvent) -> list[ClaimLine]:
    """Return the lines that the event was about."""
    return belonging_to(
        claim,
        ClaimLine.objects.filter(claim=claim, pk__in=event.details["lines"])
        .select_related("product", "activity", "subscription")
        .order_by("pk"),
    )


def ruling(event: ClaimEvent) -> dict[str, Any]:
    """Return on what a ruling rests, where the event is one, and what the reviewer wrote."""
    grounds = event.details.get("grounds", [])
    return {
        "grounds": [RulingGround(each).label for each in grounds],
        "said": Verbatim(event.details.get("text", "")),
    }
