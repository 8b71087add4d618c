"""What is handed to the incentive program: facts about a line, never a promise of money."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models import Claim, ClaimLine


class IncentiveHandoff(models.Model):
    """One row a line when its association becomes active, another one when it ends.

    ``payload`` holds the exported fields (section 1.4, IncentiveHandoff): claim number, program,
    partner ID, tenant and subscription GUID, product, activity, dates (ISO 8601), opt-out flag and
    the SHA-256 digest over the documents. ``sequence`` counts a claim's rows from 1; they are
    delivered in that order. ``acknowledged_at`` and ``acknowledgement`` come from the program.
    """

    class Kind(models.TextChoices):
        START = "start", _("start")
        TERMINATION = "termination", _("termination")

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        SENT = "sent", _("sent")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        FAILED = "failed", _("failed")

    line = models.ForeignKey(
        ClaimLine, models.PROTECT, related_name="handoffs", verbose_name=_("line")
    )
    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="handoffs", verbose_name=_("claim")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PENDING)
    sequence = models.PositiveIntegerField(_("number within the claim"))
    effective_on = models.DateField(_("effective on"))
    payload = models.JSONField(_("fields"))
    created_at = models.DateTimeField(_("written"))
    batch = models.ForeignKey(
        "consent.HandoffBatch",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="rows",
        verbose_name=_("file"),
    )
    posted_at = models.DateTimeField(_("posted"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    acknowledgement = models.CharField(_("acknowledgement"), max_length=200, blank=True)
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    claimed_until = models.DateTimeField(_("held by a sender until"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("hand-off to incentives")
        verbose_name_plural = _("hand-offs to incentives")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["line", "kind"], name="handoff_once_per_line_and_kind"),
            models.UniqueConstraint(fields=["claim", "sequence"], name="handoff_in_order"),
            models.CheckConstraint(
                name="handoff_states_have_moments",
                condition=Q(state="pending", sent_at__isnull=True, acknowledged_at__isnull=True)
                | Q(state="sent", sent_at__isnull=False, acknowledged_at__isnull=True)
                | Q(state="acknowledged", sent_at__isnull=False, acknowledged_at__isnull=False)
                | Q(state="failed"),
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="pending"), name="handoff_pending"),
            models.Index(fields=["id"], condition=Q(state="failed"), name="handoff_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.kind}"


class HandoffBatch(models.Model):
    """One delivery by file: the same rows as JSON lines and as CSV, with a signed digest.

    The names are relative to the storage of hand-offs; digests are SHA-256, hexadecimal. The batch
    is planned first (number, rows) and stored then: ``stored_at`` is empty until all three files
    are in the storage, so that a crash in between is made good with the same number and bytes.
    """

    number = models.PositiveIntegerField(_("number"), unique=True)
    written_at = models.DateTimeField(_("written"))
    stored_at = models.DateTimeField(_("in the storage since"), null=True, blank=True)
    row_count = models.PositiveIntegerField(_("rows"))
    json_name = models.CharField(_("JSON lines"), max_length=200)
    csv_name = models.CharField(_("CSV"), max_length=200)
    manifest_name = models.CharField(_("signed digest"), max_length=200)
    json_sha256 = models.CharField(max_length=64)
    csv_sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("hand-off file")
        verbose_name_plural = _("hand-off files")
        ordering = ["-number"]
        permissions = [("download_handoff", "Can download files of hand-offs")]
        indexes = [
            models.Index(
                fields=["number"],
                condition=Q(stored_at__isnull=True),
                name="handoff_batch_unstored",
            )
        ]

    def __str__(self) -> str:
        return f"{self.number:06d}"


class HandoffEndpoint(models.Model):
    """What is known of the address to which hand-offs are posted.

    ``gone_at`` is when it answered 410 Gone; nothing is posted there until somebody clears it.
    ``quiet_until`` holds posts back for a while after the address asked for it or was out of reach.
    """

    url = models.CharField(_("address"), max_length=500, unique=True)
    gone_at = models.DateTimeField(_("gone since"), null=True, blank=True)
    quiet_until = models.DateTimeField(_("no posts until"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("address for hand-offs")
        verbose_name_plural = _("addresses for hand-offs")
        ordering = ["url"]

    def __str__(self) -> str:
        return self.url
