"""How a customer reads about a claim."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims.models import Activity, Association, ClaimLine

WHAT_IT_DID: dict[str, Promise] = {
    "usage": _("It helps people in your organisation to use the product."),
    "presales": _("It advised your organisation before the purchase."),
    "revenue": _("It influenced your organisation's choice of the product."),
}


def line_text(line: ClaimLine) -> str:
    """Name a line as the customer knows it: product, activity, subscription."""
    text = f"{line.product.name} – {line.activity_name}"
    if line.subscription is not None:
        text += f" ({line.subscription.subscription_id})"
    return text


def activity_text(activity: Activity) -> str:
    """Say what an activity means for the customer, or name it if the operator added it."""
    return str(WHAT_IT_DID.get(activity.code, activity.name))


EndReason = Association.EndReason

WHY_ENDED: dict[str, Promise] = {
    EndReason.CUSTOMER_DECLINED: _("your organisation declined"),
    EndReason.CUSTOMER_WITHDREW: _("your organisation withdrew"),
    EndReason.PARTNER_ENDED: _("the partner ended it"),
    EndReason.DISPLACED: _("another partner took its place"),
    EndReason.REPLACED: _("replaced by a newer claim of the same partner"),
    EndReason.SUBSCRIPTION_ENDED: _("the subscription ended"),
    EndReason.ADMINISTRATIVE: _("ended by the program operator"),
}
"""Why an association ended, as its customer reads it."""


def end_text(association: Association) -> str:
    """Say why an association ended; empty while it stands."""
    return str(WHY_ENDED.get(association.end_reason, ""))
