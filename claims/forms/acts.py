"""Starting, withdrawing, commenting, answering."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import PartnerOrganization
from .base import DeskForm, ManyFilesField, VersionedForm, offer_organizations


class StartForm(DeskForm):
    """A new draft: for whom, and under which name."""

    organization = forms.TypedChoiceField(label=_("Your organisation"), coerce=int)
    name = forms.CharField(
        label=_("Name of the claim"),
        help_text=_(
            "For your own list, for example the customer and the project. Only you and the "
            "reviewers see it."
        ),
        max_length=120,
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


class ConfirmForm(VersionedForm):
    """An act that needs nothing but a yes."""


class WithdrawForm(VersionedForm):
    reason = forms.CharField(
        label=_("Why do you withdraw it?"),
        help_text=_("For example: wrong partner ID, wrong activity, the project has ended."),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class EndForm(VersionedForm):
    reason = forms.CharField(
        label=_("Why do you end it?"),
        help_text=_("For example: the project has ended, the customer has another partner."),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CommentForm(DeskForm):
    body = forms.CharField(
        label=_("Write to the reviewers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        strip=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["files"] = ManyFilesField(
            label=_("Files (not compulsory)"),
            help_text=_("They also become documents of the claim."),
            required=False,
        )
