"""Second factors: the list of one's own, adding, removing, recovery codes, and showing one."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.decorators import login_not_required
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic.base import ContextMixin, TemplateView

from . import factor_changes, second_factor
from .middleware import AFTERWARDS
from .views import AlwaysOpen, reader

LIST = reverse_lazy("mfa_index")


class _AccountPage(ContextMixin):
    """A page under the account's tab; ``afterwards`` is where staff wanted to go at first."""

    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        afterwards = self.request.session.get(AFTERWARDS, "")
        if not url_has_allowed_host_and_scheme(afterwards, allowed_hosts=None):
            afterwards = ""
        return super().get_context_data(**kwargs) | {
            "here": "account",
            "tab": "sign_in",
            "is_missing": second_factor.is_missing(self.request),
            "afterwards": afterwards,
        }


@method_decorator(never_cache, name="dispatch")
class FactorsView(LoginRequiredMixin, _AccountPage, TemplateView):
    template_name = "account/factors.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        found = list(Authenticator.objects.filter(user=user).order_by("pk"))
        by_type = {each: [row for row in found if row.type == each] for each in Authenticator.Type}
        left = [len(row.wrap().get_unused_codes()) for row in by_type["recovery_codes"]]
        provider = settings.CPOR_OIDC
        linked = provider and SocialAccount.objects.filter(user=user).exists()
        context = super().get_context_data(**kwargs)
        if not context["is_missing"]:
            self.request.session.pop(AFTERWARDS, None)  # Told once.
        return context | {
            "app": next(iter(by_type["totp"]), None),
            "passkeys": [
                {"row": row, "name": row.wrap().name, "is_alone": row.wrap().is_passwordless}
                for row in by_type["webauthn"]
            ],
            "has_factor": bool(by_type["totp"] or by_type["webauthn"]),
            "codes_left": sum(left),
            "is_required": second_factor.is_required(user),
            "provider": provider,
            "is_linked": bool(linked),
            "has_password": user.has_usable_password(),  # type: ignore[union-attr] # Signed in.
        }


@method_decorator(never_cache, name="dispatch")
class NewAppView(_AccountPage, totp.ActivateTOTPView):
    template_name = "account/new_app.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        secret = context["form"].secret
        # The picture stands in the page itself, which takes no XML declaration.
        picture = context["totp_svg"].partition("?>")[2] or context["totp_svg"]
        parts = [secret[at : at + 4] for at in range(0, len(secret), 4)]
        return context | {"picture": picture, "secret": " ".join(parts)}

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            user = reader(self.request)
            app = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
            factor_changes.added(self.request, user, app)
        messages.success(self.request, _("Your authenticator app is set up."))
        return response


@method_decorator(never_cache, name="dispatch")
class RemoveAppView(_AccountPage, totp.DeactivateTOTPView):
    template_name = "account/remove_app.html"
    success_url = LIST

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            factor_changes.removed(self.request, reader(self.request), self.authenticator)
            response: HttpResponse = super().form_valid(form)
        messages.success(self.request, _("Your authenticator app counts no more."))
        return response


@method_decorator(never_cache, name="dispatch")
class NewPasskeyView(_AccountPage, webauthn.AddWebAuthnView):
    template_name = "account/new_passkey.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # The library passes nothing on, so that a form with errors has to be handed over.
        return super().get_context_data(**kwargs) | kwargs

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            user = reader(self.request)
            passkey = second_factor.factors_of(user)[-1]
            factor_changes.added(self.request, user, passkey)
        messages.success(self.request, _("Your passkey is set up."))
        return response


@method_decorator(never_cache, name="dispatch")
class RenamePasskeyView(_AccountPage, webauthn.EditWebAuthnView):
    template_name = "account/rename_passkey.html"
    success_url = LIST


@method_decorator(never_cache, name="dispatch")
class RemovePasskeyView(_AccountPage, webauthn.RemoveWebAuthnView):
    template_name = "account/remove_passkey.html"
    success_url = LIST

    def form_valid(self, form: Any) -> HttpResponse:
        adapter = get_adapter()
        if not adapter.can_delete_authenticator(self.object):
            error = adapter.validation_error("cannot_delete_authenticator")
            messages.error(self.request, str(error.message))
            return redirect(LIST)
        with transaction.atomic():
            factor_changes.removed(self.request, reader(self.request), self.object)
            response: HttpResponse = super().form_valid(form)
        messages.success(self.request, _("The passkey counts no more."))
        return response


@method_decorator(never_cache, name="dispatch")
class CodesView(_AccountPage, codes.ViewRecoveryCodesView):
    """Shows recovery codes once, right after they were made."""

    template_name = "account/recovery_codes.html"


@method_decorator(never_cache, name="dispatch")
class NewCodesView(_AccountPage, codes.GenerateRecoveryCodesView):
    template_name = "account/new_codes.html"

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            factor_changes.codes_made(reader(self.request))
        return response


class ShowFactorView(base.AuthenticateView):
    """The second step of signing in."""

    template_name = "account/show_factor.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.stage.login.user
        types = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
        context: dict[str, Any] = super().get_context_data(**kwargs)
        forms = [form for form in (self.auth_form, self.webauthn_form) if form and form.is_bound]
        return context | {
            "takes_codes": bool(types - {Authenticator.Type.WEBAUTHN}),
            "takes_passkeys": Authenticator.Type.WEBAUTHN in types,
            "has_app": Authenticator.Type.TOTP in types,
            "problem_forms": forms,
            "form": self.auth_form,
        }


@method_decorator(login_not_required, name="dispatch")
@method_decorator(never_cache, name="dispatch")
class PasskeySignInView(AlwaysOpen, webauthn.LoginWebAuthnView):
    """Signs in whoever has a passkey that needs no password beside it."""

    def form_invalid(self, form: Any) -> HttpResponse:
        messages.error(
            self.request,
            _(
                "This passkey isn't known here any more, or it took too long. Try again, or sign "
                "in with your password."
            ),
        )
        return redirect("sign_in")
