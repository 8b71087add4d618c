"""Signing in and out, choosing passwords, one's own details, and the list of one's sessions."""

from __future__ import annotations

from typing import Any, cast

from allauth.account import views as library
from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django.views.generic.base import TemplateView
from django.views.generic.edit import FormView

from cpor_site.common.models import User

from . import devices, letters
from .forms import DetailsForm, ForgottenPasswordForm
from .language import remember_language


def reader(request: HttpRequest) -> User:
    """Return the signed-in person of a page that is closed to visitors."""
    return cast("User", request.user)


class AlwaysOpen:
    """Lets people begin anew who have shown a password and not yet their second factor."""

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: Any) -> None:
        return None


class SignInView(AlwaysOpen, library.LoginView):
    template_name = "account/sign_in.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"provider": settings.CPOR_OIDC}


class SignOutView(LogoutView):
    http_method_names = ["post", "options"]
    next_page = "sign_in"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        messages.success(request, _("You are signed out."))
        return response


@method_decorator(never_cache, name="dispatch")
class ForgottenPasswordView(FormView):
    """Asks for an address and sends it a letter, whether or not anybody has an account there."""

    form_class = ForgottenPasswordForm
    template_name = "account/forgotten.html"
    success_url = reverse_lazy("account_reset_password_done")

    def form_valid(self, form: ForgottenPasswordForm) -> HttpResponse:
        email = form.cleaned_data["email"]
        if not ratelimit.consume(self.request, action="reset_password", key=email):
            form.add_error(None, get_adapter().validation_error("rate_limited"))
            return self.form_invalid(form)
        letters.write_forgotten(email)
        return super().form_valid(form)


@method_decorator(never_cache, name="dispatch")
class LetterSentView(TemplateView):
    template_name = "account/letter_sent.html"
    extra_context = {"hours": letters.HOURS}


@method_decorator(never_cache, name="dispatch")
class NewPasswordView(library.PasswordResetFromKeyView):
    """Lets whoever holds a fresh link choose the account's password, once."""

    template_name = "account/new_password.html"
    success_url = reverse_lazy("sign_in")

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if context.get("token_fail"):
            kwargs["status"] = 404
        response: HttpResponse = super().render_to_response(context, **kwargs)
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password, end every session of the account, lift its lock."""
        user: User = self.reset_user
        is_first = not user.has_usable_password()
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            devices.end_all(self.request, user)
            if not is_first:
                letters.write_changed(user)
        get_adapter().unlock(self.request, user)
        messages.success(self.request, _("Your password is set. Sign in with it."))
        return response


@method_decorator(never_cache, name="dispatch")
class ChangePasswordView(library.PasswordChangeView):
    template_name = "account/change_password.html"
    extra_context = {"here": "account", "tab": "password"}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if user.is_authenticated and not user.has_usable_password():
            return redirect("account_reset_password")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password and end every other session of the account."""
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            user = reader(self.request)
            devices.end_others(self.request, user)
            letters.write_changed(user)
        messages.success(
            self.request, _("Your password is changed. All your other sessions have ended.")
        )
        return response


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """Show and change a person's own name, language and time zone."""
    user = User.objects.get(pk=reader(request).pk)
    names = ("full_name", "locale", "time_zone")
    form = DetailsForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(user, name) for name in names},
    )
    if request.method == "POST" and form.is_valid():
        for name in names:
            setattr(user, name, form.cleaned_data[name])
        if form.has_changed():
            user._change_reason = "details_changed"  # type: ignore[attr-defined]
            user.save(update_fields=names)
        response = redirect("account")
        remember_language(response, user.locale)
        with override(user.locale):
            messages.success(request, _("Your details are saved."))
        return response
    return render(
        request, "account/details.html", {"here": "account", "tab": "details", "form": form}
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Show where the person is signed in; a POST ends all sessions but this one."""
    user = reader(request)
    if request.method == "POST":
        devices.end_others(request, user)
        messages.success(request, _("All your other sessions have ended."))
        return redirect("account_sessions")
    context = {"here": "account", "tab": "sessions", "devices": devices.devices_of(request, user)}
    return render(request, "account/sessions.html", context)


@never_cache
@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one session of the person's own."""
    if not devices.end_one(request, reader(request), session_id):
        raise Http404
    if not request.user.is_authenticated:
        messages.success(request, _("You are signed out."))
        return redirect("sign_in")
    messages.success(request, _("The session has ended."))
    return redirect("account_sessions")
