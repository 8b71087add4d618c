"""What can be claimed, under which rules."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cpor_site.common.admin_bases import ConfirmedChanges, GuidSearch, RegistryAdmin
from cpor_site.common.form_fields import LinesField
from cpor_site.common.key_fields import RegistryForm

from ..models import (
    Activity,
    ListedProduct,
    Product,
    Program,
    RuleProfile,
    SolutionArea,
    Subscription,
)
from ..models.catalogue import DISPUTES_PER_CLAIM
from ..states import Status

# A number above these is a slip of the finger; the calendar of holidays needn't look any further.
LONGEST_DEADLINE = 366
OLDEST_PROOF = 120


class CodedAdmin(RegistryAdmin):
    """Rows whose code stands in claims, letters and hand-offs: it is chosen once."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj is not None else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["code", *(name for name in super().get_fields(request, obj) if name != "code")]


class RuleProfileForm(RegistryForm):
    class Meta:
        model = RuleProfile
        fields = (
            "code",
            "name",
            "pickup_days",
            "review_days",
            "partner_response_days",
            "overall_decision_days",
            "consent_calendar_days",
            "dispute_filing_calendar_days",
            "dispute_answer_days",
            "edit_while_submitted",
            "subscription_always_required",
            "technical_contact_for_dynamics",
            "poe_max_age_months",
            "status_labels",
        )
        labels: ClassVar = {
            "pickup_days": _("Business days until pick-up"),
            "review_days": _("Business days to review"),
            "partner_response_days": _("Business days for the partner's answer"),
            "overall_decision_days": _("Business days to a decision, overall"),
            "dispute_answer_days": _("Business days to answer a dispute"),
        }
        help_texts: ClassVar = {
            "pickup_days": _(
                "From handing in until a reviewer takes the claim up. Weekends, public holidays "
                "and own closing days don't count."
            ),
            "consent_calendar_days": _("Every day counts, weekends and holidays too."),
            "dispute_filing_calendar_days": _("Every day counts, weekends and holidays too."),
        }

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for name, days in list(found.items()):
            if not name.endswith("_days") or days is None:
                continue
            if days < 1:
                self.add_error(name, _("A deadline needs at least one day."))
            elif days > LONGEST_DEADLINE:
                self._tell_most(name, _("A deadline has at most %(most)d days."), LONGEST_DEADLINE)
        if (found.get("poe_max_age_months") or 0) > OLDEST_PROOF:
            self._tell_most(
                "poe_max_age_months", _("A proof is at most %(most)d months old."), OLDEST_PROOF
            )
        elif found.get("poe_max_age_months") == 0:
            self.add_error("poe_max_age_months", _("A proof needs at least one month."))
        return found

    def _tell_most(self, field: str, sentence: Any, most: int) -> None:
        self.add_error(field, ValidationError(sentence, params={"most": most}))

    def clean_status_labels(self) -> dict[str, str]:
        labels = self.cleaned_data["status_labels"]
        known = {*Status.values, "rejected_final"}
        if not isinstance(labels, dict) or not all(
            isinstance(label, str) and label and "\0" not in label for label in labels.values()
        ):
            raise ValidationError(
                _('Write each status with its label, such as {"editing": "Draft"}.')
            )
        unknown = sorted(set(labels) - known)
        if unknown:
            raise ValidationError(
                _("There is no status “%(status)s”. Statuses are: %(known)s."),
                params={"status": unknown[0], "known": ", ".join(sorted(known))},
            )
        return labels


