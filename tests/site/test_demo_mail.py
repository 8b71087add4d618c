"""The demo's mail can be read on a page, and only there."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.mail import EmailMultiAlternatives, get_connection, send_mail
from django.test import Client
from django.urls import get_resolver
from pytest_django.asserts import assertContains, assertNotContains

from cpor_site.common import clock
from cpor_site.demo import mail

BACKEND = "cpor_site.demo.mail.EmailBackend"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo(settings: LazySettings, tmp_path: Path) -> None:
    settings.CPOR_VAR_DIR = tmp_path
    settings.CPOR_CLOCK_FILE = tmp_path / "clock"
    settings.ROOT_URLCONF = "tests.site.demo_urls"
    settings.EMAIL_BACKEND = BACKEND


def send(subject: str, body: str = "Hello") -> str:
    """Send one mail and return its file's name."""
    before = set(mail.names())
    send_mail(subject, body, "desk@cpor.example", ["anna@partner.example"])
    (name,) = set(mail.names()) - before
    return name


def test_an_empty_folder_is_a_page_too(client: Client) -> None:
    assertContains(client.get("/demo/mail/"), "No mail has been sent yet.")


def test_mails_are_listed_newest_first(client: Client) -> None:
    first, second = send("Claim received"), send("Claim approved – Müller & Söhne")
    assert mail.names() == [second, first]
    page = client.get("/demo/mail/")
    assertContains(page, "Claim approved – Müller &amp; Söhne")
    content = page.content.decode()
    assert content.index("Claim approved") < content.index("Claim received")


def test_a_mail_shows_its_text_with_links_and_without_markup(client: Client) -> None:
    name = send("Your answer", "Open http://127.0.0.1:8000/answer/abc/\n\n<script>x</script>")
    page = client.get(f"/demo/mail/{name}")
    assertContains(page, '<a href="http://127.0.0.1:8000/answer/abc/"')
    assertContains(page, "&lt;script&gt;x&lt;/script&gt;")
    assertNotContains(page, "<script>x")


def test_a_mail_carries_the_time_of_the_moved_clock() -> None:
    clock.move(timedelta(days=7))
    date = mail.read(send("Later")).date
    assert isinstance(date, datetime)
    assert abs(date - clock.now()) < timedelta(seconds=30)


def test_a_mail_can_be_downloaded_as_it_was_sent(client: Client) -> None:
    name = send("As sent")
    response = client.get(f"/demo/mail/{name}/source")
    assert response.content == mail.source(name)
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'


def test_attachments_are_named_and_other_forms_left_out() -> None:
    message = EmailMultiAlternatives(
        "Two forms", "plain", "desk@cpor.example", ["a@b.example"], connection=get_connection()
    )
    message.attach_alternative("<p>rich</p>", "text/html")
    message.attach("proof.pdf", b"%PDF-1.7", "application/pdf")
    assert message.send() == 1
    read = mail.read(mail.names()[0])
    assert (read.text.strip(), read.attachments) == ("plain", ("proof.pdf",))


def test_a_mail_to_nobody_is_not_written() -> None:
    message = EmailMultiAlternatives("Nobody", "x", "desk@cpor.example", [])
    assert (get_connection().send_messages([message]), mail.names()) == (0, [])


@pytest.mark.parametrize(
    "name",
    [
        "..%2Fclock",
        "%2e%2e/clock",
        "../clock",
        "clock",
        "00000000000000000001-00000000.eml",
        "00000000000000000001-00000000.eml%0a",
        "..%2Fmail%2F00000000000000000001-00000000.eml",
    ],
)
@pytest.mark.parametrize("end", ["", "/source"])
def test_nothing_but_mails_can_be_read(client: Client, name: str, end: str, tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("0")
    assert client.get(f"/demo/mail/{name}{end}").status_code == 404


@pytest.mark.parametrize("name", ["../clock", "", "x.eml", "00000000000000000001-00000000.eml\n"])
def test_reading_refuses_names_that_are_no_mail_s(name: str, tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("0")
    (tmp_path / "mail").mkdir()
    with pytest.raises(FileNotFoundError):
        mail.source(name)


def test_long_lists_have_pages(client: Client) -> None:
    for number in range(51):
        send(f"Number {number}")
    assertContains(client.get("/demo/mail/"), "Page 1 of 2")
    assertContains(client.get("/demo/mail/?page=2"), "Number 0<")


def test_outside_the_demo_the_pages_are_not_routed(client: Client, settings: LazySettings) -> None:
    settings.ROOT_URLCONF = "cpor_site.urls"
    assert client.get("/demo/mail/").status_code == 404
    assert [str(p.pattern) for p in get_resolver().url_patterns if "demo" in str(p.pattern)] == []
