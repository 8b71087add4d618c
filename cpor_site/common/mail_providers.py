"""Mail providers by django-anymail: what a letter carries to them, and what they tell of it later.

Imported only where a provider is set (``CPOR_MAIL_PROVIDER``), because the library behind it takes
longer to load than the rest of the outbox.
"""

from __future__ import annotations

import logging
from typing import Any

import requests
from anymail.exceptions import AnymailAPIError, AnymailInvalidAddress, AnymailRecipientsRefused
from anymail.signals import AnymailTrackingEvent, EventType, tracking
from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import URLPattern

from . import clock
from .deliveries import Verdict, note_bounced, note_delivered
from .models import OutboxMessage

logger = logging.getLogger(__name__)

OUR_ID = "letter"
"""The name under which our own Message-ID travels with a letter and comes back with its news."""

LONGEST_ID = 200
NOT_OUR_LETTERS = frozenset({401, 403, 407, 429})
"""Answers that say something about our account, and nothing about the letter."""

ARRIVED = frozenset({EventType.DELIVERED, EventType.COMPLAINED, EventType.OPENED})
LOST = frozenset({EventType.BOUNCED, EventType.REJECTED, EventType.FAILED})


def connect() -> None:
    """Listen to what the provider tells."""
    tracking.connect(take_news, dispatch_uid="common.take_news")


def dress(letter: EmailMessage, message: OutboxMessage) -> None:
    """Let the letter carry what its provider has to tell us back.

    The date is the provider's own, and Postmark keeps a Message-ID only if asked to.
    """
    letter.metadata = {OUR_ID: message.message_id}  # type: ignore[attr-defined]
    letter.extra_headers.pop("Date", None)
    if settings.CPOR_MAIL_PROVIDER == "postmark":
        letter.extra_headers["X-PM-KeepID"] = "true"


def id_of(letter: EmailMessage) -> str:
    """Return what the provider calls the letter that it has just taken; empty if it doesn't say."""
    status: Any = getattr(letter, "anymail_status", None)
    found = getattr(status, "message_id", None)
    return found[:LONGEST_ID] if isinstance(found, str) else ""


def verdict_on(error: Exception) -> Verdict | None:
    """Return what a provider's refusal means for the letter; None if it isn't a provider's."""
    if isinstance(error, AnymailRecipientsRefused | AnymailInvalidAddress):
        return Verdict.REFUSED
    if isinstance(error, AnymailAPIError):
        is_away = error.status_code in NOT_OUR_LETTERS or isinstance(
            error, requests.ConnectTimeout | requests.ConnectionError
        )
        return Verdict.AWAY if is_away else Verdict.LATER
    return None


def take_news(*, event: AnymailTrackingEvent, esp_name: str, **kwargs: Any) -> None:
    """Write down what a provider tells of a letter; news of a letter that isn't ours are logged."""
    letter_id = _letter_of(event)
    if letter_id is None:
        logger.warning(
            "%s tells “%s” of a letter that is not known here: %s",
            esp_name,
            event.event_type,
            str(event.message_id or "")[:LONGEST_ID].partition("@")[0].lstrip("<") or "no ID",
        )
        return
    now = clock.now()
    at = min(event.timestamp, now) if event.timestamp is not None else now
    if event.event_type in ARRIVED:
        note_delivered(letter_id, at=at)
    elif event.event_type in LOST:
        words = (event.event_type, event.reject_reason, event.description, event.mta_response)
        told = list(dict.fromkeys(str(each) for each in words if each))
        note_bounced(letter_id, at=at, reason=": ".join(told))
    else:
        logger.info("%s tells “%s” of letter %s.", esp_name, event.event_type, letter_id)


def news_urls(provider: str) -> list[URLPattern]:
    """Return the address at which the provider tells what became of letters; empty if it can't."""
    from anymail.urls import urlpatterns

    name = f"{provider}_tracking_webhook"
    return [each for each in urlpatterns if isinstance(each, URLPattern) and each.name == name]


def _letter_of(event: AnymailTrackingEvent) -> int | None:
    """Find the letter by our own Message-ID, else by the name that the provider gave it."""
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    ids = OutboxMessage.objects.values_list("pk", flat=True).order_by("-pk")
    for value in (metadata.get(OUR_ID), event.message_id):
        given = str(value or "")[:LONGEST_ID].replace("\0", "")
        if not given:
            continue
        found = ids.filter(message_id=given).first() or ids.filter(provider_id=given).first()
        if found is not None:
            return found
    return None
