"""What people type and touch to add a second factor, and to show one."""

from __future__ import annotations

import string
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .forms import PlainForm

MISSING_CODE = _("Enter the code.")
WRONG_CODE = _(
    "This code isn't right. Wait for the next one and type that; if that isn't right either, see "
    "whether the clocks of your phone and of this desk agree."
)
LONGEST_NAME = 60


def _code(label: Any, help_text: Any = "", **attributes: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric"} | attributes
        ),
    )


def use(user: Any, code: str) -> bool:
    """Note that a code of the app was taken; False if it was before."""
    halves = 2 * app_settings.TOTP_TOLERANCE + 1
    return cache.add(_entry(user, code), 1, timeout=app_settings.TOTP_PERIOD * (halves + 1))


def is_used(user: Any, code: str) -> bool:
    """Whether a code of the app was taken before."""
    return cache.get(_entry(user, code)) is not None


def _entry(user: Any, code: str) -> str:
    """Return the cache's name for a code: its digits, as the library reads it."""
    digits = "".join(each for each in code if each in string.digits)
    return f"second_factor_used:{user.pk}:{digits}"


class _OnlyOnce:
    """Takes a code of the app once, for as long as the library would take it."""

    cleaned_data: dict[str, Any]
    authenticator: Authenticator
    user: Any

    def clean_code(self) -> str:
        if is_used(self.user, self.cleaned_data["code"]):  # Or the library forgets wrong tries.
            raise get_adapter().validation_error("incorrect_code")
        code = str(super().clean_code())  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP and not use(self.user, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_OnlyOnce, PlainForm, base.AuthenticateForm):
    code = _code(
        _("Code"),
        _("The six digits that your authenticator app shows now, or one of your recovery codes."),
        autofocus=True,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].error_messages["required"] = MISSING_CODE


class ConfirmingCodeForm(_OnlyOnce, base.ReauthenticateForm):
    """Takes the code of somebody who is signed in already."""


class NewAppForm(PlainForm, ActivateTOTPForm):
    code = _code(_("Code"), _("The six digits that the app shows for this desk now."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].error_messages["required"] = MISSING_CODE

    def clean_code(self) -> str:
        try:
            code = str(super().clean_code())
        except ValidationError as error:
            if error.code != "incorrect_code":
                raise
            raise ValidationError(WRONG_CODE, code=error.code) from error
        use(self.user, code)
        return code


class NewPasskeyForm(PlainForm, AddWebAuthnForm):
    name = forms.CharField(
        label=_("Name"),
        help_text=_("So that you tell your passkeys apart, for example “Work laptop”."),
        max_length=LONGEST_NAME,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    passwordless = forms.BooleanField(
        label=_("Let it sign me in without my password"),
        help_text=_("It then asks for your finger, your face or its PIN each time."),
        required=False,
        initial=True,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"].error_messages["required"] = _(
            "Your browser hasn't made a passkey. Press the button again, and follow what the "
            "browser or your key asks."
        )


class PasskeyNameForm(PlainForm, EditWebAuthnForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].error_messages["required"] = _("Give the passkey a name.")
