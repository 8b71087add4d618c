"""Who needs a second factor, and who has shown one in this session."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from cpor_site.common.models import User
from cpor_site.env_sign_in import REQUIRED

SHOWN_BY = "second_factor_shown_by"
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts; recovery codes only stand in for one of these."""


def is_required(user: Any) -> bool:
    """Whether the person may do nothing here without a second factor."""
    works_here = user.is_authenticated and (user.is_staff or user.is_superuser)
    return bool(works_here and settings.CPOR_STAFF_SECOND_FACTOR == REQUIRED)


def note_shown(request: HttpRequest, user: User) -> None:
    """Write into the session that this person has shown a second factor."""
    request.session[SHOWN_BY] = user.pk


def is_missing(request: HttpRequest) -> bool:
    """Whether the reader needs a second factor and hasn't shown one; asks no database."""
    return is_required(request.user) and request.session.get(SHOWN_BY) != request.user.pk


def factors_of(user: User) -> list[Authenticator]:
    """Return the person's apps and passkeys, the oldest first."""
    return list(Authenticator.objects.filter(user=user, type__in=FACTORS).order_by("pk"))


def may_remove(authenticator: Authenticator) -> bool:
    """Whether the factor may go: the last one of somebody who needs one may not."""
    if authenticator.type not in FACTORS or not is_required(authenticator.user):
        return True
    others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS)
    return others.exclude(pk=authenticator.pk).exists()


def name_of(authenticator: Authenticator) -> str:
    """Return in words what a factor is."""
    if authenticator.type == Authenticator.Type.WEBAUTHN:
        return _("Passkey “%(name)s”") % {"name": authenticator.wrap().name}
    if authenticator.type == Authenticator.Type.TOTP:
        return _("Authenticator app")
    return _("Recovery codes")
