"""Asking a signed-in person to show once more that it is they, without losing what they typed.

The page that asks takes the place of the one that was wanted, at the same address. It carries the
fields of the form along as hidden ones; its own are named ``confirm-...``. Posted back with the
right password, code or passkey, the request goes on to the view as if it had never been stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.internal.auth import begin_authentication
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from cpor_site.common import fresh
from cpor_site.common.models import User

from .factor_forms import ConfirmingCodeForm
from .forms import PlainForm

PREFIX = "confirm-"
METHOD = f"{PREFIX}method"
TYPED = "application/x-www-form-urlencoded"


class ConfirmForm(PlainForm):
    """Asks for the password, for a code, or for a passkey: whichever the person has, one of them.

    ``method`` says what was wanted: reading a page, or an act whose fields come along.
    """

    method = forms.ChoiceField(choices=[("GET", "GET"), ("POST", "POST")], widget=forms.HiddenInput)
    credential = forms.CharField(required=False, widget=forms.HiddenInput)
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=1000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    code = forms.CharField(
        label=_("Code"),
        help_text=_("From your authenticator app, or one of your recovery codes."),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix=PREFIX.rstrip("-"), **kwargs)
        self.request = request
        self.user: User = request.user  # type: ignore[assignment] # Signed in.
        types = Authenticator.objects.filter(user=self.user).values_list("type", flat=True)
        self.types = frozenset(types)
        if not self.user.has_usable_password():
            del self.fields["password"]
        if Authenticator.Type.TOTP not in self.types:
            del self.fields["code"]

    @property
    def takes_passkeys(self) -> bool:
        return Authenticator.Type.WEBAUTHN in self.types

    @property
    def takes_nothing(self) -> bool:
        """Whether the person can only go back to the provider that signed them in."""
        return not (self.takes_passkeys or {"password", "code"} & set(self.fields))

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("credential") and self.takes_passkeys:
            self._check(ReauthenticateWebAuthnForm, "credential", None)
        elif given.get("code"):
            self._check(ConfirmingCodeForm, "code", "code")
        elif given.get("password"):
            self._check_password(given["password"])
        elif "password" in self.fields:
            self.add_error("password", _("Enter your password."))
        elif "code" in self.fields:
            self.add_error("code", _("Enter the code."))
        else:
            self.add_error(None, _("Use your passkey."))
        return given

    def _check(self, form_class: Any, name: str, field: str | None) -> None:
        form = form_class(user=self.user, data={name: self.cleaned_data[name]})
        if form.is_valid():
            form.save()
        else:
            self.add_error(field, [str(each) for each in form.errors[name]])

    def _check_password(self, password: str) -> None:
        try:
            found = get_adapter().authenticate(
                self.request, email=self.user.email, password=password
            )
        except ValidationError as error:
            self.add_error("password", error)
            return
        if found is None or found.pk != self.user.pk:
            self.add_error("password", _("This isn't your password. Check it and try again."))


class ConfirmationMiddleware:
    """Asks where a view or the library wants it, and lets the request go on afterwards."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if (
            request.method != "POST"
            or request.content_type != TYPED
            or getattr(view, "csrf_exempt", False)
            or not request.user.is_authenticated
            or METHOD not in request.POST
        ):
            return None
        form = ConfirmForm(request, request.POST)
        carried = _carried(request.POST)
        if not form.is_valid():
            return _page(request, form, carried)
        _begin_anew(request)
        if form.cleaned_data["method"] == "GET":
            return redirect(request.get_full_path())
        request.POST = carried  # type: ignore[assignment] # As if nothing had come between.
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, (fresh.ConfirmationNeeded, ReauthenticationRequired)):
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        method = "GET" if request.method in fresh.SAFE else "POST"
        form = ConfirmForm(request, initial={"method": method})
        return _page(request, form, _carried(request.POST))


def _carried(posted: QueryDict) -> QueryDict:
    """Return what was typed into the form that was stopped."""
    kept = QueryDict(mutable=True)
    for name, values in posted.lists():
        if name != "csrfmiddlewaretoken" and not name.startswith(PREFIX):
            kept.setlist(name, values)
    return kept


def _begin_anew(request: HttpRequest) -> None:
    """Give the session another key, as after every sign-in, and keep its place in the list."""
    former = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=former).update(session_key=request.session.session_key)
    fresh.note(request)


def _page(request: HttpRequest, form: ConfirmForm, carried: QueryDict) -> HttpResponse:
    context = {
        "form": form,
        "carried": [(name, value) for name, values in carried.lists() for value in values],
        "keeps_text": any(carried.values()),
        "js_data": {"request_options": begin_authentication(form.user)}
        if form.takes_passkeys
        else None,
        "provider": settings.CPOR_OIDC,
        "minutes": settings.CPOR_CONFIRM_MINUTES,
    }
    response = render(request, "account/confirm.html", context, status=403)
    response.headers["Cache-Control"] = "no-store"
    return response
