"""Form fields for rows that people know by a key, such as a partner ID.

Typed rather than picked: the lists are long, and who edits them has the key at hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.html import escape
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

MISSING = _("There is nothing with the key “%(key)s”.")


class KeyField(forms.ModelChoiceField):
    """One row, named by the value of its unique field ``key``."""

    widget = forms.TextInput(attrs={"size": 40})
    default_error_messages = {"invalid_choice": MISSING}  # noqa: RUF012

    def __init__(self, queryset: QuerySet[Any], key: str, **kwargs: Any) -> None:
        super().__init__(queryset, to_field_name=key, **kwargs)
        self.key = key

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            value = self.row(value)
        return str(getattr(value, self.key)) if isinstance(value, Model) else value

    def row(self, pk: Any) -> Model | None:
        """Return the row with the primary key, or None."""
        assert self.queryset is not None
        return self.queryset.filter(pk=pk).first()

    def to_python(self, value: Any) -> Any:
        value = _folded(value, self.key)
        try:
            forms.CharField().run_validators(value)  # PostgreSQL fails over a null character.
            return super().to_python(value)
        except ValidationError:
            raise ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"key": value}
            ) from None


class KeysField(forms.Field):
    """Several rows, named by the values of their unique field ``key``, one on a line."""

    widget = forms.Textarea(attrs={"rows": 4})

    def __init__(self, queryset: QuerySet[Any], key: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.queryset, self.key = queryset, key

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) or value is None:
            return value
        return "\n".join(str(getattr(row, self.key)) for row in value)

    def to_python(self, value: Any) -> list[Any]:
        lines = (_folded(line, self.key) for line in str(value or "").splitlines())
        keys = list(dict.fromkeys(line for line in lines if line))
        known = [key for key in keys if "\0" not in key]
        rows = {
            str(getattr(row, self.key)): row
            for row in self.queryset.filter(**{f"{self.key}__in": known})
        }
        for key in keys:
            if key not in rows:
                raise ValidationError(MISSING, code="invalid_choice", params={"key": key})
        return [rows[key] for key in keys]

    def has_changed(self, initial: Iterable[Model] | None, data: Any) -> bool:
        try:
            found = self.to_python(data)
        except ValidationError:
            return True
        return {row.pk for row in initial or ()} != {row.pk for row in found}


class RegistryForm(forms.ModelForm):
    """A form of the registry: labels begin with a capital, keys say which row they name now."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = capfirst(field.label) if field.label else field.label
            pk = self.initial.get(name)
            if isinstance(field, KeyField) and isinstance(pk, int):
                row = field.row(pk)
                if row is not None:
                    # Templates take help texts for HTML, and names come from outside.
                    field.help_text = escape(str(row))


def _folded(value: Any, key: str) -> Any:
    if not isinstance(value, str):
        return value
    value = value.strip()
    return value.lower() if key == "email" else value
