"""Requests that no browser makes are refused before anything stumbles over them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import BadRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from cpor_site.wsgi import DeskRequest, application
from tests.claims.pages import browser_of

pytestmark = pytest.mark.django_db

ODD = ("utf-7", "unicode_escape", "raw_unicode_escape", "utf-16", "punycode", "cp037")


def body_of(name: str, value: str) -> bytes:
    return (
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n--edge--\r\n'
    ).encode()


@pytest.mark.parametrize("encoding", ODD)
def test_a_form_in_another_encoding_is_refused(encoding: str) -> None:
    answer = browser_of().generic(
        "POST",
        reverse("account"),
        body_of("full_name", r"+2AA- \ud800"),
        content_type=f"multipart/form-data; boundary=edge; charset={encoding}",
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("encoding", ODD)
def test_an_address_in_another_encoding_is_refused(encoding: str) -> None:
    answer = browser_of().get(
        reverse("claim_list") + "?q=%2B2AA-",
        headers={"content-type": f"text/plain; charset={encoding}"},
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "us-ascii", "unheard-of"])
def test_what_browsers_send_is_read(encoding: str) -> None:
    browser = browser_of()
    for kind in (
        f"multipart/form-data; boundary=edge; charset={encoding}",
        "multipart/form-data; boundary=edge",
    ):
        body = body_of("full_name", "Zoë Müller")
        answer = browser.generic("POST", reverse("account"), body, content_type=kind)
        assert answer.status_code == 200
        assert answer.context["form"]["full_name"].value().startswith("Zo")


@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "django_language", "messages"])
def test_a_cookie_that_holds_a_nul_is_forgotten(name: str) -> None:
    """A database takes no NUL, and in quotes a cookie may hold one."""
    browser = Client(headers={"cookie": f'{name}="{"a" * 32}\\000"'})
    answer = browser.get(reverse("claim_list"))
    assert answer.status_code == 302


def environ_of(content_type: str, body: bytes = b"") -> dict[str, Any]:
    """Return a POST to the sign-in page as the web server hands it over."""
    environ: dict[str, Any] = RequestFactory().generic("POST", reverse("sign_in"), body).environ
    return environ | {"CONTENT_TYPE": content_type}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain; charset*=unheard''%41",
        "multipart/form-data; boundary*=unheard''%41",
        "text/plain; a*=c'd'e; a*0=1",
    ],
)
def test_a_type_that_can_not_be_read_is_taken_for_none(content_type: str) -> None:
    said: list[str] = []

    def start(status: str, headers: Any, info: Any = None, /) -> Any:
        said.append(status)

    application(environ_of(content_type), start)
    assert said[0].startswith("403")


def test_a_part_whose_header_can_not_be_read_is_refused() -> None:
    body = b"--edge\r\nContent-Disposition: form-data; a*=c'd'e; a*0=1\r\n\r\nx\r\n--edge--\r\n"
    request = DeskRequest(environ_of("multipart/form-data; boundary=edge", body))
    with pytest.raises(BadRequest):
        request.POST.get("login")
