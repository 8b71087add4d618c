"""Letters: written in the transaction of the act that causes them, sent by a sweep.

    with transaction.atomic():
        ...                                     # the act
        outbox.enqueue(key=f"{event.pk}:claim_rejected:{email}", ...)

A letter leaves at least once. It leaves twice only if the sender dies, or the news of its leaving
can't be written down, between the mail server's "accepted" and our commit; both copies then carry
the same Message-ID. Everything else (doubled ticks, several workers, a repeated act) sends once.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache
from hashlib import sha256
from itertools import islice
from typing import Any, TypedDict
from urllib.parse import urlsplit

from django.conf import settings
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q, QuerySet
from django.dispatch import Signal
from django.utils.html import escape
from django.utils.translation import gettext as _

from . import clock, deliveries
from .deliveries import Unreachable, Verdict, letter_lost, mark_bounced
from .jobs import Outcome, keyset, run_sweep
from .many_rows import insert_many
from .models import JobRun, OutboxMessage

logger = logging.getLogger(__name__)

letter_left = Signal()
"""Arguments: ``message`` (OutboxMessage, saved as sent), ``at`` (aware datetime).

Sent with ``send`` in the transaction that marks the letter as sent. A receiver that fails undoes
the mark, and the letter is sent again later: fail only where the news must not be lost.
"""

MARKER = "[[link]]"
"""Stands in a stored body where a secret belongs that must never lie in the database."""

LEASE = timedelta(minutes=10)
"""How long a sender holds a letter. Far above what one SMTP session can take
(``EMAIL_TIMEOUT`` for each of its few answers), because a lost lease means a second copy."""

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 240, 240, 240, 240))
"""Pause after the first, second, ... failure; the failure after the last pause is final."""

HINT_OPTIONS = {"max_retries": 0, "socket_connect_timeout": 2, "socket_timeout": 2}

Filler = Callable[[int], str | list[str]]
_fillers: dict[str, Filler] = {}


def register_filler(prefix: str, function: Filler) -> None:
    """Let ``function`` give the text for ``MARKER`` in letters about ``<prefix>:<id>``.

    It is called with the id when the letter is sent; what it returns is never stored. A list
    fills the markers in their order, one each. If the function raises, or the list is of another
    length, that try of the letter has failed. Register in ``AppConfig.ready``.
    """
    if _fillers.setdefault(prefix, function) is not function:
        raise ValueError(f"Letters about {prefix} have a filler already.")


class Entry(TypedDict):
    """The arguments of ``enqueue``, for one letter of many."""

    key: str
    kind: str
    recipient: str
    locale: str
    subject: str
    text_body: str
    html_body: str
    claim_number: str
    now: datetime


def enqueue(
    *,
    key: str,
    kind: str,
    recipient: str,
    locale: str,
    subject: str,
    text_body: str,
    html_body: str = "",
    claim_number: str = "",
    about: str = "",
    now: datetime,
) -> OutboxMessage | None:
    """Write a letter in the current transaction; return None if ``key`` has one already.

    ``key`` names act, kind and recipient; it may be of any length. ``about`` (``<prefix>:<id>``)
    says who fills ``MARKER`` and lets receivers of ``letter_left`` find their row. After the commit
    a sender is woken up; if that fails, the next regular run sends the letter.

    Raises ``RuntimeError`` outside a transaction, ``ValueError`` without a recipient.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A letter is written in the transaction of its act.")
    if not recipient:
        raise ValueError("A letter needs a recipient.")
    columns = _columns(
        key=key,
        kind=kind,
        recipient=recipient,
        locale=locale,
        subject=subject,
        text_body=text_body,
        html_body=html_body,
        claim_number=claim_number,
        about=about,
        now=now,
    )
    message, is_new = OutboxMessage.objects.get_or_create(key=columns.pop("key"), defaults=columns)
    if not is_new:
        return None
    transaction.on_commit(_wake_a_sender, robust=True)
    return message


