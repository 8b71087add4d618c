"""What a customer is asked, by which letters, and what they answered (section 7)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from claims.models import Claim, ClaimLine


class ConsentRequest(models.Model):
    """The opt-out window of one approval; it opens with the first letter that leaves (7.4)."""

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="consent_requests", verbose_name=_("claim")
    )
    created_at = models.DateTimeField(_("written"))
    opened_at = models.DateTimeField(_("window opened"), null=True, blank=True)
    closes_at = models.DateTimeField(_("window ends"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("consent request")
        verbose_name_plural = _("consent requests")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["claim"],
                condition=Q(closed_at__isnull=True),
                name="consent_one_open_request_per_claim",
            ),
            models.CheckConstraint(
                name="consent_window_is_whole",
                condition=Q(opened_at__isnull=True, closes_at__isnull=True)
                | Q(opened_at__isnull=False, closes_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.created_at:%Y-%m-%d}"


class ConsentRecipient(models.Model):
    """One person who is asked, with a link of their own.

    The link's token is never stored: ``nonce`` and the installation's secret key yield it when the
    letter is sent, ``token_hash`` (SHA-256, hexadecimal) recognises it when it comes back (7.6).
    """

    class Role(models.TextChoices):
        BUSINESS = "business", _("business contact")
        TECHNICAL = "technical", _("technical contact")
        TENANT_ADMIN = "tenant_admin", _("tenant administrator")

    request = models.ForeignKey(
        ConsentRequest, models.PROTECT, related_name="recipients", verbose_name=_("request")
    )
    role = models.CharField(_("role"), max_length=14, choices=Role)
    name = models.CharField(_("name"), max_length=150, blank=True)
    email = models.EmailField(_("e-mail"))
    locale = models.CharField(_("language"), max_length=12)
    nonce = models.CharField(max_length=64, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    sent_at = models.DateTimeField(_("letter left"), null=True, blank=True)
    superseded_at = models.DateTimeField(_("superseded"), null=True, blank=True)

    class Meta:
        verbose_name = _("consent recipient")
        verbose_name_plural = _("consent recipients")
        ordering = ["request", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "email"],
                condition=Q(superseded_at__isnull=True),
                name="recipient_one_live_link",
            )
        ]

    def __str__(self) -> str:
        return self.email


class ConsentAnswer(models.Model):
    """What somebody holding a link answered; written once, never changed."""

    class Kind(models.TextChoices):
        AGREED = "agreed", _("agreed")
        DECLINED = "declined", _("declined")

    class Reason(models.TextChoices):
        NOT_OUR_PARTNER = "not_our_partner", _("This company isn't our partner")
        WRONG_PRODUCTS = "wrong_products", _("The products are wrong")
        OTHER_PARTNER = "other_partner", _("Another partner does this for us")
        PROJECT_ENDED = "project_ended", _("The project has ended")
        PREFER_NOT = "prefer_not_to_say", _("I'd rather not say")

    request = models.ForeignKey(
        ConsentRequest, models.PROTECT, related_name="answers", verbose_name=_("request")
    )
    recipient = models.ForeignKey(
        ConsentRecipient, models.PROTECT, related_name="answers", verbose_name=_("recipient")
    )
    kind = models.CharField(_("answer"), max_length=10, choices=Kind)
    lines = models.ManyToManyField(ClaimLine, related_name="+", verbose_name=_("lines"))
    responder_name = models.CharField(_("name"), max_length=150)
    responder_title = models.CharField(_("job title"), max_length=150, blank=True)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True)
    message = models.TextField(_("message to the operator"), max_length=2000, blank=True)
    share_message = models.BooleanField(_("the partner may read the message"), default=False)
    answered_at = models.DateTimeField(_("answered"))
    ip_address = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    user_agent = models.CharField(_("browser"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("customer's answer")
        verbose_name_plural = _("customers' answers")
        ordering = ["answered_at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.answered_at:%Y-%m-%d}"
