"""What all forms of the partner's pages have in common."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class DeskForm(forms.Form):
    """A form whose labels stand alone and which leaves the browser's own bubbles out."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if field.required:
                field.error_messages["required"] = _("Fill in this field.")


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
