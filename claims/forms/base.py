"""What all forms of the partner's pages have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms.utils import ErrorList
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Problem, Severity

from ..models import PartnerOrganization

CODED = '{} <span class="code">{}</span>'


class NotedField(forms.BoundField):
    """A field that also shows what the rules say about its saved value.

    Errors stand where those of the form itself would, and the browser is told that the value is
    wrong; warnings stand beside the field and leave it as it is.
    """

    @property
    def errors(self) -> ErrorList:
        own = super().errors
        told = [each for each in self._notes() if each.severity == Severity.ERROR]
        faults = own.as_data()
        if not told and not any(_has_code(fault) for fault in faults):
            return own
        words: list[str] = []
        for fault in faults:
            if _has_code(fault):
                words += [format_html(CODED, text, fault.code) for text in fault.messages]
            else:
                words += fault.messages
        words += [format_html(CODED, each.message, each.code) for each in told]
        return ErrorList(words, renderer=self.form.renderer, field_id=self.auto_id)

    @property
    def warnings(self) -> list[Problem]:
        return [each for each in self._notes() if each.severity == Severity.WARNING]

    @property
    def aria_describedby(self) -> str | None:
        named = super().aria_describedby
        if self.warnings and named is not None:
            named = f"{named} {self.auto_id}_warning".strip()
        return named

    def _notes(self) -> list[Problem]:
        notes: dict[str, list[Problem]] = getattr(self.form, "notes", {})
        return notes.get(self.name, [])


def _has_code(fault: forms.ValidationError) -> bool:
    """Whether a form's own refusal is one of the rules'; Django's codes are in small letters."""
    return bool(fault.code and fault.code.isupper())


class DeskForm(forms.Form):
    """A form whose labels stand alone and which leaves the browser's own bubbles out."""

    use_required_attribute = False
    bound_field_class = NotedField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.notes: dict[str, list[Problem]] = {}
        for field in self.fields.values():
            if field.error_messages["required"] is forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = _("Fill in this field.")

    def note(self, problems: Iterable[Problem]) -> None:
        """Put each problem at the field that it names, if the form has that field."""
        for problem in problems:
            name = self.field_for(problem)
            if name in self.fields and problem.severity != Severity.INFORMATION:
                self.notes.setdefault(name, []).append(problem)

    def field_for(self, problem: Problem) -> str:
        """Return the name of the form's field that a problem is about."""
        return problem.field

    def takes(self, problem: Problem) -> bool:
        """Whether the problem stands at a field, and need not be listed apart from it."""
        return self.field_for(problem) in self.fields


class VersionField(forms.IntegerField):
    """The version of the claim that the page showed, to notice somebody else's change."""

    widget = forms.HiddenInput
    default_error_messages = {
        "required": _("This page is out of date. Reload it and try again."),
        "invalid": _("This page is out of date. Reload it and try again."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, **kwargs)


class VersionedForm(DeskForm):
    """A form about one claim as its page showed it."""

    version = VersionField()


class ManyFilesInput(forms.ClearableFileInput):
    """A file field in which several files can be chosen at once."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files; ``cleaned_data`` holds a list, empty if none was chosen.

    What a file is inside is looked at by whoever keeps it, so that one bad file doesn't take the
    good ones with it.
    """

    widget = ManyFilesInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty_file=True, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data]
        files = [super(ManyFilesField, self).clean(each, initial) for each in given if each]
        if not files and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return files


def offer_organizations(
    field: forms.Field, found: list[PartnerOrganization], current: PartnerOrganization | None
) -> None:
    """Let one of the organisations be chosen; the one that is looked at now stands first chosen.

    Where there is only one, nothing is asked, and where none is looked at, none is taken unasked.
    """
    assert isinstance(field, forms.TypedChoiceField)
    choices: list[tuple[int | str, Any]] = [(each.pk, each.name) for each in found]
    if len(found) == 1:
        field.initial = found[0].pk
        field.widget = forms.HiddenInput()
    else:
        choices.insert(0, ("", _("Choose one")))
        field.initial = current.pk if current and current in found else None
    field.choices = choices
