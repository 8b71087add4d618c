"""Inviting people and changing what they may do."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import Membership, PartnerLocation
from .base import DeskForm

EVERYWHERE = "all"
LISTED = "listed"


class PlacesForm(DeskForm):
    """Where a role holds: at the whole organisation or at listed locations."""

    scope = forms.ChoiceField(
        label=_("Where?"),
        choices=[
            (EVERYWHERE, _("The whole organisation, also locations that are added later")),
            (LISTED, _("Only these locations:")),
        ],
        widget=forms.RadioSelect,
    )
    locations = forms.TypedMultipleChoiceField(
        label=_("Locations"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, places: list[PartnerLocation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["locations"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(each.pk, _label(each)) for each in places]

    def clean(self) -> dict[str, Any] | None:
        typed = super().clean()
        listed = self.cleaned_data.get("scope") == LISTED
        if listed and not self.cleaned_data.get("locations") and "locations" not in self.errors:
            self.add_error("locations", _("Choose at least one location."))
        return typed

    @property
    def location_ids(self) -> list[int]:
        """What to hand on; empty for the whole organisation."""
        return self.cleaned_data["locations"] if self.cleaned_data["scope"] == LISTED else []


class InviteForm(PlacesForm):
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("The person signs in with it."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "invalid": _("This isn't an e-mail address. It looks like name@example.com.")
        },
    )
    full_name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=Membership.Role.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = ["email", "full_name", "roles", "scope", "locations"]
    MISSING: ClassVar = {
        "email": _("Enter the person's e-mail address."),
        "full_name": _("Enter the person's name."),
        "roles": _("Choose at least one role."),
        "scope": _("Say where the role is to hold."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, sentence in self.MISSING.items():
            self.fields[name].error_messages["required"] = sentence

    def clean_full_name(self) -> str:
        return " ".join(self.cleaned_data["full_name"].split())


class RoleForm(PlacesForm):
    role = forms.ChoiceField(label=_("Role"), choices=Membership.Role.choices)
    field_order = ["role", "scope", "locations"]

    @staticmethod
    def initial_of(membership: Membership) -> dict[str, Any]:
        listed = [each.pk for each in membership.locations.all()]
        return {
            "role": membership.role,
            "scope": LISTED if listed else EVERYWHERE,
            "locations": listed,
        }


def _label(place: PartnerLocation) -> str:
    words = f"{place.partner_id} · {place.name}"
    return words if place.is_active else f"{words} ({_('closed')})"
