"""The customer's pages: nothing changes on GET, nothing leaks, nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse

from claims.models import Claim, PoEDocument
from claims.states import Status
from consent.models import ConsentAnswer, ConsentRecipient
from consent.services import answers, links
from consent.services.requests import Addressee
from consent.tokens import token_for
from cpor_site.common import clock
from tests import acts, factories
from tests.shared import shared

pytestmark = pytest.mark.django_db
PAGES = ("consent_page", "consent_agree", "consent_decline")


@shared
def claim() -> Claim:
    return acts.in_window(factories.make_claim(products=("exchange_online", "teams")))


def url(claim: Claim, page: str = "consent_page") -> str:
    return reverse(page, args=[acts.token_of(claim)])


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_mail_scanner_changes_nothing(
    client: Client, claim: Claim, page: str, method: str
) -> None:
    """Scenario 6."""
    before = (Claim.objects.values().get(pk=claim.pk), claim.events.count())
    response = getattr(client, method)(url(claim, page))
    assert response.status_code == 200
    assert (Claim.objects.values().get(pk=claim.pk), claim.events.count()) == before
    assert not ConsentAnswer.objects.exists()


@pytest.mark.parametrize(
    ("page", "policy"),
    # A form needs its origin to be sent, or the CSRF check refuses it.
    [
        ("consent_page", "no-referrer"),
        ("consent_agree", "same-origin"),
        ("consent_decline", "same-origin"),
    ],
)
def test_no_page_lets_the_link_out(client: Client, claim: Claim, page: str, policy: str) -> None:
    """Section 7.6."""
    response = client.get(url(claim, page))
    assert response["Referrer-Policy"] == policy
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Cache-Control"] == "no-store"
    assert "script-src 'self'" in response["Content-Security-Policy"] or (
        "default-src 'self'" in response["Content-Security-Policy"]
    )


def test_the_page_says_who_claims_what_and_what_silence_does(client: Client, claim: Claim) -> None:
    """Section 7.3."""
    text = client.get(url(claim)).content.decode()
    assert claim.tenant is not None
    assert claim.location is not None
    for words in (
        claim.organization.name,
        claim.location.partner_id,
        claim.tenant.name,
        str(claim.tenant.tenant_id)[-4:],
        "Exchange Online",
        "Microsoft Teams",
        claim.number,
        "It is your turn.",
        "you need not do anything: without an answer the partner is recorded",
        "Dates and times are those of the zone Europe/Berlin.",
    ):
        assert words in text
    assert str(claim.tenant.tenant_id) not in text
    assert claim.documents.get().original_name not in text


def test_declining_one_product_and_then_the_other(client: Client, claim: Claim) -> None:
    first, second = claim.lines.order_by("pk")
    given = {"responder_name": "Jana Meier", "reason": "project_ended"}
    response = client.post(url(claim, "consent_decline"), given | {"lines": [first.pk]})
    assert response.status_code == 302
    told, rest = client.get(response["Location"]).content.decode().split("You did not decline for")
    assert (first.product.name in told, first.product.name in rest) == (True, False)
    assert second.product.name in rest
    assert acts.fresh(claim).status == Status.APPROVED
    client.post(url(claim, "consent_decline"), given | {"lines": [second.pk]})
    assert acts.fresh(claim).status == Status.REJECTED
    again = client.post(url(claim, "consent_decline"), given | {"lines": [second.pk]})
    assert "TOK-04" not in again.content.decode()
    assert "You answered on" in again.content.decode()
    assert ConsentAnswer.objects.count() == 2


@pytest.mark.parametrize("by", ["a second click", "a colleague"])
def test_a_refusal_that_somebody_else_was_quicker_with(
    client: Client, claim: Claim, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    tenant_admin = ConsentRecipient.objects.get()
    if by == "a colleague":
        tenant_admin = links.make_link(
            claim,
            Addressee("tenant_admin", "", "it@contoso.example", "en"),
            now=clock.now(),
        )
    quicker, decline = token_for(tenant_admin.nonce), answers.decline

    def overtaken(**given: Any) -> ConsentAnswer:
        decline(**given | {"token": quicker})
        return decline(**given)

    own = ConsentRecipient.objects.earliest("pk")
    address = reverse("consent_decline", args=[token_for(own.nonce)])
    given = {"responder_name": "Jana Meier", "lines": [claim.lines.earliest("pk").pk]}
    with monkeypatch.context() as patch:
        patch.setattr(answers, "decline", overtaken)
        response = client.post(address, given)
    if by == "a colleague":
        assert response.status_code == 422
        assert "Jana Meier" in response.content.decode()
        return
    for each in (response, client.post(address, given)):
        assert each.status_code == 302
        assert each["Location"].startswith(url(claim, "consent_done"))
    assert ConsentAnswer.objects.count() == 1


def test_a_missing_name_loses_nothing_that_was_typed(client: Client, claim: Claim) -> None:
    line = claim.lines.order_by("pk").first()
    assert line is not None
    given = {"lines": [line.pk], "message": "Ask our CIO.", "reason": "other_partner"}
    response = client.post(url(claim, "consent_decline"), given)
    text = response.content.decode()
    assert response.status_code == 422
    assert "Enter your name." in text
    assert "Ask our CIO." in text
    assert acts.fresh(claim).status == Status.APPROVED


def test_a_line_of_another_claim_can_not_be_declined(client: Client, claim: Claim) -> None:
    other = acts.in_window(factories.make_claim())
    foreign = other.lines.get()
    response = client.post(
        url(claim, "consent_decline"), {"responder_name": "J", "lines": [foreign.pk]}
    )
    assert response.status_code == 422
    assert acts.fresh(other).status == acts.fresh(claim).status == Status.APPROVED


def test_a_customer_can_answer_while_redis_is_away(
    client: Client, claim: Claim, settings: Any
) -> None:
    """The window runs on meanwhile, and silence counts as consent."""
    redis = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": redis, "LOCATION": "redis://127.0.0.1:1/0"}}
    assert client.get(url(claim, "consent_decline")).status_code == 200
    lines = [line.pk for line in claim.lines.all()]
    given = {"responder_name": "Jana Meier", "lines": lines}
    assert client.post(url(claim, "consent_decline"), given).status_code == 302
    assert acts.fresh(claim).status == Status.REJECTED


def test_answers_need_the_page_they_come_from(claim: Claim) -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(url(claim, "consent_agree"), {"responder_name": "J"})
    assert response.status_code == 403
    assert not ConsentAnswer.objects.exists()


@pytest.mark.parametrize("page", PAGES)
def test_an_unknown_link_tells_nothing(client: Client, claim: Claim, page: str) -> None:
    for token in ("x-y_z", "A" * 43, acts.token_of(claim)[:-1], acts.token_of(claim) + "A"):
        response = client.get(reverse(page, args=[token]))
        text = response.content.decode()
        assert response.status_code == 404
        assert "This link isn&#x27;t valid." in text
        assert claim.number not in text
        assert token not in text


def test_a_superseded_link_points_to_the_newer_one(client: Client, claim: Claim) -> None:
    ConsentRecipient.objects.update(superseded_at=claim.consent_sent_at)
    text = client.get(url(claim)).content.decode()
    assert "A newer link was sent on" in text
    assert claim.organization.name not in text


def test_after_the_window_the_page_says_so(client: Client, claim: Claim) -> None:
    assert claim.consent_closes_at is not None
    with time_machine.travel(claim.consent_closes_at + timedelta(seconds=1), tick=False):
        for page in PAGES:
            assert "The response period ended on" in client.get(url(claim, page)).content.decode()
        client.post(
            url(claim, "consent_decline"),
            {"responder_name": "J", "lines": [line.pk for line in claim.lines.all()]},
        )
    assert acts.fresh(claim).status == Status.APPROVED


def test_agreeing_says_until_when_one_can_still_decline(client: Client, claim: Claim) -> None:
    response = client.post(
        url(claim, "consent_agree"), {"responder_name": "Jana Meier"}, follow=True
    )
    assert response.status_code == 200
    assert "can still decline" in response.content.decode()
    answer = ConsentAnswer.objects.get()
    assert (answer.kind, answer.responder_name, answer.ip_address) == (
        "agreed",
        "Jana Meier",
        "127.0.0.1",
    )


def test_a_second_click_on_agree_writes_nothing_more(client: Client, claim: Claim) -> None:
    for name in ("Jana Meier", "Jana Meier", "Uwe Meier"):
        client.post(url(claim, "consent_agree"), {"responder_name": name})
    names = ConsentAnswer.objects.order_by("pk").values_list("responder_name", flat=True)
    assert list(names) == ["Jana Meier", "Uwe Meier"]


def test_the_page_speaks_the_language_that_was_chosen(client: Client, claim: Claim) -> None:
    assert '<html lang="en">' in client.get(url(claim)).content.decode()
    assert '<html lang="sv">' in client.get(url(claim) + "?lang=sv").content.decode()
    assert '<html lang="en">' in client.get(url(claim) + "?lang=xx").content.decode()


def test_the_public_page_needs_no_link(client: Client) -> None:
    response = client.get(reverse("consent_about"))
    assert response.status_code == 200
    text = response.content.decode()
    assert "partner of record" in text
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    assert f"come from {sender}, " in text
    assert f"their links begin with {settings.CPOR_PUBLIC_URL}/" in text


def test_a_customer_at_the_sign_in_page_is_shown_the_way(client: Client) -> None:
    assert f'href="{reverse("consent_about")}"' in client.get("/sign-in/").content.decode()


def test_what_was_attached_after_the_approval_is_no_proof_that_was_read(
    client: Client, claim: Claim
) -> None:
    factories.make_document(
        claim, kind=PoEDocument.Kind.REPORT, occasion=PoEDocument.Occasion.REFRESH
    )

    response = client.get(url(claim))

    assert [each.kind for each in response.context["documents"]] == ["sow"]
