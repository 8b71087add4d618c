"""Documents and what the partner says about them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Problem, error
from cpor_site.common.uploads import ALLOWED

from ..models import Claim, ClaimLine, PoEDocument
from ..proof_check import line_name
from .base import ManyFilesField, VersionedForm
from .sections import SectionForm


def _date(label: Any, help_text: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class DescriptionForm(VersionedForm):
    """What a document is, who signed it when, and which lines it covers; ``today`` is the day."""

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
    PARTS = (
        "kind",
        "document_on",
        "signed_on",
        "signer_name",
        "signer_title",
        "line_ids",
        "note",
    )

    def __init__(self, *args: Any, lines: list[ClaimLine], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The form's own method of that name is no field of it.
        self.fields["note"] = forms.CharField(
            label=_("Note to the reviewer (not compulsory)"), max_length=300, required=False
        )
        self.today = today
        field = self.fields["line_ids"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(line.pk, line_name(line, lines)) for line in lines]
        field.error_messages["invalid_choice"] = _(
            "The claim's products have changed since this page was opened. Tick what is here now."
        )
        if not lines:
            del self.fields["line_ids"]

    @staticmethod
    def read(document: PoEDocument) -> dict[str, Any]:
        """Return the initial values for a document that is there already."""
        plain = ("kind", "document_on", "signed_on", "signer_name", "signer_title", "note")
        values = {name: getattr(document, name) for name in plain}
        return values | {"line_ids": [line.pk for line in document.covers.all()]}

    def clean_signed_on(self) -> date | None:
        signed_on: date | None = self.cleaned_data["signed_on"]
        if signed_on is not None and signed_on > self.today:
            raise ValidationError(
                _("The date of the signature is in the future. Check it on the paper."),
                code="POE-08",
            )
        return signed_on

    def refused(self) -> list[Problem]:
        """Return what was refused here that has a code of the rules, and what hasn't one."""
        return [
            error(fault.code if fault.code and fault.code.isupper() else "", text, field=name)
            for name, faults in self.errors.as_data().items()
            for fault in faults
            for text in fault.messages
        ]

    def description(self) -> dict[str, Any]:
        """Return what is right of the description, so that a wrong part doesn't hold up a file."""
        found = {name: self.cleaned_data[name] for name in self.PARTS if name in self.cleaned_data}
        return {"kind": PoEDocument.Kind.OTHER} | found


def allowed_types() -> str:
    """Say which files are taken."""
    return _("%(types)s; up to %(size)d MB each, without a password.") % {
        "types": ", ".join(sorted(ALLOWED)),
        "size": settings.CPOR_POE_MAX_FILE_MB,
    }


ACCEPT = ",".join(f".{each}" for each in sorted(ALLOWED))


class UploadForm(DescriptionForm):
    """New documents; what is said about them goes for each of the files."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["files"] = ManyFilesField(label=_("Files"))
        self.order_fields(["files"])
        self.fields["files"].error_messages["required"] = _("Choose a file first.")
        self.fields["files"].help_text = allowed_types()
        self.fields["files"].widget.attrs["accept"] = ACCEPT

    def field_for(self, problem: Problem) -> str:
        return "files" if problem.field == "file" else problem.field


class ReplacementForm(VersionedForm):
    """A file that takes another's place."""

    file = forms.FileField(label=_("New file"), allow_empty_file=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].error_messages["required"] = _("Choose a file first.")
        self.fields["file"].help_text = allowed_types()
        self.fields["file"].widget.attrs["accept"] = ACCEPT


class ConfirmProofForm(VersionedForm):
    """Taking a document back."""


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
