"""What providers tell of letters, and letters that leave by a provider instead of SMTP."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from anymail.signals import tracking
from django.core import mail
from django.core.mail import EmailMessage
from django.db import transaction
from django.test import Client

from cpor_site.common import clock, deliveries, mail_providers, outbox
from cpor_site.common.models import OutboxMessage
from cpor_site.env_mail import KINDS
from tests.site import news_urls
from tests.web_server import Program, web_server

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "desk:Zm9yLXRlc3RzLW9ubHktMjAyNg"  # noqa: S105
SIGNING_KEY = "key-for-tests"


def write(**given: Any) -> OutboxMessage:
    fields: dict[str, Any] = {
        "key": "1:test:ada",
        "kind": "test",
        "recipient": "ada@partner.example",
        "locale": "en",
        "subject": "Your claim",
        "text_body": "Dear Ada.",
        "now": NOW,
    }
    with transaction.atomic():
        row = outbox.enqueue(**fields | given)
    assert row is not None
    return row


def fresh(row: OutboxMessage) -> OutboxMessage:
    return OutboxMessage.objects.get(pk=row.pk)


def fate(row: OutboxMessage) -> tuple[Any, ...]:
    row = fresh(row)
    return row.state, row.delivered_at, row.bounced_at, row.bounce_reason


# --- facts of a letter --------------------------------------------------------------------------


def test_each_fact_is_written_once_and_told_once() -> None:
    told: list[str] = []

    def hear(**kwargs: Any) -> None:
        told.append(kwargs["message"].key)

    row = write()
    outbox.send_due(now=NOW)
    for signal in (deliveries.letter_delivered, deliveries.letter_lost):
        signal.connect(hear)
    try:
        for hours in (1, 2):
            at = NOW + timedelta(hours=hours)
            assert deliveries.note_bounced(row.pk, at=at, reason="550\r\n no  one") is (hours == 1)
            assert deliveries.note_delivered(row.pk, at=at) is (hours == 1)
    finally:
        for signal in (deliveries.letter_delivered, deliveries.letter_lost):
            signal.disconnect(hear)
    first = NOW + timedelta(hours=1)
    assert fate(row) == ("sent", first, first, "550 no one")
    assert told == [row.key] * 2
    assert deliveries.note_bounced(row.pk + 1, at=NOW, reason="") is False


def test_what_came_back_while_it_waits_is_not_tried_again() -> None:
    row = write()
    deliveries.note_bounced(row.pk, at=NOW, reason="suppressed")
    assert outbox.send_due(now=NOW).examined == 0
    assert fresh(row).state == "failed"
    assert outbox.retry(row) is False
    assert deliveries.came_back("", " ADA@partner.example ") is True
    assert deliveries.came_back("", "bob@partner.example") is False


# --- webhooks -----------------------------------------------------------------------------------


@pytest.fixture
def webhooks(settings: Any) -> Iterator[Client]:
    """A client of a desk that listens to two providers; a real one listens to its own."""
    settings.ROOT_URLCONF = news_urls.__name__
    settings.CPOR_MAIL_PROVIDER = "mailgun"
    settings.ANYMAIL = {
        "WEBHOOK_SECRET": SECRET,
        "MAILGUN_API_KEY": "none",
        "MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY,
    }
    mail_providers.connect()
    yield Client(headers={"Authorization": f"Basic {b64encode(SECRET.encode()).decode()}"})
    tracking.disconnect(dispatch_uid="common.take_news")


def mailgun(client: Client, event: str, *, key: str = SIGNING_KEY, **data: Any) -> int:
    stamp = str(int(NOW.timestamp()))
    signature = hmac.new(key.encode(), f"{stamp}token".encode(), hashlib.sha256).hexdigest()
    body = {
        "signature": {"timestamp": stamp, "token": "token", "signature": signature},
        "event-data": {"event": event, "timestamp": NOW.timestamp(), **data},
    }
    path = "/mail-news/mailgun/tracking/"
    return client.post(path, json.dumps(body), content_type="application/json").status_code


def postmark(client: Client, row: OutboxMessage, record: str, **data: Any) -> int:
    body = {"RecordType": record, "Metadata": {"letter": row.message_id}, **data}
    path = "/mail-news/postmark/tracking/"
    return client.post(path, json.dumps(body), content_type="application/json").status_code


def own(row: OutboxMessage) -> dict[str, Any]:
    return {"user-variables": {"letter": row.message_id}, "recipient": row.recipient}


@pytest.mark.parametrize("order", [("delivered", "failed"), ("failed", "delivered")])
def test_news_in_any_order_and_twice(webhooks: Client, order: tuple[str, ...]) -> None:
    row = write()
    for event in (*order, *order):
        told = own(row) | {"severity": "permanent", "delivery-status": {"message": "no such user"}}
        assert mailgun(webhooks, event, **told) == 200
    assert fate(row) == ("failed", NOW, NOW, "bounced: no such user")


@pytest.mark.parametrize(
    ("event", "data", "expected"),
    [
        ("failed", {"severity": "temporary"}, (None, None)),
        ("complained", {}, (NOW, None)),
        ("rejected", {"reject": {"reason": "Sandbox"}}, (None, NOW)),
        ("unsubscribed", {}, (None, None)),
    ],
)
def test_what_each_kind_of_news_means(
    webhooks: Client, event: str, data: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    row = write()
    assert mailgun(webhooks, event, **own(row) | data) == 200
    assert fate(row)[1:3] == expected


def test_a_letter_is_also_known_by_the_name_that_the_provider_gave_it(webhooks: Client) -> None:
    row = write()
    OutboxMessage.objects.update(provider_id="<20260302.1@mg.example>")
    headers = {"headers": {"message-id": "20260302.1@mg.example"}}
    assert mailgun(webhooks, "delivered", message=headers) == 200
    assert fate(row)[1] == NOW


def test_a_provider_that_does_not_sign_shows_the_secret(webhooks: Client) -> None:
    row = write()
    bounce = {"Type": "HardBounce", "Email": row.recipient, "Details": "smtp;550 5.1.1"}
    assert postmark(webhooks, row, "Bounce", BouncedAt="2026-03-02T09:00:00Z", **bounce) == 200
    assert fate(row)[2:] == (NOW, "bounced: smtp;550 5.1.1")


def test_strangers_are_refused(webhooks: Client) -> None:
    row = write()
    wrong = b64encode(b"desk:guessed").decode()
    for client in (Client(), Client(headers={"Authorization": f"Basic {wrong}"})):
        assert mailgun(client, "failed", **own(row)) == 400
        assert postmark(client, row, "Bounce", Type="HardBounce") == 400
    assert mailgun(webhooks, "failed", key="another", **own(row)) == 400
    assert webhooks.get("/mail-news/mailgun/tracking/").status_code == 405
    assert fate(row) == ("queued", None, None, "")


def test_news_of_a_strange_letter_are_logged_without_the_address(
    webhooks: Client, caplog: pytest.LogCaptureFixture
) -> None:
    message = {"headers": {"message-id": "some-id@elsewhere.example"}}
    data: dict[str, Any] = {"message": message, "recipient": "eve@elsewhere.example"}
    assert mailgun(webhooks, "failed", **data) == 200
    (entry,) = [each for each in caplog.records if each.name == mail_providers.__name__]
    assert entry.getMessage().endswith("of a letter that is not known here: some-id")
    assert "elsewhere.example" not in caplog.text


def test_time_told_from_the_future_counts_as_now(webhooks: Client) -> None:
    row = write()
    ahead = (clock.now() + timedelta(days=9)).timestamp()
    assert mailgun(webhooks, "delivered", **own(row) | {"timestamp": ahead}) == 200
    delivered_at = fate(row)[1]
    assert abs(clock.now() - delivered_at) < timedelta(minutes=1)


def test_without_a_provider_there_is_no_such_address(client: Client) -> None:
    assert client.post("/mail-news/mailgun/tracking/").status_code == 404


# --- sending ------------------------------------------------------------------------------------


@pytest.fixture
def provider(settings: Any) -> Iterator[Program]:
    with web_server() as program:
        settings.CPOR_MAIL_PROVIDER = "postmark"
        settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
        settings.ANYMAIL = {
            "POSTMARK_SERVER_TOKEN": "token",
            "POSTMARK_API_URL": f"http://127.0.0.1:{program.port}/",
            "REQUESTS_TIMEOUT": 0.5,
        }
        program.answer = lambda _post: 200
        program.extra["Content-Type"] = "application/json"
        program.text = _answer(0)
        yield program


def _answer(code: int, message: str = "OK") -> bytes:
    told = {"ErrorCode": code, "Message": message, "MessageID": "abc-1"}
    return json.dumps(told | {"To": "ada@partner.example"}).encode()


def test_a_letter_keeps_its_id_and_carries_it_to_the_provider(provider: Program) -> None:
    row = write(html_body="<p>Dear Ada.</p>")
    assert outbox.send_due(now=NOW).acted == 1
    (post,) = provider.posts
    sent = post.json()
    headers = {each["Name"]: each["Value"] for each in sent["Headers"]}
    assert headers["Message-ID"] == row.message_id
    assert headers["X-PM-KeepID"] == "true"
    assert (sent["To"], sent["Subject"]) == ("ada@partner.example", "Your claim")
    assert (sent["TextBody"], sent["HtmlBody"]) == ("Dear Ada.", "<p>Dear Ada.</p>")
    assert sent["Metadata"] == {"letter": row.message_id}
    assert (fresh(row).state, fresh(row).provider_id) == ("sent", "abc-1")


@pytest.mark.parametrize("name", [each for each in KINDS if each != "amazon_ses"])
def test_every_provider_is_given_the_letters_own_id_twice(name: str, settings: Any) -> None:
    """As a header and as metadata; Amazon is handed the letter as it is, header and all."""
    settings.CPOR_MAIL_PROVIDER = name
    settings.EMAIL_BACKEND = f"anymail.backends.{name}.EmailBackend"
    options = KINDS[name].needed + KINDS[name].optional
    settings.ANYMAIL = {
        each: "https://provider.example/" if each.endswith("URL") else "given" for each in options
    }
    letter = EmailMessage("Subject", "Text", None, ["ada@partner.example"])
    letter.extra_headers = {"Message-ID": "<1@desk.example>", "Date": "today"}
    mail_providers.dress(letter, OutboxMessage(message_id="<1@desk.example>"))
    connection: Any = mail.get_connection()
    sent = str(connection.build_message_payload(letter, {}).serialize_data())
    assert sent.count("1@desk.example") == 2
    assert "today" not in sent


def test_a_recipient_whom_the_provider_refuses_has_bounced(provider: Program) -> None:
    row = write()
    words = "Found inactive addresses: ada@partner.example. Inactive recipients are ones that"
    provider.answer, provider.text = lambda _post: 422, _answer(406, words)
    assert outbox.send_due(now=NOW).failed == 1
    assert fate(row)[:3] == ("failed", None, NOW)


@pytest.mark.parametrize(("status", "tries"), [(401, 0), (429, 0), (500, 1), (422, 1)])
def test_trouble_with_the_account_costs_no_letter_a_try(
    provider: Program, status: int, tries: int
) -> None:
    row = write()
    provider.answer, provider.text = lambda _post: status, _answer(10)
    assert outbox.send_due(now=NOW).failed == 1
    assert (fresh(row).state, fresh(row).tries) == ("queued", tries)
    assert fresh(row).next_try_at == NOW + timedelta(minutes=1)


def test_a_provider_that_hangs_or_is_away_gets_the_same_letter_later(
    provider: Program, settings: Any
) -> None:
    row = write()
    write(key="2:test:bob", recipient="bob@partner.example")
    provider.may_answer.clear()
    run = outbox.send_due(now=NOW)
    assert (run.examined, run.failed) == (1, 1)
    assert (fresh(row).state, fresh(row).tries) == ("queued", 1)
    OutboxMessage.objects.exclude(pk=row.pk).delete()
    provider.may_answer.set()
    settings.ANYMAIL = settings.ANYMAIL | {"POSTMARK_API_URL": "http://127.0.0.1:9/"}
    assert outbox.send_due(now=NOW + timedelta(minutes=1)).failed == 1
    assert (fresh(row).state, fresh(row).tries) == ("queued", 1)
    settings.ANYMAIL = settings.ANYMAIL | {"POSTMARK_API_URL": f"http://127.0.0.1:{provider.port}/"}
    assert outbox.send_due(now=NOW + timedelta(minutes=5)).acted == 1
    ids = [post.json()["Metadata"]["letter"] for post in provider.posts]
    assert ids == [row.message_id] * 2
