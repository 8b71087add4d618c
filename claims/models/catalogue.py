"""What can be claimed, under which rules (section 1.3)."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

NEWER = "2023"
"""The code of the rule profile with names of its own for areas and activities (section 1.3)."""

NEWER_AREAS = {"microsoft_365": _("Modern Work and Security")}
"""What a solution area is called in it, by the area's code; others keep their name."""

UNPAID_IN_NEWER = frozenset({"OSU-BIZAPPS"})
"""Codes of programs that pay under the rules of 2020 and only recognise under those of 2023."""


DISPUTES_PER_CLAIM = 1
"""A claim can be disputed once, whatever its profile (section 6; DIS-02)."""


class RuleProfile(models.Model):
    """The numbers and edit rules of one edition of the program, as data (sections 2.3 and 2.4).

    Days are business days in the operator's calendar unless the field's name says otherwise.
    A claim keeps the profile under which it was first submitted. ``disputes_per_claim`` is
    ``DISPUTES_PER_CLAIM`` in each of them and nothing to choose: a claim's life has one dispute.
    """

    code = models.CharField(_("code"), max_length=10, primary_key=True)
    name = models.CharField(_("name"), max_length=100)
    pickup_days = models.PositiveSmallIntegerField(_("days until pick-up"))
    review_days = models.PositiveSmallIntegerField(_("days to review"))
    partner_response_days = models.PositiveSmallIntegerField(_("days for the partner's answer"))
    overall_decision_days = models.PositiveSmallIntegerField(_("days to a decision, overall"))
    consent_calendar_days = models.PositiveSmallIntegerField(_("calendar days for the customer"))
    dispute_filing_calendar_days = models.PositiveSmallIntegerField(
        _("calendar days to file a dispute")
    )
    dispute_answer_days = models.PositiveSmallIntegerField(_("days to answer a dispute"))
    disputes_per_claim = models.PositiveSmallIntegerField(_("disputes a claim"))
    edit_while_submitted = models.BooleanField(_("partner may edit while submitted"))
    subscription_always_required = models.BooleanField(
        _("subscription always required for Business Applications")
    )
    technical_contact_for_dynamics = models.BooleanField(
        _("technical contact for Dynamics 365 lines")
    )
    poe_max_age_months = models.PositiveSmallIntegerField(_("PoE may be this many months old"))
    status_labels = models.JSONField(
        _("other names of statuses"),
        default=dict,
        blank=True,
        help_text=_("Status code to English label, where it differs from 2020."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("rule profile")
        verbose_name_plural = _("rule profiles")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> RuleProfile:
        """Return the profile that new claims get; ``ImproperlyConfigured`` if it isn't loaded."""
        try:
            return cls.objects.get(code=settings.CPOR_RULE_PROFILE)
        except cls.DoesNotExist:
            raise ImproperlyConfigured(
                f"CPOR_RULE_PROFILE names the rule profile {settings.CPOR_RULE_PROFILE!r}, which "
                "isn't in the database. Run `manage.py load_catalogue` or name another one."
            ) from None


class Program(models.Model):
    """An incentive program in which a location is enrolled."""

    class ExclusivityScope(models.TextChoices):
        WORKLOAD = "workload", _("one partner per tenant and workload")
        SUBSCRIPTION = "subscription", _("one partner per subscription")

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=150)
    compensable = models.BooleanField(_("pays"))
    exclusivity_scope = models.CharField(_("exclusivity"), max_length=12, choices=ExclusivityScope)
    guide_url = models.URLField(_("program guide"), blank=True)
    claim_window_days = models.PositiveSmallIntegerField(
        _("claim within days of the transaction"), null=True, blank=True
    )
    minimum_seats = models.PositiveIntegerField(_("seats from which it counts"), default=0)
    usage_threshold_percent = models.PositiveSmallIntegerField(
        _("usage above which only growth counts, in percent"), null=True, blank=True
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("program")
        verbose_name_plural = _("programs")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class SolutionArea(models.Model):
    """Business Applications or Microsoft 365."""

    class Level(models.TextChoices):
        WORKLOAD = "workload", _("workload")
        SUBSCRIPTION = "subscription", _("subscription")

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    level = models.CharField(_("claimed per"), max_length=12, choices=Level)
    explanation = models.TextField(_("explanation"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("solution area")
        verbose_name_plural = _("solution areas")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def name_in(self, profile: str) -> str:
        """Return what a claim under the rule profile of that code calls the area."""
        newer = NEWER_AREAS.get(self.code) if profile == NEWER else None
        return str(newer or self.name)


class Activity(models.Model):
    """What a partner did in a solution area; decides program, channel rule and extra fields."""

    code = models.CharField(_("code"), max_length=40)
    area = models.ForeignKey(
        SolutionArea, models.PROTECT, related_name="activities", verbose_name=_("solution area")
    )
    program = models.ForeignKey(
        Program, models.PROTECT, related_name="activities", verbose_name=_("program")
    )
    name = models.CharField(_("name"), max_length=100)
    name_2023 = models.CharField(_("name in the 2023 rules"), max_length=100, blank=True)
    explanation = models.TextField(_("explanation"), blank=True)
    restricted_to_channels = models.JSONField(
        _("only these purchase channels"),
        default=list,
        blank=True,
        help_text=_("Channel codes; empty allows every channel."),
    )
    stands_alone = models.BooleanField(
        _("can't be combined"), default=False, help_text=_("Revenue association (ACT-02).")
    )
    recognition_only = models.BooleanField(_("recognition only"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["area", "code"], name="activity_code_per_area")
        ]

    def __str__(self) -> str:
        return self.name

    def name_in(self, profile: str) -> str:
        """Return what a claim under the rule profile of that code calls the activity."""
        return self.name_2023 or self.name if profile == NEWER else self.name

    def is_unpaid_in(self, profile: str) -> bool:
        """Whether a claim under the rule profile of that code earns recognition and no payment."""
        return self.recognition_only or (profile == NEWER and self.program.code in UNPAID_IN_NEWER)


class Product(models.Model):
    """A product or workload of the claimable catalogue; the two differ by their area's level."""

    code = models.CharField(_("code"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=150)
    area = models.ForeignKey(
        SolutionArea, models.PROTECT, related_name="products", verbose_name=_("solution area")
    )
    activities = models.ManyToManyField(
        Activity, related_name="products", verbose_name=_("can be claimed for")
    )
    eligible_from = models.DateField(_("can be claimed from"), null=True, blank=True)
    eligible_to = models.DateField(_("can be claimed to"), null=True, blank=True)
    synonyms = models.JSONField(_("other names"), default=list, blank=True)
    is_dynamics = models.BooleanField(_("Dynamics 365"), default=False)
    recognition_only = models.BooleanField(_("recognition only"), default=False)
    unconfirmed = models.BooleanField(
        _("unconfirmed"),
        default=False,
        help_text=_("The published sources don't settle whether this belongs to the list (Q12)."),
    )
    note = models.CharField(_("note"), max_length=300, blank=True)

    history = HistoricalRecords(m2m_fields=[activities])

    class Meta:
        verbose_name = _("product or workload")
        verbose_name_plural = _("products and workloads")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="product_period_order",
                condition=Q(eligible_from__isnull=True)
                | Q(eligible_to__isnull=True)
                | Q(eligible_to__gte=F("eligible_from")),
            )
        ]

    def __str__(self) -> str:
        return self.name


class ListedProduct(models.Model):
    """A product of the vendor's published list: what a customer's subscription is a purchase of.

    ``product`` links it to the claimable catalogue where that is known; several listed products
    (editions, add-ons) may belong to one claimable product.
    """

    sku_id = models.UUIDField(_("SKU GUID"), unique=True)
    part_number = models.CharField(_("part number"), max_length=120)
    display_name = models.CharField(_("display name"), max_length=250)
    is_dynamics = models.BooleanField(_("Dynamics 365"), default=False)
    service_plans = models.JSONField(_("service plans"), default=list, blank=True)
    product = models.ForeignKey(
        Product,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="listed_products",
        verbose_name=_("claimable product"),
    )

    history = HistoricalRecords(excluded_fields=["service_plans"])

    class Meta:
        verbose_name = _("listed product")
        verbose_name_plural = _("listed products")
        ordering = ["display_name"]
        indexes = [models.Index(fields=["part_number"], name="listedproduct_part")]

    def __str__(self) -> str:
        return self.display_name
