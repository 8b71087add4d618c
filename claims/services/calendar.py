"""The secret address of a person's calendar: making it, switching it off, reading by it."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from cpor_site.common import clock
from cpor_site.common.models import User

from ..models import CalendarFeed

TOKEN_BYTES = 32
NOTED_EVERY = timedelta(hours=1)
"""How often a reading is noted at most."""


def make_feed(user: User) -> str:
    """Make a new address and return its token, which is stored nowhere.

    Effects, in order: the present address is revoked, the new one's hash is stored.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        # Locked, so that two clicks make two addresses one after the other.
        User.objects.select_for_update().get(pk=user.pk)
        revoke_feed(user)
        CalendarFeed.objects.create(user=user, token_hash=_hash(token), created_at=clock.now())
    return token


def revoke_feed(user: User) -> bool:
    """Switch the address off; False if there was none."""
    now = clock.now()
    return bool(CalendarFeed.objects.filter(user=user, revoked_at=None).update(revoked_at=now))


def feed_of(user: User) -> CalendarFeed | None:
    """Return the person's address as far as it is known: when it was made and last read."""
    return CalendarFeed.objects.filter(user=user, revoked_at=None).first()


def feed_with(token: str) -> CalendarFeed | None:
    """Return the address in force that has this token, with its person; one query, always.

    None for a token that is unknown, revoked or malformed, and for a person who was switched off.
    """
    return (
        CalendarFeed.objects.filter(token_hash=_hash(token), revoked_at=None, user__is_active=True)
        .select_related("user")
        .first()
    )


def note_reading(feed: CalendarFeed, now: datetime) -> None:
    """Note that the calendar was read; at most once an hour."""
    if feed.last_read_at is None or feed.last_read_at <= now - NOTED_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(last_read_at=now)


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
