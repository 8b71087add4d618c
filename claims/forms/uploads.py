"""Choosing a file of draft claims."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cpor_site.common.uploads import in_megabytes

from ..bulk.reading import MOST_BYTES, MOST_ROWS
from ..models import PartnerOrganization
from .base import DeskForm, offer_organizations


class UploadForm(DeskForm):
    organization = forms.TypedChoiceField(label=_("For which organisation?"), coerce=int)
    file = forms.FileField(
        label=_("CSV file"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        allow_empty_file=True,  # Reading it says what an empty file lacks.
    )

    def __init__(
        self,
        *args: Any,
        organizations: list[PartnerOrganization],
        current: PartnerOrganization | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offer_organizations(self.fields["organization"], organizations, current)
        self.fields["file"].error_messages["required"] = _("Choose the file.")
        self.fields["file"].help_text = _(
            "Up to %(rows)d rows and %(size)s MB, with commas, semicolons or tabs between cells."
        ) % {"rows": MOST_ROWS, "size": in_megabytes(MOST_BYTES)}


class KeptFileForm(DeskForm):
    """A file that was sent already and is uploaded once more on purpose."""

    organization = forms.IntegerField(widget=forms.HiddenInput)
    kept = forms.CharField(widget=forms.HiddenInput, max_length=64)
