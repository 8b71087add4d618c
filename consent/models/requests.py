"""What a customer is asked, by which letters, and what they answered (section 7)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from claims.models import Claim, ClaimLine, CustomerTenant


class ConsentRequest(models.Model):
    """The opt-out window of one approval; it opens with the first letter that leaves (7.4)."""

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="consent_requests", verbose_name=_("claim")
    )
    created_at = models.DateTimeField(_("written"))
    opened_at = models.DateTimeField(_("window opened"), null=True, blank=True)
    closes_at = models.DateTimeField(_("window ends"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    undelivered_at = models.DateTimeField(_("not delivered"), null=True, blank=True)
    extended_at = models.DateTimeField(_("extended"), null=True, blank=True)
    extended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("extended by"),
    )
    extension_reason = models.CharField(_("reason of the extension"), max_length=300, blank=True)

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
            models.CheckConstraint(
                name="consent_extension_has_reason",
                condition=Q(extended_at__isnull=True, extended_by__isnull=True)
                | Q(extended_at__isnull=False, extended_by__isnull=False) & ~Q(extension_reason=""),
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
    delivered_at = models.DateTimeField(_("letter delivered"), null=True, blank=True)
    bounced_at = models.DateTimeField(_("letter bounced"), null=True, blank=True)
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
    """What somebody holding a link answered; written once, never changed.

    A withdrawal (7.5) takes effect at once or at the month's end; ``carried_out_at`` says when.
    """

    class Kind(models.TextChoices):
        AGREED = "agreed", _("agreed")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

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
    takes_effect_at = models.DateTimeField(_("takes effect"), null=True, blank=True)
    carried_out_at = models.DateTimeField(_("carried out"), null=True, blank=True)
    ip_address = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    user_agent = models.CharField(_("browser"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("customer's answer")
        verbose_name_plural = _("customers' answers")
        ordering = ["answered_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="answer_effect_is_of_withdrawal",
                condition=Q(kind="withdrawn", takes_effect_at__isnull=False)
                | Q(
                    ~Q(kind="withdrawn"),
                    takes_effect_at__isnull=True,
                    carried_out_at__isnull=True,
                ),
            )
        ]
        indexes = [
            models.Index(
                fields=["takes_effect_at", "id"],
                condition=Q(kind="withdrawn", carried_out_at__isnull=True),
                name="answer_withdrawal_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.answered_at:%Y-%m-%d}"


class ConsentEvent(models.Model):
    """One thing that happened to a request: a letter, its delivery, a new link, an extension."""

    class Kind(models.TextChoices):
        SENT = "sent", _("letter sent")
        DELIVERED = "delivered", _("letter delivered")
        BOUNCED = "bounced", _("letter bounced")
        REMINDED = "reminded", _("reminder written")
        LINK_REQUESTED = "link_requested", _("new link asked for")
        CONTACT_REPLACED = "contact_replaced", _("contact replaced")
        EXTENDED = "extended", _("window extended")

    request = models.ForeignKey(
        ConsentRequest, models.PROTECT, related_name="events", verbose_name=_("request")
    )
    recipient = models.ForeignKey(
        ConsentRecipient,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="events",
        verbose_name=_("recipient"),
    )
    kind = models.CharField(_("what"), max_length=20, choices=Kind)
    at = models.DateTimeField(_("when"))
    note = models.CharField(_("note"), max_length=500, blank=True)
    ip_address = models.GenericIPAddressField(_("IP address"), null=True, blank=True)

    class Meta:
        verbose_name = _("event of a consent request")
        verbose_name_plural = _("events of consent requests")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class OverviewLink(models.Model):
    """A verified way for somebody at a customer to see all associations on their tenant.

    Mailed to an address on a claim of the tenant or to a registered administrator, for a short
    time. Stored like a recipient's link: ``nonce`` and ``token_hash``, never the token.
    """

    tenant = models.ForeignKey(
        CustomerTenant, models.PROTECT, related_name="overview_links", verbose_name=_("customer")
    )
    email = models.EmailField(_("e-mail"))
    locale = models.CharField(_("language"), max_length=12)
    nonce = models.CharField(max_length=64, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("asked for"))
    expires_at = models.DateTimeField(_("valid until"))
    ip_address = models.GenericIPAddressField(_("IP address"), null=True, blank=True)

    class Meta:
        verbose_name = _("overview link")
        verbose_name_plural = _("overview links")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="overview_link_period_order", condition=Q(expires_at__gt=F("created_at"))
            )
        ]

    def __str__(self) -> str:
        return self.email
