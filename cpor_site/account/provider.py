"""Signing in through an OpenID Connect provider, if one is set.

The provider only says who somebody is. Rights stay the desk's own: a link to an account is made by
the account's owner, or by a verified mail address if the setting allows; an account is made only
if the setting allows, and never one of staff. Second factors are asked for as after a password.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NoReturn

from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from cpor_site.common import fresh
from cpor_site.common.letters import usable_locale
from cpor_site.common.models import User

from .views import reader

logger = logging.getLogger(__name__)

ID = "provider"
NAMED = {"provider_id": ID}
"""What the library adds to an address when it asks for one of a provider."""
LONGEST_NAME = 150
ASKED_FOR = "link_asked_for"
"""Noted in the session when somebody has pressed the button, until they are led to the provider."""


class DeskProviderAdapter(DefaultSocialAccountAdapter):
    """Decides whose account somebody is whom the provider has let in; errors are sentences."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            self._link_own(request, sociallogin)
        if sociallogin.is_existing:
            return
        if user := _linked_by_mail(sociallogin) or _created(sociallogin):
            sociallogin.connect(request, user)
            return
        _back(
            request,
            _(
                "%(provider)s knows you, but no account here is linked to you. Sign in with your "
                "password and link it under “Your account”, or ask whoever invites people of your "
                "organisation."
            ),
        )

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> NoReturn:
        if error == AuthError.CANCELLED:
            _back(request, _("You stopped signing in at %(provider)s."))
        logger.warning("The provider's answer was refused: %s", type(exception).__name__)
        _back(
            request,
            _(
                "Signing in through %(provider)s didn't work: its answer came too late or wasn't "
                "right. Try again."
            ),
        )

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def _link_own(self, request: HttpRequest, sociallogin: SocialLogin) -> NoReturn:
        """Link the provider's person to the account of the person who asked for it."""
        if not request.user.is_authenticated or not fresh.is_fresh(request):
            _back(request, _("That took too long. Start linking to %(provider)s once more."))
        if not sociallogin.is_existing:
            sociallogin.connect(request, request.user)
        elif sociallogin.user != request.user:
            _back(request, _("%(provider)s is linked to another account here."))
        messages.success(request, _("%(provider)s signs you in from now on.") % _named())
        raise ImmediateHttpResponse(redirect("mfa_index"))


class DeskOpenID(OpenIDConnectOAuth2Adapter):
    """Believes a provider only what it has signed, and keeps no more of it than is needed."""

    def complete_login(
        self, request: HttpRequest, app: Any, token: Any, **kwargs: Any
    ) -> SocialLogin:
        signed = self._signed(app, kwargs["response"].get("id_token"))
        told = self._fetch_user_info(token.token)
        if not told.get("sub") or told["sub"] != signed.get("sub"):
            raise OAuth2Error("The user information is about somebody else.")
        data = {"id_token": signed, "userinfo": told}
        login = self.get_provider().sociallogin_from_response(request, data)
        email, is_verified = _address_in(signed | told)
        login.account.extra_data = {"email": email, "name": str(told.get("name") or "")}
        login.email_addresses = [EmailAddress(email=email, verified=True)] if is_verified else []
        return login

    def _signed(self, app: Any, id_token: str | None) -> dict[str, Any]:
        try:
            found: dict[str, Any] = jwtkit.verify_and_decode(
                credential=id_token or "",
                keys_url=self.openid_config["jwks_uri"],
                issuer=self.openid_config["issuer"],
                audience=app.client_id,
                lookup_kid=jwtkit.lookup_kid_jwk,
            )
        except OAuth2Error:
            raise
        except Exception as error:  # PyJWT's own, and whatever a malformed token leads to.
            raise OAuth2Error("The identity token can't be checked.") from error
        return found


def start_url(request: HttpRequest, **query: str) -> str:
    """Return the address at which signing in through the provider begins."""
    return f"{reverse('openid_connect_login')}?{urlencode(query)}"


