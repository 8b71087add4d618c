"""When somebody signs in, by the product's clock."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import user_logged_in as library_signed_in
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from cpor_site.common import clock
from cpor_site.common.models import User


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


def connect() -> None:
    """Take the place of Django's own note, which is made by the machine's clock."""
    user_logged_in.disconnect(dispatch_uid="update_last_login")
    user_logged_in.connect(note_sign_in, dispatch_uid="cpor_site.account.note_sign_in")
    library_signed_in.connect(date_session, dispatch_uid="cpor_site.account.date_session")
