"""Form fields that take what people type and give what the database keeps."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

import idna
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator, validate_email
from django.utils.translation import gettext_lazy as _

from . import countries

LONGEST_KEY = 18


class LinesField(forms.Field):
    """A list of texts, typed one on a line; empty lines and repetitions are dropped."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        if isinstance(value, list):
            return value
        ProhibitNullCharactersValidator()(value)
        stripped = (line.strip() for line in str(value or "").splitlines())
        return list(dict.fromkeys(line for line in stripped if line))


class EmailLinesField(LinesField):
    """A list of e-mail addresses, typed one on a line and kept in lower case."""

    def to_python(self, value: Any) -> list[str]:
        return list(dict.fromkeys(line.lower() for line in super().to_python(value)))

    def validate(self, value: Any) -> None:
        super().validate(value)
        for address in value:
            try:
                validate_email(address)
            except ValidationError:
                raise ValidationError(
                    _("“%(address)s” isn't an e-mail address."), params={"address": address}
                ) from None


class TimeZoneField(forms.CharField):
    """The name of a time zone, such as Europe/Berlin."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and value not in available_timezones():
            raise ValidationError(
                _("There is no time zone “%(name)s”; a name such as Europe/Berlin is expected."),
                params={"name": value},
            )


class CountryField(forms.ChoiceField):
    """A country, chosen by its name and kept as the two letters of ISO 3166-1."""

    default_error_messages = {"invalid_choice": _("Choose a country of the list.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=_countries, **kwargs)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).upper()


class DomainField(forms.CharField):
    """A domain name, kept in lower case and in its IDNA form."""

    def to_python(self, value: Any) -> str:
        typed = str(super().to_python(value)).rstrip(".").lower()
        if not typed:
            return ""
        try:
            return idna.encode(typed, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise ValidationError(
                _("“%(domain)s” isn't a domain name."), params={"domain": typed}
            ) from None

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and "." not in value:
            raise ValidationError(_("“%(domain)s” isn't a domain name."), params={"domain": value})


class LanguageField(forms.ChoiceField):
    """One of the desk's languages; ``empty_label`` adds the choice of none."""

    def __init__(self, *, empty_label: Any = None, **kwargs: Any) -> None:
        choices = list(settings.LANGUAGES)
        if empty_label is not None:
            choices = [("", empty_label), *choices]
        super().__init__(choices=choices, **kwargs)


def _countries() -> list[tuple[str, str]]:
    return [("", "–"), *countries.choices()]


def whole_number(text: str) -> int | None:
    """Return the number that a page sent as text; None for anything that names no row.

    Longer digits than a key has are no number here: Python refuses to read very long ones.
    """
    if not (text.isascii() and text.isdecimal()) or len(text) > LONGEST_KEY:
        return None
    return int(text)
