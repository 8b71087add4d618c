"""Cases in which several organisations claim the same key (section 5)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims.models import Claim, ClaimLine
from cpor_site.common.spoken import date_words


class CompetingClaimsCase(models.Model):
    """One contested exclusivity key; every organisation that wants it is a party of one case."""

    key = models.CharField(_("key"), max_length=120)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("competing claims case")
        verbose_name_plural = _("competing claims cases")
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(closed_at__isnull=True),
                name="case_one_open_per_key",
            )
        ]

    def __str__(self) -> str:
        return gettext("Competing claims since %(day)s") % {
            "day": date_words(timezone.localtime(self.opened_at))
        }


class CompetingParty(models.Model):
    """One claim line in a case. A party leaves when its line is no longer in the running."""

    class Standing(models.TextChoices):
        INCUMBENT = "incumbent", _("incumbent")
        CHALLENGER = "challenger", _("challenger")

    case = models.ForeignKey(
        CompetingClaimsCase, models.PROTECT, related_name="parties", verbose_name=_("case")
    )
    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="competing_parties", verbose_name=_("claim")
    )
    line = models.ForeignKey(
        ClaimLine, models.PROTECT, related_name="competing_parties", verbose_name=_("line")
    )
    standing = models.CharField(_("standing"), max_length=10, choices=Standing)
    joined_at = models.DateTimeField(_("joined"))
    left_at = models.DateTimeField(_("left"), null=True, blank=True)

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        ordering = ["case", "joined_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "line"],
                condition=Q(left_at__isnull=True),
                name="party_once_per_case",
            )
        ]

    def __str__(self) -> str:
        return f"{self.claim}, {self.get_standing_display()}"
