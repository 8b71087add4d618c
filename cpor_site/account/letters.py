"""Letters about passwords, second factors and whoever else may sign a person in."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from cpor_site.common import clock, outbox
from cpor_site.common.backends import DeskBackend
from cpor_site.common.letters import render_letter, usable_locale
from cpor_site.common.models import User
from cpor_site.common.password_links import RESET

ABOUT = "password"
HOURS = int(RESET.lifetime.total_seconds() // 3600)


def write_forgotten(email: str) -> None:
    """Answer somebody who asked for a new password: with a link, or that there is no account.

    Every address gets a letter, so neither the page nor the time it takes tells who has an account.
    """
    user = User.objects.filter(email=email).first()
    if user is not None and DeskBackend().user_can_authenticate(user):
        _write("password_forgotten", user.email, user.locale, about=f"{ABOUT}:{user.pk}")
    else:
        _write("password_unknown", email, translation.get_language() or "")


def write_changed(user: User) -> None:
    """Tell a person that their password is another one, in case it wasn't them."""
    _write("password_changed", user.email, user.locale)


def write_password_given(user: User, by: str) -> None:
    """Tell a person who has given their account another password, or taken the former one."""
    _write("password_given", user.email, user.locale, by=by)


def write_address_changed(user: User, former: str, by: str) -> None:
    """Tell a person at both addresses who has given their account the other one."""
    for recipient in dict.fromkeys((former, user.email)):
        _write("address_changed", recipient, user.locale, by=by, former=former, present=user.email)


def write_factor_added(user: User, factor: str) -> None:
    """Tell a person that they can be signed in by one more thing, in case it wasn't them."""
    _write("second_factor_added", user.email, user.locale, factor=factor)


def write_factor_removed(user: User, factor: str) -> None:
    """Tell a person that one of their second factors counts no more."""
    _write("second_factor_removed", user.email, user.locale, factor=factor)


def write_factors_reset(user: User, by: str) -> None:
    """Tell a person who has taken all their second factors away."""
    _write("second_factor_reset", user.email, user.locale, by=by)


def write_codes_made(user: User) -> None:
    """Tell a person that their former recovery codes don't work any more."""
    _write("recovery_codes_made", user.email, user.locale)


def write_provider_linked(user: User, provider: str) -> None:
    """Tell a person that a provider signs them in from now on."""
    _write("provider_linked", user.email, user.locale, provider=provider)


def link_for(user_id: int) -> str:
    """Return a person's link; asked for by the outbox in the moment of sending."""
    return RESET.link(User.objects.get(pk=user_id))


def _write(kind: str, email: str, locale: str, *, about: str = "", **words: str) -> None:
    language = usable_locale(locale)
    letter = render_letter(
        f"account/letters/{kind}",
        language,
        {
            "email": email,
            "hours": HOURS,
            "link": outbox.MARKER,
            "sign_in": settings.CPOR_PUBLIC_URL + reverse("sign_in"),
            "forgotten": settings.CPOR_PUBLIC_URL + reverse("account_reset_password"),
            "operator_email": settings.CPOR_OPERATOR_EMAIL,
            **words,
        },
    )
    with transaction.atomic():
        outbox.enqueue(
            key=f"{kind}:{uuid4()}",
            kind=kind,
            recipient=email,
            locale=language,
            subject=letter.subject,
            text_body=letter.text,
            html_body=letter.html,
            about=about,
            now=clock.now(),
        )
