"""What follows when somebody signs in, uses a second factor, or links a provider."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import user_logged_in as library_signed_in
from allauth.mfa import signals as factors
from allauth.mfa.models import Authenticator
from allauth.socialaccount.signals import social_account_added
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from cpor_site.common import clock, fresh
from cpor_site.common.account_news import address_changed, password_given
from cpor_site.common.models import User

from . import devices, factor_adapter, letters, second_factor
from .factor_changes import write_down
from .middleware import note_beginning


def note_sign_in(*, user: Any, **kwargs: Any) -> None:
    """Write down when somebody signed in last; that is no change of theirs, so no history."""
    user.last_login = clock.now()
    user.skip_history_when_saving = True
    try:
        user.save(update_fields=["last_login"])
    finally:
        del user.skip_history_when_saving


def date_session(*, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Let the list of sessions say the same."""
    UserSession.objects.filter(session_key=request.session.session_key).update(
        created_at=user.last_login, last_seen_at=user.last_login
    )


def note_session(*, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Write into the session when it began, and that the person has just shown who they are."""
    if request is not None:
        note_beginning(request)
        fresh.note(request)


def note_used(
    *, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    second_factor.note_shown(request, user)
    factor_adapter.seal_anew(authenticator)


def note_linked(*, sociallogin: Any, **kwargs: Any) -> None:
    user = User.objects.get(pk=sociallogin.user.pk)
    write_down(user, "provider_linked")
    letters.write_provider_linked(user, sociallogin.provider.name)


def note_password_given(*, request: HttpRequest, user: User, **kwargs: Any) -> None:
    devices.end_of_person(user, but=request.session.session_key)
    letters.write_password_given(user, str(request.user))


def note_address_changed(*, request: HttpRequest, user: User, former: str, **kwargs: Any) -> None:
    devices.end_of_person(user, but=request.session.session_key)
    letters.write_address_changed(user, former, str(request.user))


def connect() -> None:
    """Take the place of Django's own note, which is made by the machine's clock."""
    user_logged_in.disconnect(dispatch_uid="update_last_login")
    user_logged_in.connect(note_sign_in, dispatch_uid="cpor_site.account.note_sign_in")
    library_signed_in.connect(date_session, dispatch_uid="cpor_site.account.date_session")
    user_logged_in.connect(note_session, dispatch_uid="cpor_site.account.note_session")
    for signal, receiver in (
        (factors.authenticator_used, note_used),
        (social_account_added, note_linked),
        (password_given, note_password_given),
        (address_changed, note_address_changed),
    ):
        signal.connect(receiver, dispatch_uid=f"cpor_site.account.{receiver.__name__}")
