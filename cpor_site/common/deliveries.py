"""What becomes of letters after the mail server or provider has them, and of those it refuses.

Delivery and bounce are facts of a letter that are written once each, whatever order and number of
times the news arrives in: a doubled event changes nothing, and a bounce stands whether the delivery
was reported before or after it.
"""

from __future__ import annotations

import re
import smtplib
from datetime import datetime
from enum import Enum

from django.core.mail import BadHeaderError
from django.db import transaction
from django.db.models import Q
from django.dispatch import Signal

from .models import OutboxMessage

letter_delivered = Signal()
"""Arguments: ``message`` (OutboxMessage, saved with ``delivered_at``), ``at`` (aware datetime)."""

letter_lost = Signal()
"""Arguments: ``message`` (OutboxMessage), ``at`` (aware datetime), ``reason`` (the server's words).

The recipient doesn't get the letter: it came back, or the server refused the recipient for good.
Both signals are sent with ``send`` in the transaction that writes the fact down. A receiver that
fails undoes it; the provider then tells the news again, and an own refusal is met by the next try.
"""

LOST = Q(state=OutboxMessage.State.FAILED) | Q(bounced_at__isnull=False)
"""The letters that nobody got: given up here, or come back."""

OWN_FAULTS = frozenset({530, 534, 535, 538})
"""Replies that ask us to sign in; they say nothing about a recipient."""

POLICY = re.compile(r"\s*[45]\.7\.[0-9]+\b")
"""The enhanced code of a refusal by policy (RFC 3463): of the sender, not of the mailbox."""

MAILBOX = re.compile(r"\s*[45]\.[12]\.[0-9]+\b")
"""The enhanced code of a refusal that is about the address or its mailbox, at whatever step."""


class Unreachable(Exception):
    """No connection to the mail server or provider, so no letter is to blame."""


class Verdict(Enum):
    """What a failed try means for its letter."""

    AWAY = "nobody could be asked; the try doesn't count"
    LATER = "worth another try"
    FINAL = "no further try would help"
    REFUSED = "the recipient is refused for good"


def verdict_on(error: Exception) -> Verdict:
    """Return what the failure of one try means."""
    if isinstance(error, Unreachable):
        return Verdict.AWAY
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        if not all(code >= 500 for code, _text in error.recipients.values()):
            return Verdict.LATER
        return Verdict.REFUSED if is_about_recipient(error) else Verdict.FINAL
    if isinstance(error, smtplib.SMTPDataError):
        if error.smtp_code < 500:
            return Verdict.LATER
        return Verdict.REFUSED if is_about_recipient(error) else Verdict.FINAL
    if isinstance(error, BadHeaderError):
        return Verdict.FINAL
    return Verdict.LATER


def has_fallen_silent(error: Exception) -> bool:
    """Whether the mail server kept its answer back until the patience with it was over."""
    # Libraries tell of a silence as of something else, which they raise in the silence's place.
    told: BaseException | None = error
    while told is not None and not isinstance(told, TimeoutError):
        told = told.__context__
    return told is not None


def is_about_recipient(error: Exception) -> bool:
    """Whether it was the recipient's mailbox that the server didn't take, for good or for now."""
    if isinstance(error, smtplib.SMTPDataError):
        return MAILBOX.match(_words(error.smtp_error)) is not None
    return isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        code not in OWN_FAULTS and POLICY.match(_words(text)) is None
        for code, text in error.recipients.values()
    )


def reason_of(error: Exception) -> str:
    """Return the server's own words, without the address that they are about."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        replies = error.recipients.values()
        return "; ".join(dict.fromkeys(f"{code} {_words(text)}" for code, text in replies))
    if isinstance(error, smtplib.SMTPDataError):
        return f"{error.smtp_code} {_words(error.smtp_error)}"
    return str(error)


def note_delivered(letter_id: int, *, at: datetime) -> bool:
    """Write down that a letter has arrived; False if that was known or there is no such letter."""
    with transaction.atomic():
        message = _locked(letter_id)
        if message is None or message.delivered_at is not None:
            return False
        message.delivered_at = at
        message.save(update_fields=["delivered_at"])
        letter_delivered.send(sender=OutboxMessage, message=message, at=at)
    return True


def note_bounced(letter_id: int, *, at: datetime, reason: str) -> bool:
    """Write down that a letter came back; False if that was known or there is no such letter.

    A letter that waits for another try isn't tried again.
    """
    with transaction.atomic():
        message = _locked(letter_id)
        if message is None or message.bounced_at is not None:
            return False
        mark_bounced(message, at=at, reason=reason)
        if message.state == OutboxMessage.State.QUEUED:
            message.state = OutboxMessage.State.FAILED
            message.claimed_until = None
        message.save()
        letter_lost.send(sender=OutboxMessage, message=message, at=at, reason=reason)
    return True


def mark_bounced(message: OutboxMessage, *, at: datetime, reason: str) -> None:
    """Set the columns of a bounce; the caller holds the row and saves it."""
    message.bounced_at = at
    message.bounce_reason = shortened(reason)


def came_back(claim_number: str, email: str) -> bool:
    """Whether a letter about the claim to that address was lost."""
    letters = OutboxMessage.objects.filter(LOST, claim_number=claim_number)
    return letters.filter(recipient__iexact=email.strip()).exists()


def shortened(reason: str) -> str:
    """Return a server's words on one line that fits the column."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", reason).strip()[:500]


def _words(text: bytes | str) -> str:
    return text.decode("utf-8", errors="replace") if isinstance(text, bytes) else text


def _locked(letter_id: int) -> OutboxMessage | None:
    return OutboxMessage.objects.select_for_update().filter(pk=letter_id).first()
