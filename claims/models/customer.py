"""The customer's side: tenants, their domains and subscriptions (section 1.2)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class CustomerTenant(models.Model):
    """A customer's directory; ``tenant_id`` is the GUID that customers call directory ID."""

    class Sector(models.TextChoices):
        COMMERCIAL = "commercial", _("commercial")
        PUBLIC = "public", _("public sector")
        EDUCATION = "education", _("education")
        NONPROFIT = "nonprofit", _("nonprofit")

    class Cloud(models.TextChoices):
        PUBLIC = "public", _("public cloud")
        CHINA = "china", _("China")
        GOVERNMENT = "government", _("government")

    class Source(models.TextChoices):
        IMPORT = "import", _("import")
        MANUAL = "manual", _("entered by hand")
        CLAIM = "claim", _("named in a claim")

    tenant_id = models.UUIDField(_("tenant ID"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    country = models.CharField(_("country"), max_length=2)
    locale = models.CharField(_("language"), max_length=12, blank=True)
    sector = models.CharField(_("sector"), max_length=12, choices=Sector, default=Sector.COMMERCIAL)
    cloud = models.CharField(_("cloud"), max_length=12, choices=Cloud, default=Cloud.PUBLIC)
    source = models.CharField(_("source"), max_length=8, choices=Source, default=Source.IMPORT)
    admin_emails = models.JSONField(_("tenant administrators' addresses"), default=list, blank=True)
    is_blocked = models.BooleanField(
        _("blocked"), default=False, help_text=_("Blocked or test tenant (TEN-06).")
    )
    legal_hold = models.BooleanField(_("legal hold"), default=False)
    known_since = models.DateTimeField(_("known since"))
    last_verified_at = models.DateTimeField(_("last verified"), null=True, blank=True)

    history = HistoricalRecords(excluded_fields=["last_verified_at"])

    class Meta:
        verbose_name = _("customer tenant")
        verbose_name_plural = _("customer tenants")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TenantDomain(models.Model):
    """A domain of a tenant, stored in lower case and IDNA form."""

    class Kind(models.TextChoices):
        INITIAL = "initial", _("initial (onmicrosoft.com)")
        CUSTOM = "custom", _("custom")
        FEDERATED = "federated", _("federated")

    tenant = models.ForeignKey(
        CustomerTenant, models.CASCADE, related_name="domains", verbose_name=_("tenant")
    )
    domain = models.CharField(_("domain"), max_length=253)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    is_verified = models.BooleanField(_("verified"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_primary = models.BooleanField(_("primary"), default=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("tenant domain")
        verbose_name_plural = _("tenant domains")
        ordering = ["domain"]
        constraints = [
            models.UniqueConstraint(
                fields=["domain"], condition=Q(is_active=True), name="domain_once_while_active"
            ),
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(is_primary=True), name="domain_one_primary"
            ),
            models.CheckConstraint(name="domain_lower", condition=Q(domain=Lower("domain"))),
        ]

    def __str__(self) -> str:
        return self.domain


class Subscription(models.Model):
    """One purchase of a listed product by a customer (section 3.4 checks claims against it)."""

    class Channel(models.TextChoices):
        VL_EA = "vl_ea", _("volume licensing (EA)")
        VL_EAS = "vl_eas", _("volume licensing (EAS)")
        VL_OTHER = "vl_other", _("volume licensing (other)")
        WEB_DIRECT = "web_direct", _("Web Direct")
        CSP = "csp", _("CSP")
        TRIAL = "trial", _("trial")
        OTHER = "other", _("other")

    class State(models.TextChoices):
        NOT_ACTIVATED = "not_activated", _("not activated")
        ACTIVE = "active", _("active")
        IN_GRACE = "in_grace", _("in grace period")
        SUSPENDED = "suspended", _("suspended")
        EXPIRED = "expired", _("expired")
        CANCELLED = "cancelled", _("cancelled")

    subscription_id = models.UUIDField(_("subscription ID"), unique=True)
    tenant = models.ForeignKey(
        CustomerTenant, models.PROTECT, related_name="subscriptions", verbose_name=_("tenant")
    )
    listed_product = models.ForeignKey(
        "claims.ListedProduct",
        models.PROTECT,
        related_name="subscriptions",
        verbose_name=_("product bought"),
    )
    offer_name = models.CharField(_("offer"), max_length=250, blank=True)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    state = models.CharField(_("state"), max_length=16, choices=State)
    provisioned_at = models.DateTimeField(_("provisioned"), null=True, blank=True)
    first_seen_at = models.DateTimeField(_("first seen"))
    starts_on = models.DateField(_("start"), null=True, blank=True)
    ends_on = models.DateField(_("end"), null=True, blank=True)
    seats = models.PositiveIntegerField(_("seats"), default=0)
    is_trial = models.BooleanField(_("trial"), default=False)
    last_synced_at = models.DateTimeField(_("last refreshed"))

    history = HistoricalRecords(excluded_fields=["last_synced_at"])

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["tenant", "offer_name", "subscription_id"]
        constraints = [
            models.CheckConstraint(
                name="subscription_period_order",
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "listed_product"], name="subscription_tenant_product"),
            models.Index(fields=["ends_on", "id"], name="subscription_ends"),
        ]

    def __str__(self) -> str:
        return str(self.subscription_id)


class WorkloadUsage(models.Model):
    """How much of a workload a customer used in a month; an optional feed (section 1.2, LIN-06).

    ``month`` is the month's first day.
    """

    tenant = models.ForeignKey(
        CustomerTenant, models.CASCADE, related_name="usage", verbose_name=_("customer")
    )
    product = models.ForeignKey(
        "claims.Product", models.PROTECT, related_name="usage", verbose_name=_("workload")
    )
    month = models.DateField(_("month"))
    paid_units = models.PositiveIntegerField(_("paid available units"))
    active_users = models.PositiveIntegerField(_("monthly active users"))

    class Meta:
        verbose_name = _("workload usage")
        verbose_name_plural = _("workload usage")
        ordering = ["tenant", "product", "-month"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "product", "month"], name="usage_once_per_month"
            ),
            models.CheckConstraint(name="usage_month_first_day", condition=Q(month__day=1)),
        ]

    def __str__(self) -> str:
        return f"{self.product}, {self.tenant}: {date_format(self.month, 'YEAR_MONTH_FORMAT')}"

    @property
    def percent(self) -> int | None:
        """Active users as a share of the paid units, rounded down; None without paid units."""
        return self.active_users * 100 // self.paid_units if self.paid_units else None
