"""The front door: signing in and out, the choice of language, the error pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.views import defaults

from cpor_site.common.models import User
from cpor_site.common.reader import ReaderZoneMiddleware

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"


def person(**fields: Any) -> User:
    values = {"full_name": "Ada Lovelace"} | fields
    return User.objects.create_user("ada@partner.example", PASSWORD, **values)


def sign_in(client: Client, **data: str) -> Any:
    entry = {"login": "ada@partner.example", "password": PASSWORD} | data
    return client.post(reverse("sign_in"), entry)


def test_a_visitor_is_led_to_the_sign_in_page(client: Client) -> None:
    assert client.get("/").headers["Location"] == reverse("sign_in")
    page = client.get(reverse("sign_in"))
    assert page.status_code == 200
    html = page.content.decode()
    assert html.count("<script") == html.count('<script src="/static/') == 3
    assert " style=" not in html


def test_a_partner_lands_on_the_claims_a_reviewer_in_the_admin(client: Client) -> None:
    user = person()
    assert sign_in(client).headers["Location"] == "/"
    assert client.get("/").headers["Location"] == reverse("claim_list")

    user.is_staff = True
    user.save()
    assert client.get("/").headers["Location"] == reverse("admin:index")


def test_the_page_that_was_wanted_comes_after_signing_in(client: Client) -> None:
    person()

    assert sign_in(client, next="/claims/start/").headers["Location"] == "/claims/start/"


def test_another_site_is_no_place_to_go_after_signing_in(client: Client) -> None:
    person()

    assert sign_in(client, next="https://evil.example/").headers["Location"] == "/"


def test_the_address_may_be_typed_in_capitals(client: Client) -> None:
    person()

    assert sign_in(client, login=" Ada@Partner.Example").status_code == 302


def test_a_wrong_password_gets_a_sentence_and_keeps_the_address(client: Client) -> None:
    person()
    page = sign_in(client, password="wrong").content.decode()

    assert "The e-mail address and the password don&#x27;t fit together." in page
    assert 'value="ada@partner.example"' in page
    assert 'role="alert"' in page


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_demo": True}])
def test_a_closed_or_demo_account_opens_nothing(client: Client, fields: dict[str, bool]) -> None:
    person(**fields)

    assert sign_in(client).status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_demo_account_works_in_the_demo_and_its_session_ends_with_it(
    client: Client, settings: Any
) -> None:
    settings.CPOR_MODE = "demo"
    person(is_demo=True)
    sign_in(client)
    assert client.get("/").headers["Location"] == reverse("claim_list")

    settings.CPOR_MODE = "production"
    assert client.get("/").headers["Location"] == reverse("sign_in")


def test_signing_out_takes_a_post_and_says_so(client: Client) -> None:
    client.force_login(person())

    assert client.get(reverse("sign_out")).status_code == 405
    page = client.post(reverse("sign_out"), follow=True)
    assert page.redirect_chain == [(reverse("sign_in"), 302)]
    assert "You are signed out." in page.content.decode()
    assert "_auth_user_id" not in client.session


def test_after_signing_in_the_pages_are_in_the_persons_language(client: Client) -> None:
    person(locale="sv")

    assert sign_in(client).cookies[settings.LANGUAGE_COOKIE_NAME].value == "sv"


def test_a_chosen_language_is_kept_for_a_signed_in_person(client: Client) -> None:
    user = person(locale="sv")
    client.force_login(user)
    answer = client.post(reverse("choose_language"), {"language": "pl", "next": "/claims/"})

    assert answer.headers["Location"] == "/claims/"
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "pl"
    assert User.objects.get(pk=user.pk).locale == "pl"


def test_an_unknown_language_changes_nothing(client: Client) -> None:
    user = person(locale="sv")
    client.force_login(user)
    client.post(reverse("choose_language"), {"language": "tlh", "next": "/claims/"})

    assert User.objects.get(pk=user.pk).locale == "sv"


def test_a_visitor_may_choose_a_language_too(client: Client) -> None:
    client.post(reverse("choose_language"), {"language": "hu", "next": "/sign-in/"})

    assert 'lang="hu"' in client.get(reverse("sign_in")).content.decode()
    assert client.get(reverse("choose_language")).status_code == 405


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("Asia/Taipei", "Asia/Taipei"), ("Mars/Olympus", "Europe/Berlin"), ("", "Europe/Berlin")],
)
def test_pages_are_shown_in_the_readers_zone(rf: RequestFactory, zone: str, shown: str) -> None:
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(timezone.get_current_timezone_name())
        return HttpResponse()

    request = rf.get("/")
    request.user = person(time_zone=zone)
    before = timezone.get_current_timezone_name()

    ReaderZoneMiddleware(view)(request)

    assert seen == [shown]
    assert timezone.get_current_timezone_name() == before


def test_error_pages_are_whole_pages_of_the_desk(client: Client, rf: RequestFactory) -> None:
    missing = client.get("/nothing/here/")
    assert missing.status_code == 404
    assert "<h1>Page not found</h1>" in missing.content.decode()

    for answer, status, title in (
        (defaults.server_error(rf.get("/")), 500, "Something went wrong"),
        (defaults.bad_request(rf.get("/"), ValueError()), 400, "This request can&#x27;t be read"),
        (defaults.permission_denied(rf.get("/"), ValueError()), 403, "Not allowed"),
    ):
        assert answer.status_code == status
        page = answer.content.decode()
        assert f"<h1>{title}</h1>" in page.replace("can't", "can&#x27;t")
        assert "cpor/desk.css" in page


def test_a_form_without_its_token_gets_an_explanation() -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("sign_in"), {})

    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()


def test_a_field_says_what_is_wrong_where_it_is_wrong(client: Client) -> None:
    page = client.post(reverse("sign_in"), {"login": "", "password": ""}).content.decode()

    assert '<a href="#id_login">Fill in this field.</a>' in page
    assert 'aria-describedby="id_login_error"' in page
    assert 'aria-invalid="true"' in page
    assert '<ul class="errorlist" id="id_login_error">' in page


def test_an_empty_error_list_is_nothing() -> None:
    assert render_to_string("django/forms/errors/list/ul.html", {"errors": []}).strip() == ""
