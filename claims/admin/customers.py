"""Tenants, their domains and subscriptions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cpor_site.common import clock
from cpor_site.common.admin_bases import CountryColumn, GuidSearch, RegistryAdmin
from cpor_site.common.form_fields import CountryField, DomainField, EmailLinesField, LanguageField
from cpor_site.common.key_fields import KeyField, RegistryForm

from ..models import CustomerTenant, ListedProduct, Subscription, TenantDomain


class CustomerTenantForm(RegistryForm):
    country = CountryField(label=_("country"))
    locale = LanguageField(
        label=_("language"), empty_label=_("the desk's language"), required=False
    )
    admin_emails = EmailLinesField(
        label=_("tenant administrators' addresses"),
        required=False,
        help_text=_("One on a line. Each gets a copy of the consent letter."),
    )

    class Meta:
        model = CustomerTenant
        fields = (
            "tenant_id",
            "name",
            "country",
            "locale",
            "sector",
            "cloud",
            "admin_emails",
            "is_blocked",
            "legal_hold",
        )


@admin.register(CustomerTenant)
class CustomerTenantAdmin(CountryColumn, GuidSearch, RegistryAdmin):
    form = CustomerTenantForm
    guid_field = "tenant_id"
    list_display = ("name", "tenant_id", "country_name", "sector", "cloud", "is_blocked")
    list_filter = ("sector", "cloud", "is_blocked", "legal_hold")
    search_fields = ("name__istartswith",)
    readonly_fields = ("source", "known_since", "last_verified_at")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.source = CustomerTenant.Source.MANUAL
            obj.known_since = clock.now()
        super().save_model(request, obj, form, change)


def _tenant_field() -> KeyField:
    return KeyField(
        CustomerTenant.objects.all(),
        "tenant_id",
        label=_("tenant"),
        help_text=_("The customer's tenant ID."),
    )


class TenantDomainForm(RegistryForm):
    tenant = _tenant_field()
    domain = DomainField(label=_("domain"), max_length=253)

    class Meta:
        model = TenantDomain
        fields = ("tenant", "domain", "kind", "is_verified", "is_active", "is_primary")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        others = TenantDomain.objects.exclude(pk=self.instance.pk).select_related("tenant")
        domain, tenant = found.get("domain"), found.get("tenant")
        if domain and found.get("is_active"):
            taken = others.filter(domain=domain, is_active=True).first()
            if taken is not None:
                self.add_error(
                    "domain",
                    _("%(domain)s belongs to %(tenant)s. Make it inactive there first.")
                    % {"domain": domain, "tenant": taken.tenant},
                )
        if tenant and found.get("is_primary"):
            primary = others.filter(tenant=tenant, is_primary=True).first()
            if primary is not None:
                self.add_error(
                    "is_primary",
                    _("%(tenant)s has the primary domain %(domain)s already.")
                    % {"tenant": tenant, "domain": primary.domain},
                )
        return found


@admin.register(TenantDomain)
class TenantDomainAdmin(RegistryAdmin):
    form = TenantDomainForm
    list_display = ("domain", "tenant", "kind", "is_verified", "is_active", "is_primary")
    list_filter = ("kind", "is_verified", "is_active")
    list_select_related = ("tenant",)
    search_fields = ("domain__startswith",)


class SubscriptionForm(RegistryForm):
    tenant = _tenant_field()
    listed_product = KeyField(
        ListedProduct.objects.all(),
        "sku_id",
        label=_("product bought"),
        help_text=_("The SKU GUID of a listed product."),
    )
    provisioned_at = forms.DateTimeField(
        label=_("provisioned"),
        required=False,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "step": "1", "class": "vTextField"},
            format="%Y-%m-%dT%H:%M:%S",
        ),
    )

    class Meta:
        model = Subscription
        fields = (
            "subscription_id",
            "tenant",
            "listed_product",
            "offer_name",
            "channel",
            "state",
            "provisioned_at",
            "starts_on",
            "ends_on",
            "seats",
            "is_trial",
        )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        start, end = found.get("starts_on"), found.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", _("The end lies before the start."))
        return found


@admin.register(Subscription)
class SubscriptionAdmin(GuidSearch, RegistryAdmin):
    form = SubscriptionForm
    guid_field = "subscription_id"
    list_display = (
        "subscription_id",
        "tenant",
        "listed_product",
        "channel",
        "state",
        "seats",
        "ends_on",
    )
    list_filter = ("state", "channel")
    list_select_related = ("tenant", "listed_product")
    search_fields = ("offer_name__istartswith",)
    search_help_text = _("A subscription ID, or how the offer's name begins.")
    readonly_fields = ("first_seen_at", "last_synced_at")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.first_seen_at = obj.last_synced_at = clock.now()
        super().save_model(request, obj, form, change)
