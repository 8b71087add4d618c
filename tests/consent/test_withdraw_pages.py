"""The page behind the link once the window is over, and the way to withdraw there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from claims import actors
from claims.models import Claim
from claims.services.endings import end_association
from claims.states import Status
from consent.models import ConsentAnswer
from consent.services import answers
from consent.services.answers import Responder
from consent.services.windows import finalise_consent_windows
from tests import acts, factories
from tests.factories import at
from tests.shared import shared

pytestmark = pytest.mark.django_db
GIVEN = {"responder_name": "Jana Meier", "reason": "project_ended", "confirmed": "on"}


@shared
def claim() -> Claim:
    """In force since 9 June 2026, for two products."""
    with time_machine.travel(at("2026-06-01T10:00+02:00"), tick=False):
        made = acts.in_window(factories.make_claim(products=("exchange_online", "teams")))
    with time_machine.travel(at("2026-06-09T00:06+02:00"), tick=False):
        finalise_consent_windows()
    return acts.fresh(made)


@pytest.fixture(autouse=True)
def _later() -> Iterator[None]:
    with time_machine.travel(at("2026-06-20T10:00+02:00"), tick=False):
        yield


def url(claim: Claim, page: str = "consent_page") -> str:
    return reverse(page, args=[acts.token_of(claim)])


def lines(claim: Claim) -> list[int]:
    return list(claim.lines.order_by("pk").values_list("pk", flat=True))


@pytest.mark.parametrize("page", ["consent_page", "consent_agree", "consent_decline"])
def test_the_link_now_shows_what_stands_and_the_way_out(
    client: Client, claim: Claim, page: str
) -> None:
    response = client.get(url(claim, page))
    text = response.content.decode()
    assert response.status_code == 200
    for words in (
        "The response period ended on 8 June 2026. You can still ask to end the association here.",
        "In force since",
        "9 June 2026",
        "Exchange Online",
        "Microsoft Teams",
        f'href="{url(claim, "consent_withdraw")}?lang=en"',
    ):
        assert words in text


def test_withdrawing_one_product_and_then_the_other(client: Client, claim: Claim) -> None:
    first, second = lines(claim)
    response = client.post(url(claim, "consent_withdraw"), GIVEN | {"lines": [first]}, follow=True)
    assert response.redirect_chain == [(url(claim, "consent_done") + "?lang=en", 302)]
    text = response.content.decode()
    assert "is no longer your partner of record for:" in text
    assert "Exchange Online" in text
    assert acts.fresh(claim).status == Status.APPROVED
    page = client.get(url(claim, "consent_withdraw")).content.decode()
    assert "Microsoft Teams" in page.partition("<form")[2]
    assert "Exchange Online" not in page.partition("<form")[2]
    client.post(url(claim, "consent_withdraw"), GIVEN | {"lines": [second]})
    assert acts.fresh(claim).status == Status.ENDED
    assert "You answered on 20 June 2026: withdrawn." in client.get(url(claim)).content.decode()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"confirmed": ""}, "Tick the box to confirm that it is to end."),
        ({"responder_name": ""}, "Enter your name."),
        ({"lines": []}, "Choose at least one product to withdraw."),
    ],
)
def test_what_is_missing_is_told_and_nothing_typed_is_lost(
    client: Client, claim: Claim, given: dict[str, object], sentence: str
) -> None:
    typed = GIVEN | {"lines": lines(claim), "message": "Ask our CIO."} | given
    response = client.post(url(claim, "consent_withdraw"), typed)
    text = response.content.decode()
    assert response.status_code == 422
    assert sentence in text
    assert "Ask our CIO." in text
    assert "<title>Error: Withdraw" in text
    assert not ConsentAnswer.objects.exists()


def test_the_months_end_is_named_before_and_after(
    client: Client, claim: Claim, settings: Settings
) -> None:
    settings.CPOR_WITHDRAWAL_TAKES_EFFECT = "month_end"
    form = client.get(url(claim, "consent_withdraw")).content.decode()
    assert "The association ends with the end of Tuesday, 30 June 2026 (Europe/Berlin)" in form
    response = client.post(
        url(claim, "consent_withdraw"), GIVEN | {"lines": lines(claim)}, follow=True
    )
    assert "With the end of Tuesday, 30 June 2026" in response.content.decode()
    text = client.get(url(claim)).content.decode()
    assert "Jana Meier withdrew on 20 June 2026. With the end of Tuesday, 30 June 2026" in text
    assert url(claim, "consent_withdraw") not in text
    again = client.get(url(claim, "consent_withdraw"))
    assert (again.status_code, again["Location"]) == (302, url(claim) + "?lang=en")


def test_a_refusal_that_comes_too_late_is_kept_for_the_withdrawal(
    client: Client, claim: Claim
) -> None:
    given = {"responder_name": "Jana Meier", "lines": [lines(claim)[1]], "message": "Not them!"}
    response = client.post(url(claim, "consent_decline"), given)
    text = response.content.decode()
    assert "Nothing has been recorded yet. What you typed is below." in text
    assert f'action="{url(claim, "consent_withdraw")}?lang=en"' in text
    assert 'value="Jana Meier"' in text
    assert "Not them!" in text
    chosen = response.context["form"]["lines"].value()
    assert chosen == [str(lines(claim)[1])]
    assert not ConsentAnswer.objects.exists()


def test_in_the_window_there_is_nothing_to_withdraw(client: Client) -> None:
    fresh = acts.in_window()
    for response in (
        client.get(url(fresh, "consent_withdraw")),
        client.post(url(fresh, "consent_withdraw"), GIVEN | {"lines": lines(fresh)}),
    ):
        assert (response.status_code, response["Location"]) == (302, url(fresh) + "?lang=en")
    assert not ConsentAnswer.objects.exists()


def test_nothing_is_left_where_the_partner_has_ended_it(client: Client, claim: Claim) -> None:
    end_association(
        claim_id=claim.pk, actor=actors.partner(claim.created_by), reason="They pay too little."
    )
    text = client.get(url(claim, "consent_withdraw")).content.decode()
    assert "This association has ended. There is nothing left to answer." in text
    assert "They pay too little." not in text


def test_the_language_stays_while_clicking_on(client: Client, claim: Claim) -> None:
    page = client.get(url(claim) + "?lang=sv").content.decode()
    assert '<html lang="sv">' in page
    hrefs = [part.partition('"')[0] for part in page.split('href="')[1:]]
    inside = [href for href in hrefs if href.startswith("/consent/")]
    assert inside
    assert [href for href in inside if not href.endswith("?lang=sv")] == []
    form = client.get(url(claim, "consent_withdraw") + "?lang=sv").content.decode()
    assert f'action="{url(claim, "consent_withdraw")}?lang=sv"' in form
    done = client.post(url(claim, "consent_withdraw") + "?lang=sv", GIVEN | {"lines": lines(claim)})
    assert done["Location"] == url(claim, "consent_done") + "?lang=sv"


def test_the_page_about_the_answer_needs_one(client: Client, claim: Claim) -> None:
    response = client.get(url(claim, "consent_done"))
    assert (response.status_code, response["Location"]) == (302, url(claim) + "?lang=en")


class TestTwoRecipients:
    """Q20: a refusal wins until the window ends, whoever agrees before or after."""

    @pytest.fixture
    def asked(self) -> Claim:
        tenant = factories.make_tenant(admin_emails=["it@contoso.example"])
        return acts.in_window(
            factories.make_claim(tenant=tenant, products=("exchange_online", "teams"))
        )

    def test_one_agrees_and_the_other_declines(self, client: Client, asked: Claim) -> None:
        boss, admin = acts.token_of(asked), acts.token_of(asked, "tenant_admin")
        answers.agree(token=boss, responder=Responder(name="Berta"))
        text = client.get(reverse("consent_page", args=[admin])).content.decode()
        assert "Somebody at your organisation agreed on" in text
        assert "Berta" not in text
        answers.decline(token=admin, responder=Responder(name="Theo"))
        assert acts.fresh(asked).status == Status.REJECTED
        text = client.get(reverse("consent_page", args=[boss])).content.decode()
        assert "You answered on" in text

    def test_agreeing_after_a_refused_line_does_not_bring_it_back(self, asked: Claim) -> None:
        first, second = asked.lines.order_by("pk")
        boss, admin = acts.token_of(asked), acts.token_of(asked, "tenant_admin")
        answers.decline(token=admin, responder=Responder(name="Theo"), line_ids=[first.pk])
        answer = answers.agree(token=boss, responder=Responder(name="Berta"))
        assert list(answer.lines.all()) == [second]
        with acts.past(acts.fresh(asked)):
            finalise_consent_windows()
        statuses = asked.lines.order_by("pk").values_list("line_status", flat=True)
        assert list(statuses) == ["rejected", "approved"]
