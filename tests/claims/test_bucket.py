"""Documents in a bucket: private, handed out at signed addresses that are soon worth nothing."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse

from claims.models import ClaimEvent
from claims.services.handing_out import signed_address
from cpor_site.env import read
from cpor_site.settings import _bucket_storage
from tests import factories, files
from tests.claims.attaching import attach
from tests.s3_server import Bucket, s3_server
from tests.site.environments import PRODUCTION

pytestmark = [pytest.mark.django_db, pytest.mark.stack]


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    with s3_server() as bucket:
        yield bucket


@pytest.fixture
def bucket(server: Bucket, settings: Any, tmp_path: Any) -> Bucket:
    env = read(PRODUCTION | server.environ | {"CPOR_VAR_DIR": str(tmp_path)})
    assert env.bucket is not None
    settings.STORAGES = settings.STORAGES | {"default": _bucket_storage(env.bucket)}
    return server


def fetch(address: str) -> tuple[int, bytes, Message]:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own server
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, b"", refusal.headers


@pytest.mark.usefixtures("bucket")
class TestInABucket:
    def test_a_document_is_handed_out_at_a_signed_address(self, client: Client) -> None:
        claim = factories.make_claim(document=False)
        content = files.pdf("Statement of work")
        document = attach(claim, content, name="Żądanie.pdf")
        assert re.fullmatch(rf"poe/{claim.pk}/[0-9a-f]{{32}}", document.file.name or "")
        client.force_login(claim.created_by)
        response = client.get(reverse("document_download", args=[document.pk]))
        assert response.status_code == 302
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["Cache-Control"] == "private, no-store"
        address = response["Location"]
        assert parse_qs(urlsplit(address).query)["X-Amz-Expires"] == ["60"]
        status, body, headers = fetch(address)
        assert (status, body) == (200, content)
        event = ClaimEvent.objects.get(claim=claim, kind="document_downloaded")
        assert event.details == {"document": document.pk}
        assert client.head(reverse("document_download", args=[document.pk])).status_code == 302
        assert ClaimEvent.objects.filter(claim=claim, kind="document_downloaded").count() == 2

        plain = address.partition("?")[0]
        forged = re.sub(r"(X-Amz-Signature=)[0-9a-f]{4}", r"\g<1>0000", address)
        other = address.replace(str(document.file.name), f"poe/{claim.pk}/{'0' * 32}")
        longer = address.replace("X-Amz-Expires=60", "X-Amz-Expires=6000")
        renamed = address.replace("attachment", "inline")
        for each in (plain, forged, other, longer, renamed):
            assert fetch(each)[0] in (400, 403), each

    def test_strangers_get_no_address(self, client: Client) -> None:
        document = attach(factories.make_claim(document=False))
        client.force_login(factories.make_claim().created_by)
        assert client.get(reverse("document_download", args=[document.pk])).status_code == 404

    def test_an_address_is_soon_worth_nothing(self, settings: Any) -> None:
        settings.CPOR_SIGNED_SECONDS = 1
        address = signed_address(attach(factories.make_claim(document=False)))
        assert fetch(address)[0] == 200
        time.sleep(2)
        assert fetch(address)[0] in (400, 403)

    def test_the_bucket_is_told_to_send_a_file_and_never_a_page(self) -> None:
        document = attach(factories.make_claim(document=False), b"a;b\n", name='x"\u202e.csv')
        asked = parse_qs(urlsplit(signed_address(document)).query)
        assert {key: asked[key] for key in asked if key.startswith("response-")} == {
            "response-content-type": ["text/csv"],
            "response-content-disposition": ['attachment; filename="x\\".csv"'],
            "response-cache-control": ["private, no-store"],
        }

    def test_what_was_refused_is_gone_from_the_bucket(self, bucket: Bucket) -> None:
        before = sorted(bucket.folder.rglob("*"))
        with pytest.raises(Exception, match="POE-02"):
            attach(factories.make_claim(document=False), b"<html>", name="a.txt")
        assert sorted(bucket.folder.rglob("*")) == before


def test_a_large_file_is_sent_as_it_is_read(bucket: Bucket) -> None:
    config = storages["default"].transfer_config  # type: ignore[attr-defined]
    assert config.multipart_threshold > 1000 * 1024 * 1024
