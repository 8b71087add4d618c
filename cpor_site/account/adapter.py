"""How the library that signs people in fits into the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _

from cpor_site.common import client, fresh, limits
from cpor_site.common.backends import DeskBackend
from cpor_site.common.models import User

from .language import remember_language

# Somebody behind a proxy that doesn't say from where; all such share one count.
UNKNOWN_ADDRESS = "::"

MOST_FROM_ANYWHERE = 60
"""Wrong passwords for one account, from all addresses together, before nobody may sign in to it."""
MOST_FROM_ONE_ADDRESS = 50
"""Wrong passwords from one address, for all accounts together, before it may sign in to none."""
WITHIN = timedelta(minutes=15)
_NAME = "sign_in_failed"
_FROM = "sign_in_failed_from"


class DeskAdapter(DefaultAccountAdapter):
    """Nobody signs up by themselves; sentences are the desk's own; letters go into the outbox."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _(
            "The e-mail address and the password don't fit together. Check both and try again."
        ),
        "too_many_login_attempts": _(
            "There were too many tries with a wrong password. Wait 15 minutes and try again, or "
            "choose a new password."
        ),
        "enter_current_password": _("This isn't your present password."),
        "rate_limited": _(
            "That was tried too often. Wait 15 minutes and try again; letters that were asked for "
            "are on their way."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client.address_of(request) or UNKNOWN_ADDRESS

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: the desk's own views say what happened."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send nothing: the desk writes its own letters when factors come and go."""

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask again where the desk's own pages would: a while after the last sign-in."""
        return not fresh.is_fresh(self.request)

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """Let nobody in by a passkey or a provider whom their password wouldn't let in."""
        if DeskBackend().user_can_authenticate(user):
            return super().pre_login(request, user, **kwargs)
        return self.respond_user_inactive(request, user)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Go on in the person's own language."""
        response = super().post_login(request, user, **kwargs)
        remember_language(response, user.locale)
        return response

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        messages.error(request, translated("You can't sign in with this account any more."))
        return redirect("sign_in")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> NoReturn:
        raise RuntimeError("Letters go through the outbox.")

    def set_password(self, user: User, password: str) -> None:
        """Store the password, which ends all sessions that were begun with the former one."""
        user.set_password(password)
        user._change_reason = "password_chosen"  # type: ignore[attr-defined]
        user.save(update_fields=["password"])

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Count a try for the account from this address, then for each of the two by itself.

        The first lock keeps out whoever guesses, and nobody who signs in from elsewhere; what it
        refuses isn't counted for the others, so that one address alone can't lock the account. The
        others are the desk's own counts: the library forgets all of its own about an address when
        anybody there has shown a second factor or chosen a password.
        """
        user = super().authenticate(request, **credentials)
        if user is not None:
            self._give_back()
        return user

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        super().pre_authenticate(request, **credentials)
        self._taken: list[limits.Taken] = []
        for name, key, most in (
            (_FROM, client.network(self.get_client_ip(request)), MOST_FROM_ONE_ADDRESS),
            (_NAME, _account(credentials), MOST_FROM_ANYWHERE),
        ):
            taken = limits.take(name, key, most=most, within=WITHIN)
            if not taken.count:
                self._give_back()
                raise self.validation_error("too_many_login_attempts")
            self._taken.append(taken)

    def _give_back(self) -> None:
        for each in self._taken:
            each.give_back(1)

    def unlock(self, request: HttpRequest, user: User) -> None:
        """Forget failed tries: whoever reads the account's mail has just chosen a password."""
        self._delete_login_attempts_cached_email(request, email=user.email)
        limits.forget(_NAME, _account({"email": user.email}), within=WITHIN)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count by account and network; by default the host's name, which the client sends."""
        return f"{_account(credentials)} {client.network(self.get_client_ip(request))}"


def _account(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email", "")).lower()
