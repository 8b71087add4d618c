"""The people on a claim (section 1.2)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from .claim import Claim


class ClaimContact(models.Model):
    """A person on a claim: the customer's business or technical contact, or the partner's."""

    class Kind(models.TextChoices):
        BUSINESS = "business", _("customer's business contact")
        TECHNICAL = "technical", _("customer's technical contact")
        PARTNER = "partner", _("partner's contact")

    claim = models.ForeignKey(
        Claim, models.CASCADE, related_name="contacts", verbose_name=_("claim")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    name = models.CharField(_("name"), max_length=150, blank=True)
    job_title = models.CharField(_("job title"), max_length=150, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    locale = models.CharField(_("language"), max_length=12, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["claim", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "kind"], name="contact_one_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"
