"""Where a person is signed in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from cpor_site.common.models import User

# The first that fits names the program: most of them claim to be several.
BROWSERS = (
    (r"Edg(e|A|iOS)?/", "Edge"),
    (r"OPR/", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrome/|CriOS/|Chromium/", "Chrome"),
    (r"Safari/", "Safari"),
)
SYSTEMS = (
    (r"Windows", "Windows"),
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"Mac OS X|Macintosh", "macOS"),
    (r"CrOS", "ChromeOS"),
    (r"Linux|X11", "Linux"),
)


@dataclass(frozen=True)
class Device:
    """One session as its owner may recognise it."""

    pk: int
    name: str
    address: str
    signed_in_at: datetime
    last_seen_at: datetime
    is_this: bool


def devices_of(request: HttpRequest, user: User) -> list[Device]:
    """Return the person's running sessions, the present one first, then by last use."""
    own = request.session.session_key
    sessions = list(running(user))
    if own not in {each.session_key for each in sessions}:
        UserSession.objects.create_from_request(request)
        sessions = list(running(user))
    found = [
        Device(
            pk=each.pk,
            name=name_of(each.user_agent),
            address=each.ip,
            signed_in_at=each.created_at,
            last_seen_at=each.last_seen_at,
            is_this=each.session_key == own,
        )
        for each in sessions
    ]
    return sorted(found, key=lambda each: (not each.is_this, -each.last_seen_at.timestamp()))


def end_one(request: HttpRequest, user: User, session_id: int) -> bool:
    """End one session of the person's; False if there is none such."""
    session = running(user).filter(pk=session_id).first()
    if session is None:
        return False
    end_sessions(request, [session])
    return True


def end_others(request: HttpRequest, user: User) -> int:
    """End the person's other sessions; return how many there were."""
    others = list(running(user).exclude(session_key=request.session.session_key))
    end_sessions(request, others)
    return len(others)


def end_all(request: HttpRequest, user: User) -> None:
    """End every session of the person's, whoever asks."""
    end_sessions(request, list(UserSession.objects.filter(user=user)))


def end_of_person(user: User, *, but: str | None = None) -> None:
    """End every session of somebody else's, whom this may concern before they are told.

    ``but`` is the key of the session in which it happens, which may be the person's own.
    """
    sessions = UserSession.objects.filter(user=user).exclude(session_key=but or "")
    Session.objects.filter(session_key__in=sessions.values("session_key")).delete()
    sessions.delete()


def running(user: User):  # type: ignore[no-untyped-def] # The library says nothing of its types.
    """Return the person's sessions that haven't run out."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return UserSession.objects.filter(user=user, session_key__in=alive)


def name_of(user_agent: str) -> str:
    """Return browser and system in words, as far as the browser's own description tells."""
    browser = next((name for sign, name in BROWSERS if re.search(sign, user_agent)), "")
    system = next((name for sign, name in SYSTEMS if re.search(sign, user_agent)), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown device")
