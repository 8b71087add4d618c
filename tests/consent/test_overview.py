"""All partners of one customer behind a mailed link: nothing internal, no other tenant."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.models import Claim, ClaimContact, CustomerTenant
from claims.states import Status
from consent.models import ConsentRecipient, OverviewLink
from consent.services import answers, overview
from consent.services.answers import Responder
from consent.services.windows import finalise_consent_windows
from consent.services.withdrawals import withdraw
from consent.tokens import token_for
from consent.views import asking
from cpor_site.common import clock, outbox
from cpor_site.common.models import OutboxMessage
from tests import acts, factories
from tests.shared import shared
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db
ADMIN = "it@contoso.example"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ANSWER_TAKES", timedelta())


@shared
def tenant() -> CustomerTenant:
    return factories.make_tenant("Contoso AG", domain="contoso.example", admin_emails=[ADMIN])


def claim_of(tenant: CustomerTenant, product: str = "exchange_online", **given: Any) -> Claim:
    return acts.in_window(factories.make_claim(tenant=tenant, products=(product,), **given))


@shared
def claim(tenant: CustomerTenant) -> Claim:
    """A claim in the window of the customer."""
    return claim_of(tenant)


@shared
def beside(claim: Claim) -> Claim:
    """Another partner's for another product, in its window too."""
    assert claim.tenant is not None
    return claim_of(claim.tenant, "teams")


def ask(client: Client, email: str) -> Any:
    return client.post(reverse("consent_ask_overview"), {"email": email})


def links_in_last_mail() -> list[str]:
    mail.outbox.clear()
    outbox.send_due()
    letters = [letter for letter in mail.outbox if "/consent/overview/" in str(letter.body)]
    (letter,) = letters
    return re.findall(r"https?://\S+(/consent/overview/[\w-]{43}/)", str(letter.body))


def open_overview(client: Client, email: str) -> str:
    """Ask for a link as that address and return the words of the page behind it."""
    ask(client, email)
    (link,) = links_in_last_mail()
    response = client.get(link)
    assert response.status_code == 200
    return str(response.content.decode())


def test_it_shows_what_stands_what_waits_and_what_has_ended(
    claim: Claim, beside: Claim, client: Client, tenant: CustomerTenant
) -> None:
    active, waiting, declined = claim, beside, claim_of(tenant, "intune")
    answers.decline(token=acts.token_of(declined), responder=Responder(name="Berta"))
    draft = factories.make_claim(tenant=tenant, products=("sharepoint_online",))
    reviewed = acts.under_review(factories.make_claim(tenant=tenant, products=("teams",)))
    elsewhere = claim_of(factories.make_tenant())
    Claim.objects.filter(pk=active.pk).update(consent_closes_at=clock.now() - timedelta(days=1))
    finalise_consent_windows()

    page = open_overview(client, ADMIN)
    now, _heading, ended = page.partition("Ended in the last 180 days")
    for claim in (active, waiting):
        assert claim.number in now
        assert claim.organization.name in now
    assert ("In force since" in now, "Waits for you: you can decline until" in now) == (True, True)
    assert "See and answer" in now
    assert "See and withdraw" in now
    assert declined.number in ended
    assert "your organisation declined" in ended
    for hidden in (draft, reviewed, elsewhere):
        assert hidden.number not in page
    assert "Berta" not in page
    assert str(tenant.tenant_id) not in page


def test_what_ended_long_ago_is_gone(claim: Claim, client: Client, tenant: CustomerTenant) -> None:
    answers.decline(token=acts.token_of(claim), responder=Responder(name="Berta"))
    with time_machine.travel(clock.now() + overview.LATELY + timedelta(hours=1), tick=False):
        page = open_overview(client, ADMIN)
    assert claim.number not in page
    assert "No partner is associated with your organisation at present." in page


def test_one_letter_has_a_link_for_each_customer(
    claim: Claim, client: Client, tenant: CustomerTenant
) -> None:
    other = factories.make_tenant("Adatum", admin_emails=[ADMIN.upper()])
    claims = [claim_of(other), claim]
    ask(client, ADMIN)
    found = links_in_last_mail()
    pages = [client.get(link).content.decode() for link in found]
    assert [claims[0].number in page for page in pages] == [True, False]
    assert [claims[1].number in page for page in pages] == [False, True]
    assert {link.tenant for link in OverviewLink.objects.all()} == {tenant, other}


def test_the_link_is_good_for_a_short_time(
    claim: Claim, client: Client, tenant: CustomerTenant
) -> None:
    ask(client, ADMIN)
    (link,) = links_in_last_mail()
    opened = f"{link}{claim.pk}/"
    with time_machine.travel(clock.now() + overview.LIFETIME, tick=False):
        for response in (client.get(link), client.post(opened)):
            text = response.content.decode()
            assert "This link was good until" in text
            assert claim.number not in text
            assert reverse("consent_ask_overview") in text


@pytest.mark.parametrize("email", ["partner", "user", "stranger"])
def test_nobody_else_gets_a_link(
    claim: Claim, client: Client, tenant: CustomerTenant, email: str
) -> None:
    address = {
        "partner": ClaimContact.objects.get(claim=claim, kind="partner").email,
        "user": claim.created_by.email,
        "stranger": "nobody@elsewhere.example",
    }[email]
    for_stranger = ask(client, address)
    assert not OverviewLink.objects.exists()
    assert not OutboxMessage.objects.filter(kind="overview").exists()
    for_admin = ask(client, ADMIN)
    assert (for_stranger.status_code, for_stranger["Location"]) == (
        for_admin.status_code,
        for_admin["Location"],
    )
    assert OverviewLink.objects.count() == 1


