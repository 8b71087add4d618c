"""The operator's own end of a claim, which takes two people (T23)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from claims.models import Claim


class AdministrativeEnd(models.Model):
    """A lead reviewer's proposal to close a claim, which another one confirms or turns down.

    ``reason`` is what partner and customer read, ``internal_note`` what reviewers add. A proposal
    that lapsed, because something else closed the claim first, is settled by nobody.
    """

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", _("confirmed")
        TURNED_DOWN = "turned_down", _("turned down")
        LAPSED = "lapsed", _("lapsed")

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="administrative_ends", verbose_name=_("claim")
    )
    reason = models.CharField(_("reason"), max_length=200)
    internal_note = models.TextField(_("internal note"), max_length=2000, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed"))
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("settled by"),
    )
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("administrative end")
        verbose_name_plural = _("administrative ends")
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["claim"], condition=Q(outcome=""), name="administrative_end_one_open"
            ),
            models.CheckConstraint(name="administrative_end_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="administrative_end_by_two",
                condition=~Q(outcome="confirmed") | ~Q(settled_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="administrative_end_settled_is_whole",
                condition=Q(outcome="", settled_at__isnull=True, settled_by__isnull=True)
                | Q(outcome="lapsed", settled_at__isnull=False, settled_by__isnull=True)
                | Q(
                    outcome__in=("confirmed", "turned_down"),
                    settled_at__isnull=False,
                    settled_by__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(self.claim)
