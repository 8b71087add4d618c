"""What people type to sign in, to choose a password and about themselves."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from allauth.account import forms as library
from allauth.account.adapter import get_adapter
from allauth.account.fields import SetPasswordField
from django import forms
from django.utils.translation import gettext_lazy as _

from cpor_site.common import password_links
from cpor_site.common.backends import DeskBackend
from cpor_site.common.form_fields import LanguageField, TimeZoneField
from cpor_site.common.models import User

REQUIRED = _("Fill in this field.")
MISSING = {
    "email": _("Enter your e-mail address."),
    "full_name": _("Enter your name."),
    "time_zone": _("Enter a time zone."),
    "oldpassword": _("Enter your present password."),
    "password1": _("Enter a new password."),
    "password2": _("Enter the new password once more."),
}
"""What is missing, so that a list of several problems tells them apart."""

REGIONS = frozenset(
    {
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    }
)
NO_ADDRESS = _("This isn't an e-mail address. It looks like name@example.com.")


class PlainForm(forms.Form):
    """Labels stand alone, and the browser's own bubbles stay out."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.is_required = False
            field.error_messages["required"] = MISSING.get(name, REQUIRED)


def _address(**attributes: Any) -> forms.EmailField:
    return forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"} | attributes),
        error_messages={"required": REQUIRED, "invalid": NO_ADDRESS},
    )


def _password(label: Any, autocomplete: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


def _new_password() -> SetPasswordField:
    field = SetPasswordField(
        label=_("New password"),
        help_text=_("At least 12 characters. Several words in a row are easy to remember."),
        strip=False,
        max_length=1000,
    )
    field.widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return field


class SignInForm(PlainForm, library.LoginForm):
    password = _password(_("Password"), "current-password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = _address(autofocus=not self.is_bound)
        self.fields["login"].widget.is_required = False
        self.order_fields(["login", "password"])


class ForgottenPasswordForm(PlainForm):
    email = _address()

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class _SameTwice(PlainForm):
    """Asks for the new password twice, because nobody sees what they type."""

    def clean(self) -> dict[str, Any] | None:
        typed = forms.Form.clean(self)
        first, second = (self.cleaned_data.get(name) for name in ("password1", "password2"))
        if first and second and first != second:
            self.add_error("password2", _("The two passwords differ. Type the same one twice."))
        return typed


class NewPasswordForm(_SameTwice, library.ResetPasswordKeyForm):
    password1 = _new_password()
    password2 = _password(_("New password once more"), "new-password")


class ChangePasswordForm(_SameTwice, library.ChangePasswordForm):
    oldpassword = _password(_("Present password"), "current-password")
    password1 = _new_password()
    password2 = _password(_("New password once more"), "new-password")


class TokenForm(library.UserTokenForm):
    """Asks whether a link opens the page on which a password is chosen."""

    def clean(self) -> dict[str, Any] | None:
        typed = forms.Form.clean(self)
        user = self._get_user(self.cleaned_data.get("uidb36"))
        key = self.cleaned_data.get("key", "")
        if (
            user is None
            or not DeskBackend().user_can_authenticate(user)
            or not password_links.is_good(user, key)
        ):
            raise get_adapter().validation_error("invalid_password_reset")
        self.reset_user = user
        return typed

    def _get_user(self, uidb36: str | None) -> User | None:
        try:
            return super()._get_user(uidb36 or "")
        except OverflowError:
            return None


class DetailsForm(PlainForm):
    """What a person may change about themselves."""

    full_name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    locale = LanguageField(
        label=_("Language"), help_text=_("Of the pages and of the letters that you get.")
    )
    time_zone = TimeZoneField(
        label=_("Time zone"),
        help_text=_("Type a city to search, for example Berlin. All times are shown in this zone."),
        max_length=60,
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off"}),
    )

    def clean_full_name(self) -> str:
        return " ".join(self.cleaned_data["full_name"].split())

    @staticmethod
    def zones() -> tuple[str, ...]:
        return time_zones()


@cache
def time_zones() -> tuple[str, ...]:
    """Return the names to choose from; other names that the database knows are accepted too."""
    return tuple(
        sorted(
            name
            for name in available_timezones()
            if name == "UTC" or ("/" in name and name.partition("/")[0] in REGIONS)
        )
    )
