"""Proof of execution (section 4)."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from .claim import Claim
from .line import ClaimLine


def stored_name(document: PoEDocument, filename: str) -> str:
    """Return a random name below the claim; what the partner called the file never reaches disk."""
    return f"poe/{document.claim_id}/{secrets.token_hex(16)}"


class PoEDocument(models.Model):
    """A file that proves the work. It can be withdrawn or superseded, never deleted."""

    class Kind(models.TextChoices):
        STATEMENT_OF_WORK = "sow", _("signed statement of work")
        TEMPLATE = "template", _("PoE template")
        EMAIL = "email", _("e-mail")
        PURCHASE_ORDER = "purchase_order", _("purchase order")
        REPORT = "report", _("report")
        OTHER = "other", _("other")

    class ScanState(models.TextChoices):
        NOT_SCANNED = "not_scanned", _("not scanned")
        PENDING = "pending", _("waiting for the scan")
        CLEAN = "clean", _("clean")
        INFECTED = "infected", _("infected")
        FAILED = "failed", _("scan failed")

    class Occasion(models.TextChoices):
        INITIAL = "initial", _("with the claim")
        RESPONSE = "response", _("with an answer")
        DISPUTE = "dispute", _("with a dispute")
        REFRESH = "refresh", _("after approval")

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="documents", verbose_name=_("claim")
    )
    file = models.FileField(_("file"), upload_to=stored_name, max_length=120)
    original_name = models.CharField(_("file name"), max_length=255)
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.OTHER)
    occasion = models.CharField(
        _("handed in"), max_length=10, choices=Occasion, default=Occasion.INITIAL
    )
    document_on = models.DateField(_("date of the document"), null=True, blank=True)
    signed_on = models.DateField(_("date of the customer's signature"), null=True, blank=True)
    signer_name = models.CharField(_("signed by"), max_length=150, blank=True)
    signer_title = models.CharField(_("signer's job title"), max_length=150, blank=True)
    covers = models.ManyToManyField(
        ClaimLine, blank=True, related_name="documents", verbose_name=_("covers the lines")
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    comment = models.ForeignKey(
        "claims.Comment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="attachments",
        verbose_name=_("attached to the comment"),
        editable=False,
    )
    supersedes = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="superseded_by",
        verbose_name=_("replaces"),
    )
    scan_state = models.CharField(
        _("virus check"), max_length=12, choices=ScanState, default=ScanState.NOT_SCANNED
    )
    uploaded_at = models.DateTimeField(_("uploaded"))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    history = HistoricalRecords(m2m_fields=[covers])

    class Meta:
        verbose_name = _("proof of execution")
        verbose_name_plural = _("proofs of execution")
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="poe_not_empty", condition=Q(size__gt=0)),
            models.CheckConstraint(name="poe_has_hash", condition=Q(Exact(Length("sha256"), 64))),
        ]
        indexes = [models.Index(fields=["sha256"], name="poe_sha256")]

    def __str__(self) -> str:
        return self.original_name

    @classmethod
    def open_states(cls) -> tuple[str, ...]:
        """Return what the virus check must have said before a document is opened for anybody."""
        checked = (cls.ScanState.CLEAN.value,)
        return checked if settings.CPOR_CLAMAV else (*checked, cls.ScanState.NOT_SCANNED.value)

    @property
    def may_be_opened(self) -> bool:
        """Whether the virus check has passed the document, or there is none at this desk."""
        return self.scan_state in self.open_states()

    @property
    def is_being_checked(self) -> bool:
        """Whether the virus check's word is still to come, or could not be had."""
        return not self.may_be_opened and self.scan_state != self.ScanState.INFECTED

    @property
    def counts(self) -> bool:
        """Whether the document stands: neither withdrawn nor refused by the virus check."""
        return self.withdrawn_at is None and self.scan_state != self.ScanState.INFECTED