def enqueue_many(entries: Iterable[Entry]) -> None:
    """Write many letters as ``enqueue`` would one by one, by one statement and with one hint.

    For acts that happen just now: raises ``IntegrityError`` if a key has a letter already.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A letter is written in the transaction of its act.")
    letters = [_columns(**entry) for entry in entries]
    if not all(letter["recipient"] for letter in letters):
        raise ValueError("A letter needs a recipient.")
    if letters:
        insert_many(OutboxMessage, list(letters[0]), [list(each.values()) for each in letters])
        transaction.on_commit(_wake_a_sender, robust=True)


def _columns(
    *,
    key: str,
    kind: str,
    recipient: str,
    locale: str,
    subject: str,
    text_body: str,
    html_body: str = "",
    claim_number: str = "",
    about: str = "",
    now: datetime,
) -> dict[str, Any]:
    return {
        "key": _fitting(key),
        "kind": kind,
        "recipient": recipient,
        "locale": locale,
        "subject": _one_line(subject),
        "text_body": text_body,
        "html_body": html_body,
        "claim_number": claim_number,
        "about": about,
        "message_id": _new_message_id(),
        "created_at": now,
        "next_try_at": now,
    }


def retry(message: OutboxMessage) -> bool:
    """Queue a failed letter anew, with all its tries; False if it isn't failed (any more).

    Nor is one that came back tried again: a mailbox that doesn't exist takes no second copy either,
    and who writes there again and again is taken for a sender of unwanted mail.
    """
    with transaction.atomic():
        now = clock.now()
        changed = OutboxMessage.objects.filter(
            pk=message.pk, state=OutboxMessage.State.FAILED, bounced_at=None
        ).update(
            state=OutboxMessage.State.QUEUED,
            tries=0,
            next_try_at=now,
            claimed_until=None,
        )
        if changed:
            transaction.on_commit(_wake_a_sender, robust=True)
    return bool(changed)


@dataclass(frozen=True)
class Bodies:
    """A letter's two forms; ``html`` is empty if it has none."""

    text: str
    html: str


def preview(message: OutboxMessage) -> Bodies:
    """Return the letter as staff may read it: with a note in place of a personal link."""
    if not message.about:
        return Bodies(message.text_body, message.html_body)
    return _filled(message, lambda: _("(the recipient's personal link)"))


def send_due(*, now: datetime | None = None, limit: int = 500, dry_run: bool = False) -> JobRun:
    """Send the letters that are due, at most ``limit``, and return what became of them.

    For each: claim the row (so that another sender leaves it alone), hand it to the mail server
    outside any transaction, mark it as sent and send ``letter_left`` in one transaction. A failure
    is noted on the row, which gets another try after a pause; after the last try, or when the
    server refuses recipient or content for good, the letter is failed and waits for ``retry``. A
    recipient who is refused for good counts as a bounce, and ``letter_lost`` is sent.
    While the server can't be reached no letter loses a try: the run ends and the next one begins
    where this one stopped. The letter over which it falls silent loses a try, and the run ends as
    well: each further letter would keep the worker from its sweeps. A dry run counts what is due
    and touches nothing.

    ``now`` replaces the clock for the whole run.
    """
    sender = _Sender(now)
    due = _due(sender.now())
    try:
        return run_sweep(
            "send_outbox",
            islice(sender.keys(due), limit),
            sender.send,
            dry_run=dry_run,
            now=now,
            atomic=False,
        )
    finally:
        sender.hang_up()


class _Sender:
    """Sends letters one by one over one connection, which is replaced after a failure."""

    def __init__(self, fixed_now: datetime | None) -> None:
        self._fixed_now = fixed_now
        self._connection: Any = None
        self._server_is_away = False

    def now(self) -> datetime:
        return self._fixed_now or clock.now()

    def keys(self, due: QuerySet[OutboxMessage]) -> Iterator[int]:
        for key in keyset(due):
            if self._server_is_away:
                return
            yield key

    def send(self, key: int) -> Outcome:
        """Send one letter; raise what went wrong after noting it on the row."""
        message = _claim(key, self.now())
        if message is None:
            return Outcome.SKIPPED
        try:
            self._hand_over(message)
        except Exception as error:
            self.hang_up()
            self._server_is_away = _verdict_on(
                error
            ) is Verdict.AWAY or deliveries.has_fallen_silent(error)
            _note_failure(message, error, self.now())
            raise
        try:
            _mark_sent(message, self.now())
        except Exception as error:
            _note_failure(message, error, self.now())
            raise
        return Outcome.ACTED

    def hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception:
                logger.warning("The mail server didn't take leave.", exc_info=True)

    def _hand_over(self, message: OutboxMessage) -> None:
        bodies = _filled(message, lambda: _secret_of(message))
        if self._connection is None:
            connection = mail.get_connection()
            try:
                connection.open()
            except Exception as error:
                raise Unreachable(f"The mail server can't be reached: {error}") from error
            self._connection = connection
        letter = EmailMultiAlternatives(
            subject=message.subject,
            body=bodies.text,
            to=[message.recipient],
            reply_to=[settings.CPOR_OPERATOR_EMAIL],
            connection=self._connection,
            headers={
                "Message-ID": message.message_id,
                "Date": format_datetime(self.now()),
                "Auto-Submitted": "auto-generated",
                "Content-Language": message.locale,
            },
        )
        if bodies.html:
            letter.attach_alternative(bodies.html, "text/html")
        if settings.CPOR_MAIL_PROVIDER:
            from . import mail_providers

            mail_providers.dress(letter, message)
        if letter.send() == 0:
            raise RuntimeError("The mail server took no letter.")
        if settings.CPOR_MAIL_PROVIDER:
            message.provider_id = mail_providers.id_of(letter)


