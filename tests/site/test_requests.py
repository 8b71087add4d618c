"""What every request gets: a number, a bound on its body, error pages that tell little."""

from __future__ import annotations

import logging
import re
from io import StringIO
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from claims.models import ClaimEvent
from cpor_site.common.logs import LinklessFormatter
from cpor_site.urls import urlpatterns as real
from tests import acts, factories

pytestmark = pytest.mark.django_db
NUMBER = re.compile(r"[0-9a-f]{16}")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret of the server")


urlpatterns = [path("broken/", broken), *real]


def test_each_request_has_a_number_of_its_own(client: Client) -> None:
    numbers = [
        client.get("/sign-in/", headers={"X-Request-ID": "mine"})["X-Request-ID"]
        for _each in range(2)
    ]
    assert all(NUMBER.fullmatch(each) for each in numbers)
    assert len(set(numbers)) == 2


@override_settings(ROOT_URLCONF="tests.site.test_requests")
def test_error_pages_tell_the_number_and_nothing_else(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.raise_request_exception = False
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(LinklessFormatter())
    logging.getLogger("django.request").addHandler(handler)
    try:
        missing = client.get("/nowhere/")["X-Request-ID"]
        response = client.get("/broken/")
    finally:
        logging.getLogger("django.request").removeHandler(handler)
    assert f"Not Found: /nowhere/ [{missing}]\n" in written.getvalue()
    page = response.content.decode()
    number = response["X-Request-ID"]
    assert response.status_code == 500
    assert (number in page, "secret" in page, "RuntimeError" in page) == (True, False, False)
    assert ("secret" in written.getvalue(), f"[{number}]" in written.getvalue()) == (True, True)
    for address, status in (("/nowhere/", 404), ("/claims/99/", 302), ("/consent/x/", 404)):
        response = client.get(address)
        assert response.status_code == status
        if status == 404 and not address.startswith("/consent"):
            assert response["X-Request-ID"] in response.content.decode()


def _close(response: Any) -> None:
    """Close the file that is sent; closing the answer would end the test's connection."""
    for close in response._resource_closers:
        close()


def test_the_claims_record_names_the_request() -> None:
    client = Client()
    claim = factories.make_claim()
    client.force_login(claim.created_by)
    response: Any = client.get(f"/claims/documents/{claim.documents.get().pk}/download")
    _close(response)
    event = ClaimEvent.objects.get(claim=claim)
    assert (event.kind, event.internal) == ("document_downloaded", True)
    assert (event.actor, event.request_id) == (claim.created_by, response["X-Request-ID"])
    assert event.details == {"document": claim.documents.get().pk}
    _close(client.head(f"/claims/documents/{claim.documents.get().pk}/download"))
    assert ClaimEvent.objects.filter(claim=claim).count() == 1
    acts.submit(claim)
    assert ClaimEvent.objects.filter(claim=claim).last().request_id == ""  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("signed_in", "length", "status"),
    [
        (False, 3 * 1024 * 1024 + 1, 413),
        (False, 3 * 1024 * 1024, 400),
        (True, 110 * 1024 * 1024 + 1, 413),
        (True, 4 * 1024 * 1024, 200),
        (False, 10**30, 413),
    ],
)
def test_a_body_that_is_too_long_is_not_read(signed_in: bool, length: int, status: int) -> None:
    client = Client()
    if signed_in:
        client.force_login(factories.make_claim().created_by)
    # The length is what the sender says; nothing of that length is sent.
    response = client.generic(
        "POST", "/sign-in/" if not signed_in else "/language/", b"", CONTENT_LENGTH=str(length)
    )
    assert (response.status_code == 413) == (status == 413)
    if status == 413:
        assert response["X-Request-ID"] in response.content.decode()


def test_files_and_exports_are_counted(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from claims.services import documents
    from claims.views import exports
    from cpor_site.common.problems import Refused
    from tests.claims.attaching import attach

    monkeypatch.setattr(documents, "MOST_FILES", 2)
    monkeypatch.setattr(exports, "MOST_FILES", 2)
    claim = factories.make_claim(document=False)
    for _each in range(2):
        attach(claim, b"x", name="a.txt")
    with pytest.raises(Refused) as caught:
        attach(claim, b"x", name="a.txt")
    assert caught.value.codes == ("LIM-01",)
    client.force_login(claim.created_by)
    answers = [client.get("/claims/export.csv") for _each in range(3)]
    for each in answers:
        each.close()
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert int(answers[-1]["Retry-After"]) <= 600