@admin.register(RuleProfile)
class RuleProfileAdmin(ConfirmedChanges, CodedAdmin):
    """Numbers for deadlines to come; a deadline that runs stays as it was counted."""

    form = RuleProfileForm
    list_display = (
        "code",
        "name",
        "pickup_days",
        "review_days",
        "partner_response_days",
        "consent_calendar_days",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Say to which claims a profile applies, since it bears no dates."""
        about = _(
            "A profile has no period: the setting CPOR_RULE_PROFILE, now “%(code)s”, names the one "
            "that a claim gets when it is handed in for the first time and keeps to its end. "
            "Whatever its profile, a claim can be disputed once."
        ) % {"code": settings.CPOR_RULE_PROFILE}
        return [(None, {"fields": self.get_fields(request, obj), "description": about})]

    def save_model(self, request: HttpRequest, obj: RuleProfile, form: Any, change: bool) -> None:
        obj.disputes_per_claim = DISPUTES_PER_CLAIM
        super().save_model(request, obj, form, change)


class ProgramForm(RegistryForm):
    guide_url = forms.URLField(
        label=_("program guide"), required=False, max_length=200, assume_scheme="https"
    )

    class Meta:
        model = Program
        fields = (
            "code",
            "name",
            "compensable",
            "exclusivity_scope",
            "guide_url",
            "claim_window_days",
            "minimum_seats",
            "usage_threshold_percent",
        )


@admin.register(Program)
class ProgramAdmin(CodedAdmin):
    form = ProgramForm
    list_display = ("code", "name", "compensable", "exclusivity_scope", "minimum_seats")


@admin.register(SolutionArea)
class SolutionAreaAdmin(CodedAdmin):
    list_display = ("name", "code", "level", "position")


class ActivityForm(RegistryForm):
    restricted_to_channels = forms.MultipleChoiceField(
        label=_("only these purchase channels"),
        choices=Subscription.Channel.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Without a choice every channel is allowed."),
    )

    class Meta:
        model = Activity
        fields = (
            "code",
            "area",
            "program",
            "name",
            "name_2023",
            "explanation",
            "restricted_to_channels",
            "stands_alone",
            "recognition_only",
            "position",
        )


@admin.register(Activity)
class ActivityAdmin(CodedAdmin):
    form = ActivityForm
    list_display = ("name", "area", "program", "stands_alone", "recognition_only")
    list_filter = ("area", "program")
    list_select_related = ("area", "program")


class ActivitiesField(forms.ModelMultipleChoiceField):
    """Activities with their area, since both areas have a Usage."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.area}: {obj}"


class ProductForm(RegistryForm):
    activities = ActivitiesField(
        Activity.objects.select_related("area").order_by("area__position", "position"),
        label=_("can be claimed for"),
    )
    synonyms = LinesField(
        label=_("other names"),
        required=False,
        help_text=_("One on a line, as they appear in proofs of execution."),
    )

    class Meta:
        model = Product
        fields = (
            "code",
            "name",
            "area",
            "activities",
            "eligible_from",
            "eligible_to",
            "synonyms",
            "is_dynamics",
            "recognition_only",
            "unconfirmed",
            "note",
        )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        area = found.get("area")
        strange = [
            activity
            for activity in found.get("activities") or ()
            if area is not None and activity.area_id != area.pk
        ]
        if strange:
            self.add_error(
                "activities",
                ValidationError(
                    _("%(activity)s isn't an activity of %(area)s."),
                    params={"activity": strange[0], "area": area},
                ),
            )
        start, end = found.get("eligible_from"), found.get("eligible_to")
        if start and end and end < start:
            self.add_error("eligible_to", _("The end lies before the start."))
        return found


@admin.register(Product)
class ProductAdmin(CodedAdmin):
    form = ProductForm
    list_display = (
        "name",
        "code",
        "area",
        "is_dynamics",
        "recognition_only",
        "unconfirmed",
        "eligible_from",
        "eligible_to",
    )
    list_filter = ("area", "is_dynamics", "recognition_only", "unconfirmed")
    list_select_related = ("area",)
    search_fields = ("name__istartswith", "code__startswith")


@admin.register(ListedProduct)
class ListedProductAdmin(GuidSearch, RegistryAdmin):
    """The vendor's list as it was imported; only the link to the catalogue is the operator's."""

    guid_field = "sku_id"
    list_display = ("display_name", "part_number", "sku_id", "is_dynamics", "product")
    list_filter = ("is_dynamics",)
    list_select_related = ("product",)
    search_fields = ("display_name__istartswith", "part_number__istartswith")
    readonly_fields = ("sku_id", "part_number", "display_name", "is_dynamics", "service_plans")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
