"""What the list of claims can be narrowed to, and the names of saved filters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from ..listing import ALL, FOLDERS, Wanted
from ..models import Activity, PartnerLocation, Product, SolutionArea
from .base import DeskForm

MOST_IN_A_LIST = 200
LONGEST_TERM = 100
MOST_DAYS = 3650
MOST_MONTHS = 240
RARER = (
    "area",
    "activity",
    "product",
    "location",
    "customer",
    "due",
    "ending",
    "proof_age",
    "migrated",
    "archived",
)


class LeftOutNul(forms.CharField):
    """A text without NUL, which a database does not take and nobody types."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(str(value or "").replace("\0", "")))


@dataclass(frozen=True)
class Chip:
    """A filter that is active: its name, what it is set to, and the field it stands in."""

    name: str
    label: Any
    value: Any


def _number(label: Any, most: int, too_much: Any, example: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=most,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 20}),
        error_messages={
            "invalid": _("Enter a whole number, such as %(example)s.") % {"example": example},
            "min_value": _("Enter 0 or more."),
            "max_value": too_much,
        },
    )


class ListForm(DeskForm):
    """The filters of the list; every field may be empty, and bad ones are told at their place.

    ``wanted`` holds what is valid, so that one bad value does not lose the others.
    """

    status = forms.CharField(required=False, widget=forms.HiddenInput)
    q = LeftOutNul(
        label=_("Search"),
        required=False,
        max_length=LONGEST_TERM,
        widget=forms.SearchInput,
        help_text=_(
            "Claim number, name, customer, domain, partner ID, tenant or subscription ID (GUID)"
        ),
        error_messages={"max_length": _("Search for up to %(limit_value)d characters.")},
    )
    area = forms.ChoiceField(label=_("Solution area"), required=False)
    activity = forms.ChoiceField(label=_("Activity"), required=False)
    product = forms.ChoiceField(label=_("Product or workload"), required=False)
    location: forms.Field = LeftOutNul(label=_("Partner ID"), required=False, max_length=20)
    customer = LeftOutNul(
        label=_("Customer"),
        required=False,
        max_length=LONGEST_TERM,
        help_text=_("Name, domain or tenant ID"),
        error_messages={"max_length": _("Enter up to %(limit_value)d characters.")},
    )
    due = _number(
        _("Due within so many days"),
        MOST_DAYS,
        _("Enter %(limit_value)d days or fewer."),
        example=14,
    )
    ending = _number(
        _("Subscription ends within so many days"),
        MOST_DAYS,
        _("Enter %(limit_value)d days or fewer."),
        example=90,
    )
    proof_age = _number(
        _("Newest proof older than so many months"),
        MOST_MONTHS,
        _("Enter %(limit_value)d months or fewer."),
        example=12,
    )
    migrated = forms.BooleanField(label=_("Migrated claims only"), required=False)
    archived = forms.BooleanField(label=_("Archived drafts only"), required=False)

    def __init__(self, data: Any, *, locations: Sequence[PartnerLocation], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        unknown = {"invalid_choice": _("Choose one of the list; this one is not in it.")}
        for name, choices in _choices(locations):
            field = forms.ChoiceField(
                label=self.fields[name].label,
                required=False,
                choices=[("", _("any")), *choices],
                error_messages=unknown,
            )
            self.fields[name] = field

    def clean_status(self) -> str:
        code = self.cleaned_data["status"] or ALL
        if code not in {folder.code for folder in FOLDERS}:
            # A hidden field has no place for a sentence.
            self.add_error(None, _("There is no such status, so all claims are shown."))
            return ALL
        return str(code)

    @property
    def wanted(self) -> Wanted:
        """What is asked for, without the fields that are wrong."""
        self.is_valid()
        given = {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in self.errors and _given(value)
        }
        return Wanted(**given)

    @property
    def chips(self) -> list[Chip]:
        """The filters that are active, apart from the status."""
        wanted = self.wanted
        return [
            Chip(name, self.fields[name].label, self._words(name, getattr(wanted, name)))
            for name in ("q", *RARER)
            if _given(getattr(wanted, name))
        ]

    @property
    def shows_rarer(self) -> bool:
        """Whether a rarer filter is wrong, so that it must be seen."""
        return any(name in self.errors for name in RARER)

    def rarer(self) -> SafeString:
        """Return the fields of the rarer filters, drawn.

        While none of them is in use they look the same for all who may choose the same, so they
        are drawn once for these.
        """
        if any(self.data.get(name) for name in RARER):
            return self._drawn()
        fields = [self.fields[name] for name in RARER]
        offered = [field.choices for field in fields if isinstance(field, forms.ChoiceField)]
        return _drawn_once(get_language(), repr(offered), self._drawn)

    def _drawn(self) -> SafeString:
        return mark_safe("".join(self[name].as_field_group() for name in RARER))  # noqa: S308

    def _words(self, name: str, value: Any) -> str:
        if name in ("due", "ending"):
            return ngettext("%(days)d day", "%(days)d days", value) % {"days": value}
        if name == "proof_age":
            words = ngettext("%(months)d month", "%(months)d months", value)
            return words % {"months": value}
        if value is True:
            return ""
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            return str(_flat(field.choices).get(value, value))
        return str(value)


class FilterNameForm(DeskForm):
    """The name under which a person keeps a filter."""

    name = LeftOutNul(
        label=_("Name of the filter"),
        max_length=60,
        error_messages={"max_length": _("Use up to %(limit_value)d characters.")},
    )


def _given(value: Any) -> bool:
    """Whether a field is filled in; nought days are."""
    return bool(value) or value == 0 and value is not False


def _flat(choices: Any) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for value, label in choices:
        if isinstance(label, list | tuple):
            flat |= {code: f"{value}: {name}" for code, name in label}
        else:
            flat[value] = label
    return flat


_DRAWN: dict[tuple[str | None, str], SafeString] = {}
MOST_DRAWN = 500


def _drawn_once(language: str | None, offered: str, draw: Callable[[], SafeString]) -> SafeString:
    key = (language, offered)
    if key not in _DRAWN:
        if len(_DRAWN) >= MOST_DRAWN:
            _DRAWN.clear()
        _DRAWN[key] = draw()
    return _DRAWN[key]


def _choices(locations: Sequence[PartnerLocation]) -> list[tuple[str, list[tuple[Any, Any]]]]:
    areas = list(SolutionArea.objects.order_by("name"))
    activities = list(Activity.objects.order_by("name", "pk"))
    products = list(Product.objects.order_by("name", "pk"))
    found: list[tuple[str, list[tuple[Any, Any]]]] = [
        ("area", [(area.code, area.name) for area in areas]),
        (
            "activity",
            [
                (area.name, [(f"{area.code}.{each.code}", each.name) for each in own])
                for area in areas
                if (own := [each for each in activities if each.area_id == area.pk])
            ],
        ),
        (
            "product",
            [
                (area.name, [(each.code, each.name) for each in offered])
                for area in areas
                if (offered := [each for each in products if each.area_id == area.pk])
            ],
        ),
    ]
    # More are found sooner by typing than by scrolling.
    if len(locations) <= MOST_IN_A_LIST:
        words = [(each.partner_id, f"{each.partner_id} {each.name}") for each in locations]
        found.append(("location", words))
    return found
