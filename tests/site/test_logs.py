"""No log holds a customer's link: who reads it could answer in the customer's place."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse
from gunicorn.config import Config

from cpor_site import web_server
from cpor_site.common.logs import LinklessFormatter, without_links
from tests import acts, factories

TOKEN = "Zk9" * 14 + "x"


@pytest.fixture
def django_log() -> Iterator[StringIO]:
    """What the running site writes."""
    handler = logging.getLogger("django").handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    written = StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        (f"Not Found: /consent/{TOKEN}/", "Not Found: /consent/.../"),
        (f"GET /consent/{TOKEN}/agree/?lang=pl 200", "GET /consent/.../agree/?lang=pl 200"),
        (f'"https://desk.example/consent/{TOKEN}"', '"https://desk.example/consent/..."'),
        ("GET /consent/about/?lang=sv", "GET /consent/about/?lang=sv"),
        ("GET /consent/new-link/?lang=sv", "GET /consent/new-link/?lang=sv"),
        (f"POST /consent/{TOKEN}/new-link/", "POST /consent/.../new-link/"),
        ("POST /consent/overview/?sent=1", "POST /consent/overview/?sent=1"),
        (f"GET /consent/overview/{TOKEN}/", "GET /consent/overview/.../"),
        (f"POST /consent/overview/{TOKEN}/7/", "POST /consent/overview/.../7/"),
        ("GET /consent/privacy/", "GET /consent/privacy/"),
        (f"GET /calendar/{TOKEN}.ics 200", "GET /calendar/... 200"),
        ("POST /claims/calendar/make/ 200", "POST /claims/calendar/make/ 200"),
        ("GET /claims/7/", "GET /claims/7/"),
    ],
)
def test_the_token_goes_and_the_rest_stays(text: str, logged: str) -> None:
    assert without_links(text) == logged


@pytest.mark.django_db
def test_what_a_scanner_sends_is_one_line_each(django_log: StringIO) -> None:
    client = Client()
    client.force_login(factories.make_user(is_staff=True, is_superuser=True))
    products = reverse("admin:claims_product_changelist")
    answers = [
        client.get(products, {"kind\n2026-01-01 INFO forged": "x"}).status_code,
        client.get("/nowhere/%0A2026-01-01%20INFO%20forged%E2%80%A8%1B%5B1A").status_code,
    ]
    assert answers == [400, 404]
    lines = [each.partition(" WARNING ")[2] for each in django_log.getvalue().splitlines()]
    name = "django.security.DisallowedModelAdminLookup"
    assert [each.rpartition(" [")[0] for each in lines] == [
        rf"{name}: Filtering by kind\x0a2026-01-01 INFO forged not allowed",
        r"django.request: Not Found: /nowhere/\n2026-01-01 INFO forged\u2028\x1b[1A",
    ]


def test_a_traceback_holds_no_link_either() -> None:
    try:
        raise ValueError(f"/consent/{TOKEN}/ is odd")
    except ValueError as error:
        trouble = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("desk", logging.ERROR, __file__, 1, "Oh", (), trouble)

    text = LinklessFormatter("%(message)s").format(record)

    assert text.endswith("ValueError: /consent/.../ is odd")
    assert TOKEN not in text


@pytest.mark.django_db
def test_a_form_that_was_not_filled_in(client: Client, django_log: StringIO) -> None:
    token = acts.token_of(acts.in_window())

    answer = client.post(reverse("consent_decline", args=[token]), {"responder_name": ""})

    assert answer.status_code == 422
    assert "Unprocessable Entity: /consent/.../decline/" in django_log.getvalue()
    assert token not in django_log.getvalue()


@pytest.mark.django_db
def test_a_calendar_that_is_gone(client: Client, django_log: StringIO) -> None:
    assert client.get(reverse("calendar_feed", args=[TOKEN])).status_code == 404
    assert "Not Found: /calendar/..." in django_log.getvalue()
    assert TOKEN not in django_log.getvalue()


def test_the_web_servers_list_of_requests(capsys: pytest.CaptureFixture[str]) -> None:
    config = Config()
    config.set("accesslog", "-")
    config.set("errorlog", "-")
    config.set("logger_class", web_server.logger_class)
    logger = config.logger_class(config)
    request = {
        "REMOTE_ADDR": "192.0.2.7",
        "REQUEST_METHOD": "POST",
        "RAW_URI": f"/consent/{TOKEN}/agree/",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_REFERER": f"https://desk.example/consent/{TOKEN}/agree/",
    }
    response = SimpleNamespace(status="200 OK", sent=512, headers=[])

    logger.access(response, SimpleNamespace(headers=[]), request, timedelta(seconds=1))
    logger.error("Error handling request %s", request["RAW_URI"])

    written = "".join(capsys.readouterr())
    assert '"POST /consent/.../agree/ HTTP/1.1" 200 512' in written
    assert '"https://desk.example/consent/.../agree/"' in written
    assert "Error handling request /consent/.../agree/" in written
    assert TOKEN not in written
