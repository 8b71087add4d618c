"""The partner's side: companies, their locations, enrolments and people (section 1.1)."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

partner_id_format = RegexValidator(
    r"^[0-9]{1,10}$", _("A partner ID is a number of up to ten digits.")
)


class PartnerOrganization(models.Model):
    """A company that claims. Its global partner ID can't stand on a claim (MPN-02)."""

    class Standing(models.TextChoices):
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")

    name = models.CharField(_("name"), max_length=200)
    global_partner_id = models.CharField(
        _("global partner ID"), max_length=10, unique=True, validators=[partner_id_format]
    )
    country = models.CharField(_("country"), max_length=2)
    standing = models.CharField(
        _("standing"), max_length=10, choices=Standing, default=Standing.ACTIVE
    )
    tenant_id = models.UUIDField(
        _("own tenant ID"), null=True, blank=True, help_text=_("Can't be claimed (TEN-06).")
    )
    mail_domain = models.CharField(_("mail domain"), max_length=253, blank=True)
    locale = models.CharField(_("language"), max_length=12, default="en")
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC")

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("partner organisation")
        verbose_name_plural = _("partner organisations")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PartnerLocation(models.Model):
    """A place of a partner; its partner ID is what a claim is made under."""

    class PartnerType(models.TextChoices):
        STANDARD = "standard", _("standard")
        FRP = "frp", _("FRP FastTrack")
        ISV = "isv", _("ISV")
        LSP = "lsp", _("LSP")
        CSP_DIRECT = "csp_direct", _("CSP direct")
        OTHER = "other", _("other")

    organization = models.ForeignKey(
        PartnerOrganization, models.PROTECT, related_name="locations", verbose_name=_("partner")
    )
    partner_id = models.CharField(
        _("partner ID"), max_length=10, unique=True, validators=[partner_id_format]
    )
    name = models.CharField(_("name"), max_length=200)
    country = models.CharField(_("country"), max_length=2)
    city = models.CharField(_("city"), max_length=120, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    partner_type = models.CharField(
        _("partner type"), max_length=12, choices=PartnerType, default=PartnerType.STANDARD
    )
    is_active = models.BooleanField(_("active"), default=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("partner location")
        verbose_name_plural = _("partner locations")
        ordering = ["partner_id"]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.name}"


class ProgramEnrollment(models.Model):
    """A location's enrolment in an incentive program over a period."""

    class Status(models.TextChoices):
        INVITED = "invited", _("Invited")
        ENROLLING = "enrolling", _("Enrolling")
        ACTION_REQUIRED = "action_required", _("Action required")
        VALIDATING = "validating", _("Validating enrolment")
        ENROLLED = "enrolled", _("Enrolled")
        INACTIVE = "inactive", _("Inactive")
        INELIGIBLE = "ineligible", _("Ineligible")
        DISCONTINUED = "discontinued", _("Discontinued")

    UNDER_WAY = (Status.ENROLLING, Status.ACTION_REQUIRED, Status.VALIDATING)

    location = models.ForeignKey(
        PartnerLocation, models.PROTECT, related_name="enrollments", verbose_name=_("location")
    )
    program = models.ForeignKey(
        "claims.Program", models.PROTECT, related_name="enrollments", verbose_name=_("program")
    )
    enrollment_status = models.CharField(_("status"), max_length=16, choices=Status)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)
    payee_profile_ok = models.BooleanField(_("payee profile complete"), default=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("program enrolment")
        verbose_name_plural = _("program enrolments")
        ordering = ["location", "program", "starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["location", "program", "starts_on"], name="enrollment_once_per_period"
            ),
            models.CheckConstraint(
                name="enrollment_period_order",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.location}: {self.program}, {self.get_enrollment_status_display()}"


class Membership(models.Model):
    """What a person may do for a partner; without listed locations, at all of them."""

    class Role(models.TextChoices):
        GLOBAL_ADMIN = "global_admin", _("Global admin")
        BILLING_ADMIN = "billing_admin", _("Billing admin")
        INCENTIVES_ADMIN = "incentives_admin", _("Incentives admin")
        INCENTIVES_USER = "incentives_user", _("Incentives user")
        REPORT_VIEWER = "report_viewer", _("Report viewer")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="memberships",
        verbose_name=_("user"),
    )
    organization = models.ForeignKey(
        PartnerOrganization, models.PROTECT, related_name="memberships", verbose_name=_("partner")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    locations = models.ManyToManyField(
        PartnerLocation,
        blank=True,
        related_name="memberships",
        verbose_name=_("only these locations"),
    )
    is_active = models.BooleanField(_("active"), default=True)

    history = HistoricalRecords(m2m_fields=[locations])

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["organization", "user"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization", "role"], name="membership_once_per_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()}: {self.organization}"
