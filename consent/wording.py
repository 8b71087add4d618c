"""How a customer reads about a claim."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims.models import Activity, ClaimLine

WHAT_IT_DID: dict[str, Promise] = {
    "usage": _("It helps people in your organisation to use the product."),
    "presales": _("It advised your organisation before the purchase."),
    "revenue": _("It influenced your organisation's choice of the product."),
}


def line_text(line: ClaimLine) -> str:
    """Name a line as the customer knows it: product, activity, subscription."""
    text = f"{line.product.name} – {line.activity.name}"
    if line.subscription is not None:
        text += f" ({line.subscription.subscription_id})"
    return text


def activity_text(activity: Activity) -> str:
    """Say what an activity means for the customer, or name it if the operator added it."""
    return str(WHAT_IT_DID.get(activity.code, activity.name))
