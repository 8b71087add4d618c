"""The site's own pages: the front door, signing in, the choice of language."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language

from cpor_site.common.models import User


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send people to where their work is: reviewers to the admin, partners to their claims."""
    if not request.user.is_authenticated:
        return redirect("sign_in")
    return redirect("admin:index" if request.user.is_staff else "claim_list")


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": gettext_lazy(
            "The e-mail address and the password don't fit together. Check both and try again."
        ),
        "inactive": gettext_lazy("This account is closed. Ask your administrator."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        for field in self.fields.values():
            field.widget.is_required = False
            if isinstance(field, forms.CharField):
                field.error_messages["required"] = gettext_lazy("Fill in this field.")
        self.fields["username"].widget = forms.EmailInput(
            attrs={"autocomplete": "username", "autofocus": not self.is_bound}
        )


class SignInView(LoginView):
    form_class = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in; from now on the pages are in the person's own language."""
        response = super().form_valid(form)
        user = self.request.user
        if user.is_authenticated and user.locale in dict(settings.LANGUAGES):
            _remember_language(response, user.locale)
        return response


class SignOutView(LogoutView):
    http_method_names = ["post", "options"]
    next_page = "sign_in"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        messages.success(request, _("You are signed out."))
        return response


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Show the pages in the chosen language, and keep the choice for a signed-in person."""
    response = set_language(request)
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        user = User.objects.get(pk=request.user.pk)
        if user.locale != chosen:
            user.locale = chosen
            user.save(update_fields=["locale"])
    return response


def _remember_language(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