@shared
def desks() -> tuple[Claim, Claim]:
    """Two claims in their windows, of a customer whose administrators read mail at a desk."""
    tenant = factories.make_tenant(
        "Contoso AG", domain="contoso.example", admin_emails=["desk@contoso.example"]
    )
    return claim_of(tenant), claim_of(tenant, "teams")


@pytest.mark.parametrize(
    "look_alike",
    ["bu\u017finess@contoso.example", "bus\u0131ness@contoso.example", "des\u212a@contoso.example"],
)
def test_an_address_that_only_a_database_takes_for_the_customers_gets_nothing(
    client: Client, desks: tuple[Claim, Claim], look_alike: str
) -> None:
    """Where case doesn't count, a long s is an S, a dotless i an I and the Kelvin sign a K."""
    claim, other = desks
    before = OutboxMessage.objects.count()
    ask(client, look_alike)
    client.post(reverse("consent_new_link"), {"email": look_alike})
    assert OutboxMessage.objects.count() == before

    # Nor does somebody who is named like that get the links of the other's letters.
    ClaimContact.objects.filter(claim=other, kind="business").update(email=look_alike)
    with unguarded():
        other_contact = ConsentRecipient.objects.filter(request__claim=other, role="business")
        other_contact.update(email=look_alike)
    client.post(reverse("consent_new_link"), {"email": "business@contoso.example"})
    outbox.send_due()
    (letter,) = mail.outbox
    assert letter.to == ["business@contoso.example"]
    assert claim.number in str(letter.body)
    assert other.number not in str(letter.body)


def test_a_contact_whom_a_partner_named_elsewhere_sees_that_partners_claims_only(
    claim: Claim, client: Client, tenant: CustomerTenant
) -> None:
    """No partner reads another's associations through an address of its choice (5.7)."""
    rival, own = claim, factories.make_claim(tenant=tenant, products=("teams",))
    ClaimContact.objects.filter(claim=own, kind="business").update(email="friend@mail.example")
    own = acts.in_window(own)
    page = open_overview(client, "friend@mail.example")
    assert own.number in page
    assert rival.number not in page
    assert "You see the associations for which you are named as a contact." in page
    link = OverviewLink.objects.get()
    address = reverse("consent_overview_claim", args=[token_for(link.nonce), rival.pk])
    response = client.post(address)
    assert response.status_code == 404
    assert rival.number not in response.content.decode()


def test_a_contact_in_the_customers_own_domain_sees_all(
    beside: Claim, claim: Claim, client: Client, tenant: CustomerTenant
) -> None:
    first, second = claim, beside
    ClaimContact.objects.filter(claim=second).exclude(kind="partner").delete()
    with unguarded():
        ConsentRecipient.objects.filter(request__claim=second).delete()
    page = open_overview(client, "business@contoso.example")
    assert first.number in page
    assert second.number in page


def test_who_is_no_longer_of_the_customer_sees_nothing(
    claim: Claim, client: Client, tenant: CustomerTenant
) -> None:
    ask(client, ADMIN)
    (link,) = links_in_last_mail()
    ConsentRecipient.objects.filter(email=ADMIN).update(superseded_at=clock.now())
    tenant.admin_emails = []
    tenant.save()
    response = client.get(link)
    assert response.status_code == 404
    assert "This link isn&#x27;t valid." in response.content.decode()


def test_from_the_overview_to_an_answer(
    claim: Claim, client: Client, tenant: CustomerTenant
) -> None:
    old = acts.token_of(claim, "tenant_admin")
    page = open_overview(client, ADMIN)
    action = re.search(r'action="(/consent/overview/[\w-]+/\d+/)\?lang=en"', page)
    assert action is not None
    assert client.get(action[1]).status_code == 405
    response = client.post(action[1])
    fresh = re.fullmatch(r"/consent/([\w-]{43})/\?lang=en", response["Location"])
    assert fresh is not None
    assert "says it works for" in client.get(response["Location"]).content.decode()
    answers.decline(token=fresh[1], responder=Responder(name="Theo"))
    assert acts.fresh(claim).status == Status.REJECTED
    assert "A newer link was sent on" in (
        client.get(reverse("consent_page", args=[old])).content.decode()
    )
    assert client.post(action[1]).status_code == 404


def test_an_announced_withdrawal_is_shown_and_not_offered_again(
    client: Client, tenant: CustomerTenant, settings: Any
) -> None:
    settings.CPOR_WITHDRAWAL_TAKES_EFFECT = "month_end"
    with time_machine.travel(factories.at("2026-06-01T10:00+02:00"), tick=False):
        claim = claim_of(tenant)
    with time_machine.travel(factories.at("2026-06-10T10:00+02:00"), tick=False):
        finalise_consent_windows()
        withdraw(token=acts.token_of(claim), responder=Responder(name="Theo"))
        page = open_overview(client, ADMIN)
    assert "withdrawn, ends with Tuesday, 30 June 2026" in page
    assert "See and withdraw" not in page


def test_unknown_links_tell_nothing(claim: Claim, client: Client, tenant: CustomerTenant) -> None:
    for token in ("x", "A" * 43, acts.token_of(claim)):
        response = client.get(reverse("consent_overview", args=[token]))
        assert response.status_code == 404
        assert "This link isn&#x27;t valid." in response.content.decode()


def test_the_number_of_queries_does_not_depend_on_the_number_of_claims(
    claim: Claim, client: Client, tenant: CustomerTenant
) -> None:
    ask(client, ADMIN)
    (link,) = links_in_last_mail()
    client.get(link)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(link)
        return len(queries)

    one = count()
    for product in ("teams", "intune"):
        claim_of(tenant, product)
    assert count() == one
