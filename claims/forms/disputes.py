"""Disputing a rejection, and starting a draft from an old claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Problem

from ..models import ClaimLine
from .base import ManyFilesField, VersionedForm


class DisputeForm(VersionedForm):
    """Why the decision should change, new proof, or both."""

    justification = forms.CharField(
        label=_("Why should the decision change?"),
        help_text=_(
            "Say what was overlooked, or what the new proof shows. Name pages and dates. This or "
            "new proof is needed."
        ),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
    )

    def __init__(self, *args: Any, lines: Sequence[ClaimLine] = (), **kwargs: Any) -> None:
        """``lines`` are those that the dispute can be about; of several, some may be left out."""
        super().__init__(*args, **kwargs)
        if len(lines) > 1:
            self.fields["dropped"] = forms.MultipleChoiceField(
                label=_("Leave out of the dispute"),
                help_text=_("What you tick is no longer part of this claim. Usually nothing is."),
                choices=[
                    (str(line.pk), f"{line.product} – {line.activity_name}") for line in lines
                ],
                widget=forms.CheckboxSelectMultiple,
                required=False,
            )
        self.fields["files"] = ManyFilesField(
            label=_("New proof"),
            help_text=_("You can choose several files; up to %(size)d MB each, without a password.")
            % {"size": settings.CPOR_POE_MAX_FILE_MB},
            required=False,
        )

    def field_for(self, problem: Problem) -> str:
        """Return the field; what is wrong with a file stands at all of them."""
        about_a_file = problem.code.startswith("POE-")
        return "files" if about_a_file else super().field_for(problem)


class AskAgainForm(VersionedForm):
    """Why the customer who declined should be asked once more."""

    reason = forms.CharField(
        label=_("Why should the customer be asked once more?"),
        help_text=_(
            "For example: who declined and why it was a misunderstanding, and with whom at the "
            "customer you have spoken since. A lead reviewer reads it; the customer doesn't."
        ),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class FromOldForm(VersionedForm):
    """A new draft from an old claim; ``wrong`` is the step at which a replacement opens."""

    wrong = forms.ChoiceField(
        label=_("What has to be corrected?"),
        help_text=_("The draft opens at this step; you can change the others too."),
        choices=[("partner", _("The partner ID")), ("work", _("The activity"))],
        widget=forms.RadioSelect,
        required=False,
    )
    with_documents = forms.BooleanField(
        label=_("Take the proof along"),
        help_text=_("The files are copied; you can withdraw or replace each in the draft."),
        required=False,
    )
