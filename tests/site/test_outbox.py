"""The outbox: letters are written with the act and leave once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from io import StringIO
from typing import Any

import pytest
from celery import Celery
from celery.app import app_or_default
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import translation

from cpor_site.common import outbox
from cpor_site.common.models import JobRun, NonWorkingDay, OutboxMessage
from tests.smtp_server import Mailroom, mail_server

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "https://desk.example/consent/<s3cret>"  # noqa: S105


@pytest.fixture
def mailroom(settings: Any) -> Iterator[Mailroom]:
    with mail_server() as room:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", room.port
        yield room


@pytest.fixture
def left() -> Iterator[list[tuple[str, datetime]]]:
    """What receivers of the news were told: key and moment of every letter that left."""
    heard: list[tuple[str, datetime]] = []

    def hear(message: OutboxMessage, at: datetime, **kwargs: Any) -> None:
        heard.append((message.key, at))

    outbox.letter_left.connect(hear)
    yield heard
    outbox.letter_left.disconnect(hear)


def write(key: str = "1:test:ada", recipient: str = "ada@partner.example", **given: Any) -> Any:
    fields: dict[str, Any] = {
        "kind": "test",
        "locale": "en",
        "subject": "Your claim",
        "text_body": "Dear Ada,\n\nit moved.",
        "now": NOW,
    }
    with transaction.atomic():
        return outbox.enqueue(key=key, recipient=recipient, **fields | given)


def states() -> dict[str, tuple[str, int]]:
    return {row.key: (row.state, row.tries) for row in OutboxMessage.objects.all()}


def counts(run: JobRun) -> tuple[int, int, int, int]:
    return run.examined, run.acted, run.skipped, run.failed


# --- writing ------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_letter_is_written_with_the_act_or_not_at_all() -> None:
    with pytest.raises(RuntimeError, match="in the transaction of its act"):
        outbox.enqueue(
            key="k", kind="k", recipient="a@b.example", locale="en", subject="s", text_body="t",
            now=NOW,
        )  # fmt: skip
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert OutboxMessage.objects.count() == 0
    with pytest.raises(ValueError, match="needs a recipient"):
        write(recipient="")


@pytest.mark.django_db(transaction=True)
def test_a_letter_is_sent_right_after_the_commit(
    left: list[tuple[str, datetime]],
) -> None:
    with transaction.atomic():
        write()
        assert mail.outbox == []
    assert [letter.to for letter in mail.outbox] == [["ada@partner.example"]]
    assert [key for key, _at in left] == ["1:test:ada"]


@pytest.fixture
def unreachable_broker() -> Iterator[None]:
    before = app_or_default()
    Celery("alone", broker=f"redis://127.0.0.1:{_closed_port()}/0").set_current()
    yield
    before.set_current()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unreachable_broker")
def test_a_missing_broker_never_hurts_the_act(caplog: pytest.LogCaptureFixture) -> None:
    started = time.monotonic()
    write()
    assert time.monotonic() - started < 2
    assert states() == {"1:test:ada": ("queued", 0)}
    assert [(entry.name, entry.levelname) for entry in caplog.records] == [
        ("django.db.backends.base", "ERROR")
    ]
    assert outbox.send_due().acted == 1


@pytest.mark.django_db
def test_one_letter_a_key_and_the_transaction_goes_on() -> None:
    long = "9:claim_rejected:" + "a" * 240 + "@partner.example"
    with transaction.atomic():
        first = write()
        assert write(subject="Again") is None
        assert write(long).key != write(long[:-1]).key
        assert write(long) is None
        NonWorkingDay.objects.create(day=NOW.date(), name="the transaction is alive")
    assert first.subject == OutboxMessage.objects.get(pk=first.pk).subject == "Your claim"
    assert OutboxMessage.objects.count() == 3
    assert NonWorkingDay.objects.count() == 1


@pytest.mark.django_db
def test_subjects_fit_the_header_and_ids_carry_the_public_host(settings: Any) -> None:
    settings.CPOR_PUBLIC_URL = "https://claims.contoso.example:8443"
    row = write(subject="CPOR-2026-000001:\r\nBcc: all@partner.example " + "x" * 300)
    assert row.subject.startswith("CPOR-2026-000001: Bcc: all@partner.example xxx")
    assert (len(row.subject), row.subject[-1]) == (250, "…")
    assert row.message_id.startswith("<")
    assert row.message_id.endswith("@claims.contoso.example>")
    assert write("other").message_id != row.message_id


# --- sending ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_a_mail_server_gets(
    mailroom: Mailroom, left: list[tuple[str, datetime]], settings: Any
) -> None:
    row = write(locale="pl", html_body="<p>Dear Ada,</p>")
    write("2:test:bob", "bob@partner.example", subject="Żądanie", text_body=".\n.dots\n")

    run = outbox.send_due(now=NOW)

    assert counts(run) == (2, 2, 0, 0)
    assert mailroom.connections == 1
    first, second = mailroom.letters
    assert isinstance(first, EmailMessage)
    assert {
        name: str(first[name])
        for name in ("Message-ID", "To", "From", "Reply-To", "Subject", "Date", "Auto-Submitted")
    } == {
        "Message-ID": row.message_id,
        "To": "ada@partner.example",
        "From": settings.DEFAULT_FROM_EMAIL,
        "Reply-To": settings.CPOR_OPERATOR_EMAIL,
        "Subject": "Your claim",
        "Date": "Mon, 02 Mar 2026 09:00:00 +0000",
        "Auto-Submitted": "auto-generated",
    }
    assert str(first["Content-Language"]) == "pl"
    parts = [(part.get_content_type(), part.get_content()) for part in first.iter_parts()]
    assert parts == [
        ("text/plain", "Dear Ada,\r\n\r\nit moved."),
        ("text/html", "<p>Dear Ada,</p>"),
    ]
    assert str(second["Subject"]) == "Żądanie"
    assert second.get_content() == ".\r\n.dots\r\n"
    assert states() == {"1:test:ada": ("sent", 1), "2:test:bob": ("sent", 1)}
    assert left == [("1:test:ada", NOW), ("2:test:bob", NOW)]

    assert counts(outbox.send_due(now=NOW + timedelta(days=1))) == (0, 0, 0, 0)
    assert len(mailroom.letters) == 2


@pytest.mark.django_db
def test_one_failing_letter_never_stops_the_rest(
    mailroom: Mailroom, left: list[tuple[str, datetime]]
) -> None:
    mailroom.refuse["later@partner.example"] = "451 try later"
    mailroom.refuse["never@partner.example"] = "550 no such user"
    mailroom.refuse_content["spam@partner.example"] = "554 looks like spam"
    mailroom.refuse_content["full@partner.example"] = "452 mailbox full"
    for name in ("later", "never", "spam", "full", "fine"):
        write(name, f"{name}@partner.example")

    run = outbox.send_due(now=NOW)

    assert counts(run) == (5, 1, 0, 4)
    assert states() == {
        "later": ("queued", 1),
        "never": ("failed", 1),
        "spam": ("failed", 1),
        "full": ("queued", 1),
        "fine": ("sent", 1),
    }
    assert left == [("fine", NOW)]
    later = OutboxMessage.objects.get(key="later")
    assert later.next_try_at == NOW + timedelta(minutes=1)
    assert later.claimed_until is None
    assert later.last_error == (
        "SMTPRecipientsRefused: {'later@partner.example': (451, b'try later')}"
    )
    assert [problem["key"] for problem in run.problems] == [
        OutboxMessage.objects.get(key=key).pk for key in ("later", "never", "spam", "full")
    ]

    mailroom.refuse.clear()
    assert counts(outbox.send_due(now=NOW + timedelta(seconds=59))) == (0, 0, 0, 0)
    assert counts(outbox.send_due(now=NOW + timedelta(minutes=1))) == (2, 1, 0, 1)
    assert states()["later"] == ("sent", 2)
    assert OutboxMessage.objects.get(key="later").last_error == ""


@pytest.mark.django_db
def test_pauses_grow_until_the_letter_has_failed_and_waits_for_a_person(
    mailroom: Mailroom,
) -> None:
    mailroom.refuse["ada@partner.example"] = "451 try later"
    row = write()
    moment, pauses = NOW, []
    while row.state == OutboxMessage.State.QUEUED:
        assert outbox.send_due(now=moment).failed == 1
        row.refresh_from_db()
        pauses.append(int((row.next_try_at - moment).total_seconds() // 60))
        moment = row.next_try_at
    assert pauses == [1, 5, 15, 60, 240, 240, 240, 240, 240, 0]
    assert (row.state, row.tries) == ("failed", 10)

    assert outbox.retry(row) is True
    assert outbox.retry(row) is False
    row.refresh_from_db()
    assert (row.state, row.tries, row.claimed_until) == ("queued", 0, None)
    mailroom.refuse.clear()
    assert outbox.send_due().acted == 1
    assert mailroom.ids() == [row.message_id]
    row.refresh_from_db()
    assert outbox.retry(row) is False
    row.refresh_from_db()
    assert row.state == "sent"


@pytest.mark.django_db
def test_an_unreachable_server_costs_no_letter_a_try(mailroom: Mailroom, settings: Any) -> None:
    for name in ("a", "b", "c"):
        write(name, f"{name}@partner.example")
    settings.EMAIL_PORT = _closed_port()

    run = outbox.send_due(now=NOW)

    assert counts(run) == (1, 0, 0, 1)
    assert states() == {"a": ("queued", 0), "b": ("queued", 0), "c": ("queued", 0)}
    assert "can't be reached" in OutboxMessage.objects.get(key="a").last_error
    settings.EMAIL_PORT = mailroom.port
    assert outbox.send_due(now=NOW + timedelta(minutes=1)).acted == 3


@pytest.mark.django_db
def test_a_server_that_hangs_up_after_the_letter_gets_it_again_as_the_same(
    mailroom: Mailroom, left: list[tuple[str, datetime]]
) -> None:
    row = write()
    write("2:test:bob", "bob@partner.example")
    mailroom.drop_after = 1

    assert counts(outbox.send_due(now=NOW)) == (2, 1, 0, 1)

    assert states() == {"1:test:ada": ("queued", 1), "2:test:bob": ("sent", 1)}
    assert outbox.send_due(now=NOW + timedelta(minutes=1)).acted == 1
    assert mailroom.ids().count(row.message_id) == 2
    assert sorted(key for key, _at in left) == ["1:test:ada", "2:test:bob"]


@pytest.mark.django_db
def test_a_server_that_falls_silent_holds_nobody_for_ever(
    mailroom: Mailroom, settings: Any
) -> None:
    """The run ends with the letter that got no answer: each other one would wait as long."""
    settings.EMAIL_TIMEOUT = 0.3
    row, other = write(), write("2:test:bob", "bob@partner.example")
    mailroom.may_answer.clear()
    assert counts(outbox.send_due(now=NOW)) == (1, 0, 0, 1)
    assert states() == {"1:test:ada": ("queued", 1), "2:test:bob": ("queued", 0)}
    row.refresh_from_db()
    assert "timed out" in row.last_error
    mailroom.greeting = ""
    assert counts(outbox.send_due(now=NOW + timedelta(minutes=1))) == (1, 0, 0, 1)
    assert states() == {"1:test:ada": ("queued", 1), "2:test:bob": ("queued", 0)}
    row.refresh_from_db()
    assert "can't be reached" in row.last_error
    mailroom.greeting = "220 mailroom.test"
    mailroom.may_answer.set()
    assert outbox.send_due(now=NOW + timedelta(minutes=2)).acted == 2
    assert mailroom.ids() == [row.message_id, row.message_id, other.message_id]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reply", "bounce"),
    [
        ("550 5.1.1 no such user", "550 5.1.1 no such user"),
        ("550 5.7.1 relaying denied", None),
        ("530 sign in first", None),
        ("451 4.7.1 greylisted", None),
    ],
)
@pytest.mark.parametrize("step", ["refuse", "refuse_content"])
def test_a_mailbox_that_is_refused_for_good_has_bounced(
    mailroom: Mailroom, reply: str, bounce: str | None, step: str
) -> None:
    getattr(mailroom, step)["ada@partner.example"] = reply
    row = write()
    outbox.send_due(now=NOW)
    row.refresh_from_db()
    assert (row.bounced_at, row.bounce_reason) == ((NOW, bounce) if bounce else (None, ""))
    assert row.state == ("queued" if reply.startswith("4") else "failed")
    assert outbox.retry(row) is (row.state == "failed" and not bounce)


@pytest.mark.django_db
def test_a_receiver_that_fails_leaves_the_letter_to_be_sent_again_as_the_same(
    mailroom: Mailroom,
) -> None:
    row = write()

    def fail(message: OutboxMessage, **kwargs: Any) -> None:
        NonWorkingDay.objects.create(day=NOW.date(), name="half of the receiver's work")
        raise ZeroDivisionError("the window can't be opened")

    outbox.letter_left.connect(fail)
    try:
        assert counts(outbox.send_due(now=NOW)) == (1, 0, 0, 1)
    finally:
        outbox.letter_left.disconnect(fail)
    row.refresh_from_db()
    assert (row.state, row.sent_at, row.tries) == ("queued", None, 1)
    assert row.last_error == "ZeroDivisionError: the window can't be opened"
    assert NonWorkingDay.objects.count() == 0

    assert outbox.send_due(now=NOW + timedelta(minutes=1)).acted == 1
    assert mailroom.ids() == [row.message_id, row.message_id]


@pytest.mark.django_db
def test_a_letter_that_a_sender_holds_is_left_alone_until_the_lease_is_over(
    mailroom: Mailroom,
) -> None:
    row = write()
    OutboxMessage.objects.update(claimed_until=NOW + outbox.LEASE)
    assert outbox.send_due(now=NOW + outbox.LEASE - timedelta(seconds=1)).examined == 0
    assert outbox.send_due(now=NOW + outbox.LEASE).acted == 1
    assert mailroom.ids() == [row.message_id]


@pytest.mark.django_db
def test_the_limit_and_a_dry_run_leave_the_rest_as_it_is() -> None:
    for number in range(5):
        write(f"{number}")
    rehearsal = outbox.send_due(now=NOW, dry_run=True, limit=4)
    assert counts(rehearsal) == (4, 0, 4, 0)
    assert rehearsal.dry_run is True
    assert mail.outbox == []
    assert set(states().values()) == {("queued", 0)}
    assert counts(outbox.send_due(now=NOW, limit=2)) == (2, 2, 0, 0)
    assert counts(outbox.send_due(now=NOW)) == (3, 3, 0, 0)


@pytest.mark.django_db
def test_a_recipient_that_breaks_the_header_fails_at_once() -> None:
    write(recipient="ada@partner.example\nBcc: all@partner.example")
    assert outbox.send_due(now=NOW).failed == 1
    assert states() == {"1:test:ada": ("failed", 1)}
    assert mail.outbox == []


# --- secrets ------------------------------------------------------------------------------------


@pytest.fixture
def filler() -> Iterator[Callable[[int], str]]:
    asked: list[int] = []

    def fill(number: int) -> str:
        asked.append(number)
        if number == 404:
            raise LookupError("no such recipient")
        return SECRET

    outbox.register_filler("test-secret", fill)
    yield fill
    del outbox._fillers["test-secret"]


@pytest.mark.django_db
def test_a_secret_is_in_the_letter_and_nowhere_else(filler: Callable[[int], str]) -> None:
    row = write(
        about="test-secret:12",
        text_body="Answer here:\n[[link]]",
        html_body='<a href="[[link]]">Answer</a>',
    )
    with translation.override("en"):
        shown = outbox.preview(row)
    assert shown.text == "Answer here:\n(the recipient's personal link)"
    assert shown.html == '<a href="(the recipient&#x27;s personal link)">Answer</a>'

    assert outbox.send_due(now=NOW).acted == 1

    (letter,) = mail.outbox
    assert letter.body == f"Answer here:\n{SECRET}"
    assert isinstance(letter, EmailMultiAlternatives)
    assert letter.alternatives[0][0] == (
        '<a href="https://desk.example/consent/&lt;s3cret&gt;">Answer</a>'
    )
    stored = OutboxMessage.objects.filter(pk=row.pk).values().get()
    assert [name for name, value in stored.items() if "s3cret" in str(value)] == []


@pytest.mark.django_db
@pytest.mark.parametrize("about", ["test-secret:404", "nobody:1", "test-secret:x"])
def test_a_letter_whose_secret_is_missing_does_not_leave(
    filler: Callable[[int], str], about: str
) -> None:
    write(about=about, text_body="Answer here: [[link]]")
    assert outbox.send_due(now=NOW).failed == 1
    assert states() == {"1:test:ada": ("queued", 1)}
    assert mail.outbox == []


@pytest.mark.django_db
@pytest.mark.parametrize(("links", "state"), [(["/a", "/b"], "sent"), (["/a"], "queued")])
def test_several_secrets_fill_their_places_in_order_or_the_letter_stays(
    links: list[str], state: str
) -> None:
    outbox.register_filler("test-links", lambda number: links)
    try:
        write(about="test-links:1", text_body="A: [[link]], B: [[link]].", html_body="")
        outbox.send_due(now=NOW)
    finally:
        del outbox._fillers["test-links"]
    assert states() == {"1:test:ada": (state, 1)}
    assert [letter.body for letter in mail.outbox] == (["A: /a, B: /b."] if state == "sent" else [])


@pytest.mark.django_db
def test_the_marker_in_words_that_somebody_wrote_is_just_text() -> None:
    row = write(text_body="They wrote: [[link]]")
    assert outbox.preview(row).text == "They wrote: [[link]]"
    assert outbox.send_due(now=NOW).acted == 1
    assert [letter.body for letter in mail.outbox] == ["They wrote: [[link]]"]


@pytest.mark.django_db
def test_two_fillers_for_one_kind_of_letter_are_a_mistake(filler: Callable[[int], str]) -> None:
    outbox.register_filler("test-secret", filler)
    with pytest.raises(ValueError, match="have a filler already"):
        outbox.register_filler("test-secret", lambda number: "another")


# --- the command --------------------------------------------------------------------------------


def run_command(*arguments: str) -> str:
    out = StringIO()
    call_command("send_outbox", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.django_db
def test_the_command_tells_what_it_did(mailroom: Mailroom) -> None:
    mailroom.refuse["never@partner.example"] = "550 no such user"
    write()
    assert run_command("--dry-run") == "Due: 1. Nothing was sent (dry run).\n"
    assert run_command() == "Due: 1, sent: 1, taken by another sender: 0, failed: 0.\n"
    write("2", "never@partner.example")
    with pytest.raises(CommandError, match="Not every letter"):
        run_command("--limit", "5")
    with pytest.raises(CommandError, match="at least 1"):
        run_command("--limit", "0")


def _closed_port() -> int:
    with mail_server() as gone:
        return gone.port
