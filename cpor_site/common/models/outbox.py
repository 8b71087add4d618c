"""Letters wait here, written in the transaction of the act that causes them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..spoken import spoken


class OutboxMessage(models.Model):
    """One letter to one recipient.

    ``key`` is unique for the act that caused the letter, so an act that is repeated or raced writes
    it once. A sender claims the row (``claimed_until``) before it touches the mail server; the
    ``message_id`` is fixed here, so that a second try after a lost answer is recognisably the same
    letter.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    key = models.CharField(_("key"), max_length=200)
    kind = models.CharField(_("kind"), max_length=60)
    claim_number = models.CharField(_("claim number"), max_length=20, blank=True)
    recipient = models.EmailField(_("recipient"))
    locale = models.CharField(_("language"), max_length=12)
    subject = models.CharField(_("subject"), max_length=250)
    text_body = models.TextField(_("text"))
    html_body = models.TextField(_("HTML"), blank=True)
    message_id = models.CharField(_("message ID"), max_length=200)
    about = models.CharField(
        _("about"),
        max_length=80,
        blank=True,
        help_text=_("The row that wants to know when the letter has left, as 'kind:id'."),
    )

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    created_at = models.DateTimeField(_("written"))
    next_try_at = models.DateTimeField(_("next try"))
    claimed_until = models.DateTimeField(_("held by a sender until"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    bounced_at = models.DateTimeField(_("bounced"), null=True, blank=True)
    bounce_reason = models.CharField(_("why it bounced"), max_length=500, blank=True)
    provider_id = models.CharField(
        _("the provider's ID"), max_length=200, blank=True, default="", db_default=""
    )

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="outbox_one_letter_per_key"),
            models.CheckConstraint(
                name="outbox_sent_has_time",
                condition=Q(state="sent", sent_at__isnull=False)
                | Q(~Q(state="sent"), sent_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"], condition=Q(state="queued"), name="outbox_queued"
            ),
            # What a mail provider or a returned mail tells is found by it.
            models.Index(fields=["message_id"], name="outbox_message_id"),
            models.Index(
                fields=["provider_id"], condition=~Q(provider_id=""), name="outbox_provider_id"
            ),
            models.Index(
                fields=["-created_at"],
                condition=Q(state="failed") | Q(bounced_at__isnull=False),
                name="outbox_lost",
            ),
            models.Index(fields=["claim_number", "-created_at"], name="outbox_claim"),
        ]

    def __str__(self) -> str:
        return f"{spoken(self.kind)} → {self.recipient}"
