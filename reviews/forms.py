"""What a reviewer types into an act. The services judge it; a form only reads it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims.models import Claim, ClaimLine
from claims.states import REVIEWER_REASONS, DeficiencyCode

from .models import CannedText
from .services.decisions import FindingEntry

LONGEST_TEXT = 5000
LONGEST_EXPLANATION = 2000

MEANINGS: dict[DeficiencyCode, Promise] = {
    DeficiencyCode.ALL: _("The file is the wrong one, or isn't about this claim."),
    DeficiencyCode.ACK: _("Nobody at the customer has signed or otherwise agreed."),
    DeficiencyCode.DATE: _("There is no date, or it is too old for this claim."),
    DeficiencyCode.WORK: _("What the partner did isn't described, or not well enough."),
    DeficiencyCode.PROD: _("A claimed product or workload isn't named."),
    DeficiencyCode.PSD: _("The disclosure for a public-sector customer is missing."),
    DeficiencyCode.ID: _("Tenant, domain or company differ from the claim."),
    DeficiencyCode.OTHER: _("Something else; explain it."),
}
"""What each deficiency means, in a sentence for the reviewer who chooses (section 4.3)."""


def _text(label: Any, help_text: Any = "", *, rows: int = 5) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class ActForm(forms.Form):
    """Carries the version of the claim that the page showed."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, data: QueryDict | None = None, *, claim: Claim) -> None:
        super().__init__(data, initial={"version": claim.version}, label_suffix="")

    def show_version(self, version: int) -> None:
        """Let the next attempt be about the claim as the page shows it now."""
        assert isinstance(self.data, QueryDict)
        data = self.data.copy()
        data["version"] = str(version)
        self.data = data


class TakeUpForm(ActForm):
    """Nothing to type."""


class SplitForm(ActForm):
    """Nothing to type."""


class NoteForm(ActForm):
    internal_note = _text(_("Internal note"), _("Only people of the operator read it."), rows=3)


class ApproveForm(ActForm):
    text = _text(_("Text to the partner"), _("Not needed. It goes into the letter."))
    internal_note = _text(_("Internal note"), _("Only people of the operator read it."), rows=3)


class RejectForm(ActForm):
    reasons = forms.MultipleChoiceField(
        label=_("Reasons"),
        choices=[(reason.value, reason.label) for reason in REVIEWER_REASONS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    text = _text(
        _("Text to the partner"),
        _(
            "Say what was missing, so that the partner can judge whether to dispute. It goes into "
            "the letter."
        ),
    )
    internal_note = _text(_("Internal note"), _("Only people of the operator read it."), rows=3)


class AskForm(ActForm):
    comment = _text(
        _("Comment to the partner"), _("Say what you need. The partner answers it there.")
    )
    internal_note = _text(_("Internal note"), _("Only people of the operator read it."), rows=3)


class FindingForm(forms.Form):
    """One deficiency that can be ticked, with the lines it concerns."""

    chosen = forms.BooleanField(required=False)
    lines = forms.MultipleChoiceField(
        label=_("Which lines?"),
        help_text=_("None ticked means the whole claim."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    explanation = forms.CharField(
        label=_("What exactly is missing?"),
        required=False,
        max_length=LONGEST_EXPLANATION,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self, data: QueryDict | None, *, code: DeficiencyCode, lines: list[ClaimLine]
    ) -> None:
        super().__init__(data, prefix=code.value, label_suffix="")
        self.code = code
        self.texts: list[CannedText] = []
        self.meaning = MEANINGS[code]
        self.fields["chosen"].label = code.label
        choices = [(str(line.pk), f"{line.product} · {line.activity_name}") for line in lines]
        field = self.fields["lines"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not found.get("chosen") and (found.get("lines") or found.get("explanation")):
            self.add_error(
                "chosen",
                _("Tick “%(deficiency)s”, or clear its lines and explanation.")
                % {"deficiency": self.code.label},
            )
        return found

    @property
    def entry(self) -> FindingEntry:
        """The finding as the service takes it; only for a valid form that was ticked."""
        return FindingEntry(
            self.code.value,
            [int(pk) for pk in self.cleaned_data["lines"]],
            self.cleaned_data["explanation"],
        )


def finding_forms(data: QueryDict | None, lines: list[ClaimLine]) -> list[FindingForm]:
    """Return one form for each deficiency code; ``data`` is what was posted."""
    return [FindingForm(data, code=code, lines=lines) for code in DeficiencyCode]


class WritingForm(forms.Form):
    """A note or comment written on the case page."""

    body = forms.CharField(
        required=False, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, data: QueryDict | None = None, *, prefix: str, label: Any) -> None:
        super().__init__(data, prefix=prefix, label_suffix="")
        self.fields["body"].label = label
