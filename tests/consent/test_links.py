"""Asking for a new link: only the customer's people get one, and nobody learns who they are."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import reverse

from claims.models import Claim, ClaimContact
from claims.states import Status
from consent.models import ConsentEvent, ConsentRecipient, ConsentRequest
from consent.services import answers, links
from consent.services.answers import LinkSuperseded, Responder
from consent.services.windows import finalise_consent_windows
from consent.services.withdrawals import withdraw
from consent.views import asking
from cpor_site.common import clock, deliveries, outbox
from cpor_site.common.models import OutboxMessage
from tests import acts, factories
from tests.shared import shared
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ANSWER_TAKES", timedelta())


@shared
def claim() -> Claim:
    return acts.in_window()


def business(claim: Claim) -> str:
    return ClaimContact.objects.get(claim=claim, kind="business").email


def ask(client: Client, email: str, token: str = "", **options: Any) -> Any:
    if token:
        address = reverse("consent_fresh_link", args=[token])
    else:
        address = reverse("consent_new_link")
    return client.post(address, {"email": email}, **options)


def letters() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(kind="new_link").order_by("pk"))


def tokens_in_last_mail() -> list[str]:
    mail.outbox.clear()
    outbox.send_due()
    mail.outbox[:] = [each for each in mail.outbox if "new link" in each.subject]
    (letter,) = mail.outbox
    return re.findall(r"/consent/([\w-]{43})/", str(letter.body))


@pytest.mark.parametrize("from_its_page", [True, False])
def test_a_contact_gets_a_fresh_link_and_the_old_one_points_to_it(
    client: Client, claim: Claim, from_its_page: bool
) -> None:
    old = acts.token_of(claim)
    before = ConsentRecipient.objects.get()
    response = ask(client, business(claim).upper(), old if from_its_page else "", follow=True)
    assert "a letter is on its way" in response.content.decode()

    (fresh,) = tokens_in_last_mail()
    recipient = answers.recipient_of(fresh)
    assert (recipient.role, recipient.name, recipient.email, recipient.locale) == (
        before.role,
        before.name,
        before.email,
        before.locale,
    )
    assert recipient.sent_at is not None
    with pytest.raises(LinkSuperseded):
        answers.recipient_of(old)
    event = ConsentEvent.objects.get(kind="link_requested")
    assert (event.recipient, event.request, event.ip_address) == (
        recipient,
        before.request,
        "127.0.0.1",
    )
    page = client.get(reverse("consent_page", args=[old])).content.decode()
    assert "A newer link was sent on" in page
    assert reverse("consent_fresh_link", args=[old]) in page
    answers.decline(token=fresh, responder=Responder(name="Jana"))
    assert acts.fresh(claim).status == Status.REJECTED


def test_the_stored_letter_holds_no_link(client: Client, claim: Claim) -> None:
    ask(client, business(claim))
    (letter,) = letters()
    stored = letter.text_body + letter.html_body
    assert stored.count(outbox.MARKER) == 2
    (fresh,) = tokens_in_last_mail()
    sent = mail.outbox[0]
    assert isinstance(sent, EmailMultiAlternatives)
    html = str(sent.alternatives[0][0])
    assert f"/consent/{fresh}/" in html
    assert outbox.MARKER not in html + str(sent.body)


def test_nobody_else_gets_a_letter_and_the_answer_is_the_same(client: Client, claim: Claim) -> None:
    known = business(claim)
    partner = ClaimContact.objects.get(claim=claim, kind="partner").email
    strangers = [partner, claim.created_by.email, "nobody@elsewhere.example"]

    def told(email: str, token: str = "") -> tuple[int, str, bytes]:
        response = ask(client, email, token)
        address = response["Location"]
        return response.status_code, address, client.get(address).content

    token = acts.token_of(claim)
    for_strangers = [told(each) for each in strangers]
    assert letters() == []
    assert ConsentRecipient.objects.count() == 1
    for_known = told(known)
    assert len(letters()) == 1
    assert {*for_strangers, for_known} == {for_known}
    with_token = [told(each, token) for each in strangers]
    assert len(letters()) == 1
    assert {told(known, token), *with_token} == {with_token[0]}


def test_an_answer_takes_as_long_for_strangers_as_for_contacts(
    client: Client, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = timedelta(milliseconds=300)
    monkeypatch.setattr(asking, "ANSWER_TAKES", floor)
    for email in (business(claim), "nobody@elsewhere.example"):
        started = time.monotonic()
        ask(client, email)
        assert time.monotonic() - started >= floor.total_seconds()


def test_an_address_gets_a_few_letters_a_day(client: Client, claim: Claim) -> None:
    for number in range(links.LETTERS_A_DAY + 2):
        email = business(claim)
        ask(client, email.upper() if number % 2 else email)
    assert len(letters()) == links.LETTERS_A_DAY
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        ask(client, business(claim))
    assert len(letters()) == links.LETTERS_A_DAY + 1


def test_who_asks_too_often_has_to_wait(client: Client, claim: Claim) -> None:
    for number in range(asking.ASKED_AN_HOUR):
        assert ask(client, f"person{number}@elsewhere.example").status_code == 302
    response = ask(client, business(claim))
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "That was tried too often." in response.content.decode()
    assert letters() == []


def test_one_letter_leads_to_every_living_claim_of_the_address(client: Client) -> None:
    tenant = factories.make_tenant(admin_emails=["IT@contoso.example"])
    claims = [
        acts.in_window(factories.make_claim(tenant=tenant, products=(product,)))
        for product in ("exchange_online", "teams", "intune")
    ]
    answers.decline(token=acts.token_of(claims[0]), responder=Responder(name="Berta"))
    ask(client, "it@contoso.example")

    (letter,) = letters()
    assert letter.claim_number == ""
    found = [answers.recipient_of(token) for token in tokens_in_last_mail()]
    assert [each.request.claim for each in found] == [claims[2], claims[1]]
    body = str(mail.outbox[0].body)
    assert claims[0].number not in body
    assert [body.index(each.number) for each in (claims[2], claims[1])] == sorted(
        body.index(each.number) for each in (claims[2], claims[1])
    )


def test_from_the_page_of_one_claim_the_letter_is_about_that_one(client: Client) -> None:
    tenant = factories.make_tenant(admin_emails=["it@contoso.example"])
    first, _second = (
        acts.in_window(factories.make_claim(tenant=tenant, products=(product,)))
        for product in ("exchange_online", "teams")
    )
    ask(client, "it@contoso.example", acts.token_of(first, "tenant_admin"))
    (letter,) = letters()
    assert letter.claim_number == first.number
    (fresh,) = tokens_in_last_mail()
    assert answers.recipient_of(fresh).request.claim == first


def test_an_administrator_who_was_registered_later_gets_a_link(
    client: Client, claim: Claim
) -> None:
    assert claim.tenant is not None
    claim.tenant.admin_emails = ["new.admin@contoso.example"]
    claim.tenant.save()
    ask(client, "new.admin@contoso.example")
    (fresh,) = tokens_in_last_mail()
    assert answers.recipient_of(fresh).role == ConsentRecipient.Role.TENANT_ADMIN
    assert ConsentRecipient.objects.filter(superseded_at=None).count() == 2


def test_a_link_that_was_sent_again_opens_no_window(client: Client) -> None:
    claim = acts.approved()
    OutboxMessage.objects.update(state=OutboxMessage.State.FAILED)
    ask(client, business(claim))
    outbox.send_due()
    assert acts.fresh(claim).consent_closes_at is None


def test_a_letter_that_a_new_link_overtook_holds_it_and_opens_the_window(client: Client) -> None:
    claim = acts.approved()
    OutboxMessage.objects.filter(kind="consent_request").update(
        next_try_at=clock.now() + timedelta(hours=1)
    )
    ask(client, business(claim))
    (fresh,) = tokens_in_last_mail()
    assert acts.fresh(claim).consent_closes_at is None
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=False):
        mail.outbox.clear()
        outbox.send_due()
        assert acts.fresh(claim).consent_sent_at == clock.now()
    late = [each for each in mail.outbox if each.to == [business(claim)]]
    assert [re.findall(r"/consent/([\w-]{43})/", str(each.body)) for each in late] == [[fresh]]


def test_a_refused_letter_that_a_new_link_overtook_still_counts_as_lost(client: Client) -> None:
    claim = acts.approved()
    ask(client, business(claim))
    letter = OutboxMessage.objects.get(kind="consent_request")
    deliveries.note_bounced(letter.pk, at=clock.now(), reason="550 no such user")
    assert acts.fresh(claim).consent_undelivered_at is not None


def test_after_the_window_the_new_link_serves_to_withdraw(client: Client, claim: Claim) -> None:
    with acts.past(claim, days=20):
        finalise_consent_windows()
        ask(client, business(claim))
        (fresh,) = tokens_in_last_mail()
        withdraw(token=fresh, responder=Responder(name="Jana"))
        assert acts.fresh(claim).status == Status.ENDED
        ask(client, business(claim))
    assert len(letters()) == 1


def test_a_claim_that_nobody_was_asked_about_gets_a_request_that_is_closed(
    client: Client, claim: Claim
) -> None:
    """A migrated claim (Q30): the customer can withdraw what it was never asked."""
    with acts.past(claim, days=2):
        finalise_consent_windows()
        OutboxMessage.objects.all().delete()
        with unguarded():
            ConsentRecipient.objects.all().delete()
            ConsentRequest.objects.all().delete()
        ask(client, business(claim))
        (fresh,) = tokens_in_last_mail()
        request = ConsentRequest.objects.get()
        assert (request.opened_at, request.closed_at) == (None, clock.now())
        page = client.get(reverse("consent_page", args=[fresh])).content.decode()
        assert "You can ask to end the association here." in page
        withdraw(token=fresh, responder=Responder(name="Jana"))
    assert acts.fresh(claim).status == Status.ENDED


def test_a_bad_address_is_told(client: Client) -> None:
    response = ask(client, "berta at contoso")
    assert response.status_code == 422
    assert "Enter an e-mail address, for example name@example.com." in response.content.decode()


def test_asking_needs_the_page_it_comes_from(claim: Claim) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert ask(strict, business(claim)).status_code == 403
    assert letters() == []


def test_an_unknown_link_offers_a_new_one_without_taking_the_token_along(client: Client) -> None:
    response = client.get(reverse("consent_page", args=["A" * 43]))
    text = response.content.decode()
    assert response.status_code == 404
    assert reverse("consent_new_link") in text
    assert "A" * 43 not in text


def test_the_letter_is_in_the_recipients_language(client: Client) -> None:
    claim = factories.make_claim()
    ClaimContact.objects.filter(claim=claim, kind="business").update(locale="sv")
    claim = acts.in_window(claim)
    ask(client, business(claim))
    assert [letter.locale for letter in letters()] == ["sv"]