@never_cache
@require_safe
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider; ``process=connect`` links it to the account of who is signed in."""
    if limited := ratelimit.consume_or_429(request, action="login"):
        return limited
    if request.GET.get("process") == AuthProcess.CONNECT:
        # Only from the button: a link from elsewhere could link somebody else's person to it.
        was_asked_for = request.session.pop(ASKED_FOR, False)
        if not (was_asked_for and fresh.is_fresh(request)):
            return redirect("mfa_index")
    return _guarded(request, OAuth2LoginView.adapter_view)


@never_cache
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take the provider's answer."""
    return _guarded(request, OAuth2CallbackView.adapter_view)


@never_cache
@login_required
@require_POST
@fresh.confirmed
def link(request: HttpRequest) -> HttpResponse:
    """Begin to link the provider to one's own account."""
    request.session[ASKED_FOR] = True
    return redirect(start_url(request, process="connect"))


@never_cache
@login_required
@require_POST
@fresh.confirmed
def unlink(request: HttpRequest) -> HttpResponse:
    """Let the provider sign the person in no more, unless nothing else could."""
    user = reader(request)
    if not user.has_usable_password():
        messages.error(
            request,
            _("Choose a password first: without it nothing could sign you in any more."),
        )
    else:
        SocialAccount.objects.filter(user=user).delete()
        messages.success(request, _("%(provider)s signs you in no more.") % _named())
    return redirect("mfa_index")


def _guarded(request: HttpRequest, view: Callable[..., Any]) -> HttpResponse:
    """Answer with a sentence if the provider can't be reached or makes no sense."""
    if settings.CPOR_OIDC is None:
        raise Http404
    try:
        response: HttpResponse = view(DeskOpenID(request, ID))(request)
    except (RequestException, LookupError, ValueError, TypeError) as error:
        logger.warning("The provider can't be used: %s", type(error).__name__)
        try:
            _back(
                request,
                _("%(provider)s can't be reached at the moment. Try again, or sign in otherwise."),
            )
        except ImmediateHttpResponse as answer:
            return answer.response
    return response


def _back(request: HttpRequest, sentence: str) -> NoReturn:
    """Lead to where signing in can go on, and say there what happened."""
    messages.error(request, sentence % _named())
    raise ImmediateHttpResponse(
        redirect("mfa_index" if request.user.is_authenticated else "sign_in")
    )


def _named() -> dict[str, str]:
    return {"provider": settings.CPOR_OIDC.name if settings.CPOR_OIDC else ""}


def _address_in(claims: dict[str, Any]) -> tuple[str, bool]:
    """Return the mail address and whether the provider has verified it; empty if it is none."""
    email = str(claims.get("email") or "").strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        return "", False
    return email, claims.get("email_verified") in (True, "true")


def _verified(sociallogin: SocialLogin) -> str:
    return next((each.email for each in sociallogin.email_addresses if each.verified), "")


def _linked_by_mail(sociallogin: SocialLogin) -> User | None:
    """Return the account of the verified address, if accounts may be linked by it."""
    email, provider = _verified(sociallogin), settings.CPOR_OIDC
    if not email or provider is None or not provider.links_by_mail:
        return None
    # Whoever is linked already is somebody else to the provider: addresses are given out anew.
    return User.objects.filter(email=email, socialaccount=None).first()


def _created(sociallogin: SocialLogin) -> User | None:
    """Return a new account without any right, if people may come that way."""
    email, provider = _verified(sociallogin), settings.CPOR_OIDC
    if not email or provider is None or not provider.creates_people:
        return None
    name = sociallogin.account.extra_data["name"][:LONGEST_NAME]
    try:
        with transaction.atomic():
            return User.objects.create_user(
                email, full_name=name, locale=usable_locale(get_language() or "")
            )
    except IntegrityError:
        return None
