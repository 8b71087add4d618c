"""The lines of a claim (1.4): one product, subscription and activity each."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from ..states import LineStatus
from .claim import Claim


class ClaimLine(models.Model):
    """One product or workload claimed for one activity; exclusivity is judged per line."""

    claim = models.ForeignKey(Claim, models.CASCADE, related_name="lines", verbose_name=_("claim"))
    product = models.ForeignKey(
        "claims.Product", models.PROTECT, related_name="lines", verbose_name=_("product")
    )
    activity = models.ForeignKey(
        "claims.Activity", models.PROTECT, related_name="lines", verbose_name=_("activity")
    )
    subscription = models.ForeignKey(
        "claims.Subscription",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="lines",
        verbose_name=_("subscription"),
    )
    subscription_as_typed = models.CharField(_("subscription as typed"), max_length=100, blank=True)
    line_status = models.CharField(
        _("status"), max_length=30, choices=LineStatus, default=LineStatus.INCLUDED
    )
    contested = models.BooleanField(_("competing"), default=False, editable=False)
    decision_note = models.CharField(_("note on the decision"), max_length=300, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("claim line")
        verbose_name_plural = _("claim lines")
        ordering = ["claim", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "product", "activity", "subscription"],
                condition=Q(line_status=LineStatus.INCLUDED, subscription__isnull=False),
                name="line_once_per_claim",
            ),
            # A text that names no subscription still tells one line of a product from another.
            models.UniqueConstraint(
                "claim",
                "product",
                "activity",
                Lower("subscription_as_typed"),
                condition=Q(line_status=LineStatus.INCLUDED, subscription__isnull=True),
                name="line_once_as_typed",
            ),
        ]
        indexes = [
            # What somebody typed is looked for without regard to capitals.
            models.Index(
                Upper("subscription_as_typed"),
                condition=Q(subscription__isnull=True),
                name="line_typed_subscription",
            )
        ]

    def __str__(self) -> str:
        return f"{self.claim}: {self.product}"

    @property
    def activity_name(self) -> str:
        """The activity as the claim's rule profile calls it; the claim should be loaded."""
        try:
            claim = self.claim
        except ObjectDoesNotExist:
            return self.activity.name
        return self.activity.name_in(claim.rule_profile_id)


def belonging_to(claim: Claim, lines: Iterable[ClaimLine]) -> list[ClaimLine]:
    """Return the claim's lines, each of which then knows the claim without a query."""
    found = list(lines)
    for line in found:
        line.claim = claim
    return found
