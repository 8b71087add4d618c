"""What a customer fills in; who they are is recorded, why is up to them (section 7.3)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from claims.models import ClaimLine

from .models import ConsentAnswer
from .wording import line_text


class AgreeForm(forms.Form):
    """The answer of somebody who agrees."""

    responder_name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        error_messages={"required": _("Enter your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    responder_title = forms.CharField(
        label=_("Your job title (optional)"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)


class DeclineForm(AgreeForm):
    """The answer of somebody who declines, for all products or some of them."""

    lines = forms.MultipleChoiceField(
        label=_("Decline for"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one product to decline.")},
    )
    reason = forms.ChoiceField(
        label=_("Reason (optional)"),
        choices=ConsentAnswer.Reason.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    message = forms.CharField(
        label=_("Message to the program operator (optional)"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    share_message = forms.BooleanField(
        label=_("The partner may read this message too"), required=False
    )

    def __init__(self, *args: Any, claim_lines: list[ClaimLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(line.pk), line_text(line)) for line in claim_lines]
        field = self.fields["lines"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices
        field.initial = [value for value, _text in choices]


class WithdrawForm(DeclineForm):
    """What somebody takes back after the window, and a word of yes."""

    confirmed = forms.BooleanField(
        label=_("Yes, end the association for the products chosen above"),
        error_messages={"required": _("Tick the box to confirm that it is to end.")},
    )

    def __init__(self, *args: Any, claim_lines: list[ClaimLine], **kwargs: Any) -> None:
        super().__init__(*args, claim_lines=claim_lines, **kwargs)
        lines = self.fields["lines"]
        lines.label = _("Withdraw for")
        lines.error_messages["required"] = _("Choose at least one product to withdraw.")


class AddressForm(forms.Form):
    """Where a link is to be sent."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        help_text=_("The one at which you got our letter, or that of a tenant administrator."),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Enter an e-mail address, for example name@example.com."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
