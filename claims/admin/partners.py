"""Companies, their locations, enrolments and people."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cpor_site.common.admin_bases import (
    ConfirmedChanges,
    CountryColumn,
    CountryFilter,
    RegistryAdmin,
)
from cpor_site.common.form_fields import CountryField, DomainField, LanguageField, TimeZoneField
from cpor_site.common.key_fields import KeyField, KeysField, RegistryForm
from cpor_site.common.models import User

from ..models import Membership, PartnerLocation, PartnerOrganization, ProgramEnrollment


class PartnerOrganizationForm(RegistryForm):
    country = CountryField(label=_("country"))
    mail_domain = DomainField(label=_("mail domain"), max_length=253, required=False)
    locale = LanguageField(label=_("language"))
    time_zone = TimeZoneField(label=_("time zone"), max_length=60, initial="UTC")

    class Meta:
        model = PartnerOrganization
        fields = (
            "name",
            "global_partner_id",
            "country",
            "standing",
            "tenant_id",
            "mail_domain",
            "locale",
            "time_zone",
        )


@admin.register(PartnerOrganization)
class PartnerOrganizationAdmin(CountryColumn, RegistryAdmin):
    form = PartnerOrganizationForm
    list_display = ("name", "global_partner_id", "country_name", "standing")
    list_filter = ("standing", ("country", CountryFilter))
    search_fields = ("name__istartswith", "global_partner_id__startswith")


def _partner_field() -> KeyField:
    return KeyField(
        PartnerOrganization.objects.all(),
        "global_partner_id",
        label=_("partner"),
        help_text=_("The company's global partner ID."),
    )


class PartnerLocationForm(RegistryForm):
    organization = _partner_field()
    country = CountryField(label=_("country"))

    class Meta:
        model = PartnerLocation
        fields = (
            "organization",
            "partner_id",
            "name",
            "country",
            "city",
            "address",
            "partner_type",
            "is_active",
        )


@admin.register(PartnerLocation)
class PartnerLocationAdmin(CountryColumn, RegistryAdmin):
    form = PartnerLocationForm
    list_display = (
        "partner_id",
        "name",
        "organization",
        "country_name",
        "partner_type",
        "is_active",
    )
    list_filter = ("is_active", "partner_type", ("country", CountryFilter))
    list_select_related = ("organization",)
    search_fields = ("partner_id__startswith", "name__istartswith")


class ProgramEnrollmentForm(RegistryForm):
    location = KeyField(
        PartnerLocation.objects.all(),
        "partner_id",
        label=_("location"),
        help_text=_("The location's partner ID."),
    )

    class Meta:
        model = ProgramEnrollment
        fields = (
            "location",
            "program",
            "enrollment_status",
            "starts_on",
            "ends_on",
            "payee_profile_ok",
        )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        start, end = found.get("starts_on"), found.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", _("The end lies before the start."))
        return found


@admin.register(ProgramEnrollment)
class ProgramEnrollmentAdmin(RegistryAdmin):
    form = ProgramEnrollmentForm
    list_display = (
        "location",
        "program",
        "enrollment_status",
        "starts_on",
        "ends_on",
        "payee_profile_ok",
    )
    list_filter = ("program", "enrollment_status")
    list_select_related = ("location", "program")
    search_fields = ("location__partner_id__startswith",)


class MembershipForm(RegistryForm):
    user = KeyField(
        User.objects.all(), "email", label=_("user"), help_text=_("The person's e-mail address.")
    )
    organization = _partner_field()
    locations = KeysField(
        PartnerLocation.objects.all(),
        "partner_id",
        label=_("only these locations"),
        required=False,
        help_text=_("Partner IDs, one on a line. Without any the role holds at all locations."),
    )

    class Meta:
        model = Membership
        fields = ("user", "organization", "role", "locations", "is_active")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        organization = found.get("organization")
        strange = [
            location
            for location in found.get("locations") or ()
            if organization is not None and location.organization_id != organization.pk
        ]
        if strange:
            self.add_error(
                "locations",
                ValidationError(
                    _("%(location)s isn't a location of %(partner)s."),
                    params={"location": strange[0], "partner": organization},
                ),
            )
        return found


@admin.register(Membership)
class MembershipAdmin(ConfirmedChanges, RegistryAdmin):
    """Who may do what for which partner."""

    form = MembershipForm
    list_display = ("user", "organization", "role", "is_active")
    list_filter = ("role", "is_active")
    list_select_related = ("user", "organization")
    search_fields = ("user__email__startswith", "organization__name__istartswith")
