"""Mail scanners follow links: reading any of the customer's pages changes nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from claims.models import Claim
from consent import urls
from consent.models import ConsentRecipient, OverviewLink
from consent.services import answers, overview
from consent.services.answers import Responder
from consent.services.windows import finalise_consent_windows
from consent.services.withdrawals import withdraw
from consent.tokens import token_for
from consent.views import frame
from cpor_site.common import clock
from tests import acts, factories
from tests.shared import shared

pytestmark = pytest.mark.django_db

STATES = ("asked", "agreed", "declined", "over", "withdrawn", "superseded", "unknown")


def everything() -> dict[str, list[Any]]:
    """Return the rows of every table."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found[table] = sorted(cursor.fetchall(), key=repr)
    return found


@shared
def claim() -> Claim:
    tenant = factories.make_tenant(admin_emails=["it@contoso.example"])
    return acts.in_window(factories.make_claim(tenant=tenant))


def link_in(claim: Claim, state: str) -> tuple[str, str]:
    """Return a link and an overview's link of the claim in one of the states links can be in."""
    token = acts.token_of(claim)
    somebody = Responder(name="Jana Meier")
    match state:
        case "agreed":
            answers.agree(token=token, responder=somebody)
        case "declined":
            answers.decline(token=token, responder=somebody)
        case "over" | "withdrawn":
            Claim.objects.filter(pk=claim.pk).update(
                consent_closes_at=clock.now() - timedelta(days=1)
            )
            claim.consent_requests.update(closes_at=clock.now() - timedelta(days=1))
            finalise_consent_windows()
        case "superseded":
            ConsentRecipient.objects.update(superseded_at=clock.now())
        case "unknown":
            token = "A" * 43
    if state == "withdrawn":
        withdraw(token=token, responder=somebody)
    overview.send_overview(email="it@contoso.example")
    link = OverviewLink.objects.first()
    return token, token_for(link.nonce) if link and state != "unknown" else token


def addresses(claim: Claim, token: str, overview_token: str) -> Iterator[str]:
    """Yield the address of every page of the customer's; a new one must be thought of here."""
    for pattern in urls.urlpatterns:
        name = pattern.name
        assert name is not None
        route = str(pattern.pattern)
        if "overview/<" in route:
            given: list[Any] = [overview_token]
        else:
            given = [token] if "<str:token>" in route else []
        if "<int:claim_id>" in route:
            given.append(claim.pk)
        yield reverse(name, args=given)


QUERIES = ("", "?lang=pl", "?sent=1&lang=xx")


@pytest.mark.parametrize("state", STATES)
def test_reading_changes_nothing_and_every_page_keeps_to_itself(
    client: Client, claim: Claim, state: str
) -> None:
    token, overview_token = link_in(claim, state)
    before = everything()
    for address in addresses(claim, token, overview_token):
        for query in QUERIES:
            response = client.get(address + query)
            assert response.status_code in (200, 302, 404, 405), address
            if response.status_code != 405:
                has_form = b"<form" in response.content
                assert response["Referrer-Policy"] == ("same-origin" if has_form else "no-referrer")
                assert response["X-Robots-Tag"] == "noindex, nofollow"
                assert response["Cache-Control"] == "no-store"
                assert "default-src 'self'" in response["Content-Security-Policy"]
        for ask in (client.head, client.options):
            response = ask(address + QUERIES[-1])
            assert response.status_code in (200, 302, 404, 405), address
            assert ask is client.options or response.content == b""
    assert everything() == before


def test_one_address_reads_so_many_pages_a_minute(
    client: Client, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame, "PAGES_A_MINUTE", 3)
    cache.clear()
    token, overview_token = link_in(claim, "asked")
    with time_machine.travel(clock.now(), tick=False) as moment:
        for address in list(addresses(claim, token, overview_token))[:3]:
            assert client.get(address).status_code == 200
        for address in (reverse("consent_page", args=[token]), reverse("consent_about")):
            response = client.get(address)
            assert response.status_code == 429
            assert 0 < int(response["Retry-After"]) <= 60
            assert response["Cache-Control"] == "no-store"
            assert claim.number not in response.content.decode()
        other = Client(REMOTE_ADDR="192.0.2.9")
        assert other.get(reverse("consent_page", args=[token])).status_code == 200
        moment.shift(timedelta(minutes=1))
        assert client.get(reverse("consent_page", args=[token])).status_code == 200
