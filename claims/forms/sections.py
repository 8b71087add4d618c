"""The sections of a draft, each a form that becomes ``ClaimChanges``.

A draft may be saved with gaps, so nothing is compulsory here; what is missing or wrong the rules
say when the claim is checked. Fields that the claim's status freezes are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Problem, error

from ..location_checks import LocationChoice
from ..models import Activity, Claim, ClaimContact, SolutionArea
from ..services.drafting import ClaimChanges, ContactEntry
from .base import VersionedForm

_FIELDS = {
    "area": "activity_ids",
    "activities": "activity_ids",
    "lines": "product_ids",
    "location": "location_id",
}
"""Fields of a claim, as problems name them, by fields of these forms."""


class SectionForm(VersionedForm):
    """A section of a claim; ``offered`` are the fields of ``ClaimChanges`` that may change now."""

    changes_fields: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self, *args: Any, claim: Claim, offered: Iterable[str] | None = None, **kwargs: Any
    ) -> None:
        initial = {"version": claim.version, **self.read(claim), **kwargs.pop("initial", {})}
        super().__init__(*args, initial=initial, **kwargs)
        self.claim = claim
        self.offered = self.changes_fields & frozenset(
            self.changes_fields if offered is None else offered
        )
        for name in [name for name in self.fields if self.belongs_to(name) not in self.offered]:
            if name != "version":
                del self.fields[name]

    @staticmethod
    def read(claim: Claim) -> dict[str, Any]:
        """Return the section's values as the claim has them."""
        return {}

    @staticmethod
    def belongs_to(name: str) -> str:
        """Return the field of ``ClaimChanges`` that a field of the form is part of."""
        return name

    def refused(self) -> list[Problem]:
        """Return what the form itself refused that has a code of the rules."""
        return [
            error(str(fault.code), fault.message, field=name)
            for name, faults in self.errors.as_data().items()
            for fault in faults
            if fault.code and fault.code.isupper()
        ]

    def field_for(self, problem: Problem) -> str:
        return _FIELDS.get(problem.field, problem.field)

    def changes(self) -> ClaimChanges:
        """Return what was typed; the form must be valid."""
        return ClaimChanges(
            **{name: value for name, value in self.cleaned_data.items() if name in self.offered}
        )


