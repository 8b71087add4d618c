"""How a customer reads about a claim."""

from __future__ import annotations

from claims.models import ClaimLine


def line_text(line: ClaimLine) -> str:
    """Name a line as the customer knows it: product, activity, subscription."""
    text = f"{line.product.name} – {line.activity.name}"
    if line.subscription is not None:
        text += f" ({line.subscription.subscription_id})"
    return text
