"""What follows when second factors come and go: history, letters, the end of other sessions.

Called in the transaction of the change itself, so that none of it is missing afterwards.
"""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils.translation import override

from cpor_site.common.models import User

from . import devices, letters, second_factor


def added(request: HttpRequest, user: User, authenticator: Authenticator) -> None:
    """Take a factor that was just tried out for shown; all other sessions end."""
    second_factor.note_shown(request, user)
    devices.end_others(request, user)
    write_down(user, "second_factor_added")
    letters.write_factor_added(user, _named(user, authenticator))


def removed(request: HttpRequest, user: User, authenticator: Authenticator) -> None:
    """End all other sessions and tell the person."""
    devices.end_others(request, user)
    write_down(user, "second_factor_removed")
    letters.write_factor_removed(user, _named(user, authenticator))


def codes_made(user: User) -> None:
    """Tell the person that their former recovery codes are worth nothing."""
    write_down(user, "recovery_codes_made")
    letters.write_codes_made(user)


def write_down(user: User, reason: str) -> None:
    """Leave an entry in the person's history, which says when, by whom and why."""
    entry = User.objects.get(pk=user.pk)
    entry._change_reason = reason  # type: ignore[attr-defined]
    entry.save(update_fields=["is_active"])


def _named(user: User, authenticator: Authenticator) -> str:
    with override(user.locale):
        return second_factor.name_of(authenticator)