class CustomerForm(SectionForm):
    changes_fields = frozenset({"name", "tenant_id", "domain"})

    name = forms.CharField(
        label=_("Name of the claim"),
        help_text=_("For your own list, for example the customer and the project."),
        max_length=120,
        required=False,
    )
    tenant_id = forms.CharField(
        label=_("Customer's tenant ID"),
        help_text=_(
            "Also called directory ID: 32 hexadecimal digits in five groups. The customer's "
            "administrator can copy it from the overview page of the directory."
        ),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    domain = forms.CharField(
        label=_("One of the customer's domains"),
        help_text=_("For example contoso.com or contoso.onmicrosoft.com."),
        max_length=253,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    @staticmethod
    def read(claim: Claim) -> dict[str, Any]:
        return {
            "name": claim.name,
            "tenant_id": claim.tenant_id_as_typed,
            "domain": claim.domain_as_typed,
        }


class WorkForm(SectionForm):
    """Solution area and activities as one question: the area follows from what is ticked."""

    changes_fields = frozenset({"activity_ids"})

    activity_ids = forms.TypedMultipleChoiceField(
        label=_("What did you do for the customer?"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, activities: list[Activity], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.activities = {each.pk: each for each in activities}
        field = self.fields["activity_ids"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(each.pk, each.name) for each in activities]

    @staticmethod
    def read(claim: Claim) -> dict[str, Any]:
        return {"activity_ids": [each.pk for each in claim.activities.all()] if claim.pk else []}

    def clean_activity_ids(self) -> list[int]:
        chosen: list[int] = self.cleaned_data["activity_ids"]
        if len({self.activities[pk].area_id for pk in chosen}) > 1:
            raise ValidationError(
                _(
                    "Choose activities of one solution area. Make a second claim for the other "
                    "area."
                ),
                code="ACT-03",
            )
        return chosen

    def changes(self) -> ClaimChanges:
        chosen = self.cleaned_data["activity_ids"]
        area_id = self.activities[chosen[0]].area_id if chosen else None
        return ClaimChanges(area_id=area_id, activity_ids=chosen)

    def areas(self) -> list[tuple[SolutionArea, str, list[tuple[Activity, Any]]]]:
        """Return each area, how its activities combine, and them with their boxes."""
        found: dict[SolutionArea, list[tuple[Activity, Any]]] = {}
        for box in self["activity_ids"].subwidgets:
            activity = self.activities[int(str(box.data["value"]))]
            found.setdefault(activity.area, []).append((activity, box))
        return [
            (area, _combination([activity for activity, _box in choices]), choices)
            for area, choices in found.items()
        ]


class DetailsForm(SectionForm):
    """What presales and revenue association need besides."""

    changes_fields = frozenset(
        {
            "transaction_on",
            "solution_seller_name",
            "revenue_customer_name",
            "isv_product_name",
        }
    )
    PRESALES: ClassVar = ("transaction_on",)
    REVENUE: ClassVar = ("solution_seller_name", "revenue_customer_name", "isv_product_name")

    transaction_on = forms.DateField(
        label=_("Date of the purchase"),
        help_text=_("When the customer bought what you had advised on."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    solution_seller_name = forms.CharField(
        label=_("Dynamics solution seller"),
        help_text=_("The vendor's seller with whom you worked on this purchase."),
        max_length=150,
        required=False,
    )
    revenue_customer_name = forms.CharField(
        label=_("Customer's name as it stands in the contract"), max_length=150, required=False
    )
    isv_product_name = forms.CharField(
        label=_("Your product or solution"),
        help_text=_("The software of your own that the customer uses together with Dynamics 365."),
        max_length=150,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted = details_of(self.claim)
        for name in [name for name in self.fields if name not in {*wanted, "version"}]:
            del self.fields[name]

    @staticmethod
    def read(claim: Claim) -> dict[str, Any]:
        return {name: getattr(claim, name) for name in DetailsForm.changes_fields}


class PartnerForm(SectionForm):
    """One of the partner IDs that can be used; the others are listed with what speaks against."""

    changes_fields = frozenset({"location_id"})

    location_id = forms.TypedChoiceField(
        label=_("Which of your partner IDs did the work?"),
        help_text=_(
            "Normally the location in the customer's region. A claim made under the wrong ID has "
            "to be made again."
        ),
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, choices: list[LocationChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.usable = {each.location.pk: each for each in choices if each.is_usable}
        self.unusable = [each for each in choices if not each.is_usable]
        field = self.fields["location_id"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(pk, str(each.location)) for pk, each in self.usable.items()]
        field.error_messages["invalid_choice"] = _("Choose one of the partner IDs listed here.")

    @staticmethod
    def read(claim: Claim) -> dict[str, Any]:
        return {"location_id": claim.location_id}

    def rows(self) -> list[tuple[LocationChoice, Any]]:
        """Return each partner ID that can be chosen, with its button."""
        return [
            (self.usable[int(str(button.data["value"]))], button)
            for button in self["location_id"].subwidgets
        ]


class ContactsForm(SectionForm):
    """The people at the customer and your own; which of them, the view says."""

    changes_fields = frozenset({"contacts"})
    PARTS: ClassVar = ("name", "job_title", "email", "phone", "locale")

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        self.kinds = kinds
        super().__init__(*args, **kwargs)
        for kind in kinds:
            for name, field in self._parts(kind).items():
                self.fields[f"{kind}_{name}"] = field

    @staticmethod
    def belongs_to(name: str) -> str:
        return "contacts"

    @staticmethod
    def read(claim: Claim) -> dict[str, Any]:
        return {
            f"{contact.kind}_{part}": getattr(contact, part)
            for contact in claim.contacts.all()
            for part in ContactsForm.PARTS
        }

    @staticmethod
    def _parts(kind: str) -> dict[str, forms.Field]:
        autofill = "off" if kind != ClaimContact.Kind.PARTNER else "on"
        fields: dict[str, forms.Field] = {
            "name": forms.CharField(label=_("Name"), max_length=150),
            "job_title": forms.CharField(label=_("Job title"), max_length=150),
            "email": forms.EmailField(label=_("E-mail address"), max_length=254),
            "phone": forms.CharField(label=_("Phone (not compulsory)"), max_length=40),
            "locale": forms.ChoiceField(
                label=_("Language of letters"),
                choices=[("", _("Not known")), *settings.LANGUAGES],
            ),
        }
        if kind == ClaimContact.Kind.PARTNER:
            del fields["job_title"]
        for field in fields.values():
            field.required = False
            field.widget.attrs["autocomplete"] = autofill
        return fields

    def field_for(self, problem: Problem) -> str:
        return problem.field.removeprefix("contacts-").replace("-", "_")

    def groups(self) -> list[tuple[str, str, list[Any]]]:
        """Return each contact's kind, title and fields."""
        return [
            (
                kind,
                capfirst(str(ClaimContact.Kind(kind).label)),
                [self[name] for name in self.fields if name.startswith(f"{kind}_")],
            )
            for kind in self.kinds
        ]

    def changes(self) -> ClaimChanges:
        # A part that the page doesn't ask for keeps its value.
        values = self.read(self.claim) | self.cleaned_data
        entries = {
            kind: ContactEntry(**{part: values.get(f"{kind}_{part}", "") for part in self.PARTS})
            for kind in self.kinds
        }
        return ClaimChanges(contacts=entries)


class OtherContactForm(ContactsForm):
    """Somebody else at the customer, in the place of the contact whom no letter reaches."""

    def __init__(self, *args: Any, claim: Claim, **kwargs: Any) -> None:
        super().__init__(*args, claim=claim, kinds=[ClaimContact.Kind.BUSINESS], **kwargs)

    def contact(self) -> ContactEntry:
        """Return what was typed; the form must be valid."""
        return self.changes().contacts[ClaimContact.Kind.BUSINESS]


def _combination(activities: list[Activity]) -> str:
    """Return in words which of an area's activities can be claimed together; empty for one."""
    alone: list[Any] = [each.name for each in activities if each.stands_alone]
    together: list[Any] = [each.name for each in activities if not each.stands_alone]
    if len(activities) < 2:
        return ""
    names = {
        "together": get_text_list(together, _("and/or")),
        "alone": get_text_list(alone, _("or")),
    }
    if not alone:
        return _("Tick %(together)s.") % names
    if not together:
        return _("Tick only one: %(alone)s.") % names
    return _("Tick %(together)s, or else %(alone)s alone.") % names


def details_of(claim: Claim) -> list[str]:
    """Return the extra fields that the claim's activities ask for; none for Microsoft 365."""
    asked: list[str] = []
    for activity in claim.activities.all():
        if activity.program.claim_window_days is not None:
            asked += DetailsForm.PRESALES
        if activity.stands_alone:
            asked += DetailsForm.REVENUE
    return asked
