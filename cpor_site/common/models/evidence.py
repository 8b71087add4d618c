"""The chain of digests over evidence, and what was pseudonymised since."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class EvidenceSeal(models.Model):
    """One link of the chain: consecutive rows of one table, in the order of their keys.

    ``table`` has its rows sealed up to ``upto_key``; those of this link lie behind ``after_key``.
    ``rows`` holds a record for each row (``cpor_site.common.evidence.facts.Layout``): its key, the
    SHA-256 of the columns ``facts``, and, where there are ``personal`` columns, their HMAC-SHA256
    under the claim's salt. ``digest`` is the SHA-256 over ``previous``, what this link says of
    itself, and each record in turn (hexadecimal).
    """

    number = models.PositiveBigIntegerField(_("number"), unique=True)
    table = models.CharField(_("table"), max_length=100)
    facts = models.JSONField(_("columns"))
    personal = models.JSONField(_("personal columns"))
    after_key = models.BigIntegerField(_("behind the key"))
    upto_key = models.BigIntegerField(_("up to the key"))
    row_count = models.PositiveIntegerField(_("rows"))
    rows = models.BinaryField()
    previous = models.CharField(_("digest before"), max_length=64, blank=True)
    digest = models.CharField(_("digest"), max_length=64)
    sealed_at = models.DateTimeField(_("sealed"))

    class Meta:
        verbose_name = _("seal of evidence")
        verbose_name_plural = _("seals of evidence")
        ordering = ["-number"]
        permissions = [("export_case", "Can export the whole file of a claim")]
        constraints = [
            models.UniqueConstraint(
                fields=["table", "upto_key"], name="evidence_seal_once_per_range"
            ),
            models.CheckConstraint(
                name="evidence_seal_goes_forward",
                condition=models.Q(upto_key__gt=models.F("after_key")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.digest}"


class EvidenceSalt(models.Model):
    """What the personal columns of a claim's rows are sealed with; deleted with its names.

    ``claim_key`` is the claim's primary key.
    """

    claim_key = models.BigIntegerField(_("claim"), unique=True)
    salt = models.BinaryField(editable=False)

    class Meta:
        verbose_name = _("salt of a claim")
        verbose_name_plural = _("salts of claims")

    def __str__(self) -> str:
        return str(self.claim_key)


class Pseudonymisation(models.Model):
    """One act by which the people on a claim got pseudonyms.

    ``on_request`` tells a person's lawful request from the end of the time of retention.
    """

    claim_key = models.BigIntegerField(_("claim"))
    claim_number = models.CharField(_("claim number"), max_length=20)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    on_request = models.BooleanField(_("on request"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("pseudonymisation")
        verbose_name_plural = _("pseudonymisations")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.claim_number


class PseudonymisedRow(models.Model):
    """A row whose personal columns were replaced; ``digest`` is the SHA-256 of what stands there.

    It takes the place of the seal of those columns, whose salt is gone.
    """

    act = models.ForeignKey(
        Pseudonymisation, models.PROTECT, related_name="rows", verbose_name=_("act")
    )
    table = models.CharField(_("table"), max_length=100)
    key = models.BigIntegerField(_("key"))
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        verbose_name = _("pseudonymised row")
        verbose_name_plural = _("pseudonymised rows")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["table", "key", "act"], name="pseudonymised_once_per_act"
            )
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.key}"