def _due(now: datetime) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lte=now),
        state=OutboxMessage.State.QUEUED,
        next_try_at__lte=now,
    )


def _claim(key: int, now: datetime) -> OutboxMessage | None:
    """Hold the letter for ``LEASE``; None if it is no longer due or another sender holds it.

    One conditional UPDATE: of two senders the second waits for the first one's commit, asks the
    condition again and changes no row, on PostgreSQL as well as on SQLite.
    """
    if not _due(now).filter(pk=key).update(claimed_until=now + LEASE):
        return None
    return OutboxMessage.objects.get(pk=key)


def _mark_sent(message: OutboxMessage, at: datetime) -> None:
    with transaction.atomic():
        row = OutboxMessage.objects.select_for_update().get(pk=message.pk)
        if row.state == OutboxMessage.State.SENT:
            return
        row.state = OutboxMessage.State.SENT
        row.sent_at = at
        row.provider_id = message.provider_id
        row.claimed_until = None
        row.last_error = ""
        row.tries += 1
        row.save()
        letter_left.send(sender=OutboxMessage, message=row, at=at)


def _note_failure(message: OutboxMessage, error: Exception, now: datetime) -> None:
    with transaction.atomic():
        row = OutboxMessage.objects.select_for_update().get(pk=message.pk)
        held_by_us = row.claimed_until == message.claimed_until
        if row.state != OutboxMessage.State.QUEUED or not held_by_us:
            return
        row.claimed_until = None
        row.last_error = f"{type(error).__name__}: {error}".replace("\0", "�")
        verdict = _verdict_on(error)
        if verdict is Verdict.AWAY:
            row.next_try_at = now + PAUSES[0]
        elif verdict is Verdict.LATER and row.tries < len(PAUSES):
            row.next_try_at = now + PAUSES[row.tries]
            row.tries += 1
        else:
            row.tries += 1
            row.state = OutboxMessage.State.FAILED
        reason = deliveries.reason_of(error)
        if verdict is Verdict.REFUSED:
            mark_bounced(row, at=now, reason=reason)
        row.save()
        is_over = row.state == OutboxMessage.State.FAILED
        if verdict is Verdict.REFUSED or (is_over and deliveries.is_about_recipient(error)):
            letter_lost.send(sender=OutboxMessage, message=row, at=now, reason=reason)


def _verdict_on(error: Exception) -> Verdict:
    if settings.CPOR_MAIL_PROVIDER:
        from . import mail_providers

        verdict = mail_providers.verdict_on(error)
        if verdict is not None:
            return verdict
    return deliveries.verdict_on(error)


def _filled(message: OutboxMessage, secret: Callable[[], str | list[str]]) -> Bodies:
    if not message.about or MARKER not in message.text_body + message.html_body:
        return Bodies(message.text_body, message.html_body)
    texts = secret()
    return Bodies(
        _fill(message.text_body, texts),
        _fill(
            message.html_body,
            str(escape(texts)) if isinstance(texts, str) else [str(escape(text)) for text in texts],
        ),
    )


def _fill(body: str, texts: str | list[str]) -> str:
    if isinstance(texts, str):
        return body.replace(MARKER, texts)
    parts = body.split(MARKER)
    if body and len(parts) != len(texts) + 1:
        raise LookupError(f"The letter has {len(parts) - 1} places for {len(texts)} links.")
    return parts[0] + "".join(map("".join, zip(texts, parts[1:], strict=False)))


def _secret_of(message: OutboxMessage) -> str | list[str]:
    prefix, _colon, number = message.about.partition(":")
    filler = _fillers.get(prefix)
    if filler is None:
        raise LookupError(f"Nobody fills the letters about {prefix}.")
    return filler(int(number))


def _wake_a_sender() -> None:
    """Give the worker a hint; a broker that is away costs the caller seconds at most."""
    from .tasks import send_outbox

    with send_outbox.app.connection_for_write(transport_options=HINT_OPTIONS) as connection:
        send_outbox.apply_async(
            connection=connection,  # type: ignore[call-arg] # Missing in the stubs only.
            retry=False,
            expires=60,
        )


def _new_message_id() -> str:
    return f"<{secrets.token_hex(16)}@{_host_of(settings.CPOR_PUBLIC_URL)}>"


@cache
def _host_of(address: str) -> str:
    return urlsplit(address).hostname or "localhost"


def _one_line(subject: str) -> str:
    length = _length_of("subject")
    line = " ".join(subject.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def _fitting(key: str) -> str:
    """Return the key, its end replaced by its digest if it is longer than the column."""
    length = _length_of("key")
    if len(key) <= length:
        return key
    return key[: length - 65] + ":" + sha256(key.encode()).hexdigest()


@cache
def _length_of(column: str) -> int:
    length = getattr(OutboxMessage._meta.get_field(column), "max_length", None)
    assert isinstance(length, int)
    return length
