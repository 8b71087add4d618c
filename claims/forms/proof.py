"""A document and what the partner says about it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cpor_site.common.uploads import ALLOWED

from ..models import Claim, ClaimLine, PoEDocument
from .base import VersionedForm
from .sections import SectionForm


def _date(label: Any, help_text: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class DescriptionForm(VersionedForm):
    """What a document is, who signed it when, and which lines it covers."""

    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=PoEDocument.Kind.choices,
        initial=PoEDocument.Kind.STATEMENT_OF_WORK,
    )
    document_on = _date(_("Date of the document"), _("As it stands on the paper."))
    signed_on = _date(
        _("Date of the customer's signature"),
        _("Normally no more than 12 months ago. Leave it empty if nobody has signed."),
    )
    signer_name = forms.CharField(
        label=_("Who signed for the customer?"), max_length=150, required=False
    )
    signer_title = forms.CharField(label=_("Signer's job title"), max_length=150, required=False)
    line_ids = forms.TypedMultipleChoiceField(
        label=_("What does it prove?"),
        help_text=_(
            "Tick what the document names, beside the work you did for it. Products that no "
            "document covers are the most frequent reason for questions."
        ),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(
        label=_("Note to the reviewer (not compulsory)"), max_length=300, required=False
    )

    def __init__(self, *args: Any, lines: list[ClaimLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["line_ids"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(line.pk, line_name(line, lines)) for line in lines]
        if not lines:
            del self.fields["line_ids"]

    @staticmethod
    def read(document: PoEDocument) -> dict[str, Any]:
        """Return the initial values for a document that is there already."""
        plain = ("kind", "document_on", "signed_on", "signer_name", "signer_title", "note")
        values = {name: getattr(document, name) for name in plain}
        return values | {"line_ids": [line.pk for line in document.covers.all()]}


class UploadForm(DescriptionForm):
    """A new document."""

    file = forms.FileField(label=_("File"), allow_empty_file=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("field_order", ["file"])
        super().__init__(*args, **kwargs)
        self.fields["file"].error_messages["required"] = _("Choose a file first.")
        self.fields["file"].help_text = _("%(types)s; up to %(size)d MB, without a password.") % {
            "types": ", ".join(sorted(ALLOWED)),
            "size": settings.CPOR_POE_MAX_FILE_MB,
        }
        self.fields["file"].widget.attrs["accept"] = ",".join(
            f".{each}" for each in sorted(ALLOWED)
        )


class DisclosureForm(SectionForm):
    """For customers in the public sector."""

    changes_fields = frozenset({"public_sector_disclosure_confirmed"})

    public_sector_disclosure_confirmed = forms.BooleanField(
        label=_("The signed public-sector disclosure is among the documents"), required=False
    )

    @staticmethod
    def read(claim: Claim) -> dict[str, Any]:
        confirmed = claim.public_sector_disclosure_confirmed
        return {"public_sector_disclosure_confirmed": confirmed}


def line_name(line: ClaimLine, among: list[ClaimLine]) -> str:
    """Name a line as briefly as the others allow: product, then activity, then subscription."""
    name = str(line.product)
    if len({each.activity_id for each in among}) > 1:
        name = f"{name} – {line.activity}"
    if sum(each.product_id == line.product_id for each in among) > 1 and line.subscription_as_typed:
        name = f"{name} ({line.subscription_as_typed})"
    return name
