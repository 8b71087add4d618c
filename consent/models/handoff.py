"""What is handed to the incentive program: facts about a line, never a promise of money."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from claims.models import Claim, ClaimLine


class IncentiveHandoff(models.Model):
    """One row a line when its association becomes active, another one when it ends.

    ``payload`` holds the exported fields (section 1.4, IncentiveHandoff): claim number, program,
    partner ID, tenant and subscription GUID, product, activity, dates (ISO 8601), opt-out flag and
    the SHA-256 digest over the documents.
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
    effective_on = models.DateField(_("effective on"))
    payload = models.JSONField(_("fields"))
    created_at = models.DateTimeField(_("written"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("hand-off to incentives")
        verbose_name_plural = _("hand-offs to incentives")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["line", "kind"], name="handoff_once_per_line_and_kind")
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.kind}"
