"""Looking at letters before anybody gets them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from cpor_site.common.models import OutboxMessage
from reviews.letter_kinds import KINDS
from tests import acts, factories

from .pages import browser_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ops() -> Client:
    return browser_of(factories.make_reviewer(role="Ops"))


def test_the_list_leads_to_every_kind(ops: Client) -> None:
    page = ops.get(reverse("admin:reviews_letters")).content.decode()
    for kind in KINDS:
        assert reverse("admin:reviews_letter", args=[kind.code]) in page
    assert (
        reverse("admin:reviews_letters")
        in ops.get(reverse("admin:common_outboxmessage_changelist")).content.decode()
    )


def test_a_lead_reviewer_finds_them_on_the_first_page_and_a_reviewer_does_not() -> None:
    address = reverse("admin:reviews_letters")
    for role, may in (("Lead reviewer", True), ("Reviewer", False)):
        browser = browser_of(factories.make_reviewer(role=role))
        first_page = browser.get(reverse("admin:index")).content.decode()
        assert (f'href="{address}"' in first_page) == may
        response = browser.get(address)
        assert response.status_code == (200 if may else 403)
        sent = reverse("admin:common_outboxmessage_changelist")
        assert f'href="{sent}"' not in response.content.decode()


def test_one_letter_in_polish_with_its_frame(ops: Client) -> None:
    url = reverse("admin:reviews_letter", args=["claim_rejected"])
    response = ops.get(url, {"language": "pl"})
    page = response.content.decode()
    frame = reverse("admin:reviews_letter_html", args=["claim_rejected"]) + "?language=pl"
    assert f'<iframe class="letter-frame" sandbox src="{frame}"' in page
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert OutboxMessage.objects.count() == 0


def test_the_frame_has_a_stricter_policy_of_its_own(ops: Client) -> None:
    url = reverse("admin:reviews_letter_html", args=["claim_rejected"])
    response = ops.get(url, {"language": "sv"})
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'sha256-")
    assert policy.endswith("='; frame-ancestors 'self'")
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert '<html lang="sv">' in response.content.decode()


def test_the_frame_has_the_colours_that_the_letter_in_it_chooses() -> None:
    """A letter's words are white where the reader prefers dark; a frame of its own hides them."""
    found = finders.find("reviews/letters.css")
    assert isinstance(found, str)
    frame = Path(found).read_text().split(".letter-frame {")[1].split("}")[0]
    assert "background: Canvas;" in frame
    assert "color-scheme: light dark;" in frame


def test_with_the_names_and_lines_of_a_claim(ops: Client) -> None:
    tenant = factories.make_tenant("Woodgrove <Bank>")
    claim = acts.submit(factories.make_claim(tenant=tenant))
    url = reverse("admin:reviews_letter", args=["claim_taken_up"])
    response = ops.get(url, {"claim": claim.number})
    assert "Woodgrove <Bank>" in text_of(response)
    assert "Woodgrove <Bank>" not in response.content.decode()
    assert "There is no claim CPOR-1" in text_of(ops.get(url, {"claim": "CPOR-1"}))


def test_unknown_kinds_languages_and_claims(ops: Client) -> None:
    assert ops.get(reverse("admin:reviews_letter", args=["nothing"])).status_code == 404
    url = reverse("admin:reviews_letter", args=["claim_taken_up"])
    assert ops.get(url, {"language": "xx", "claim": "\0"}).status_code == 200
    assert ops.post(url).status_code == 405


@pytest.mark.parametrize(("role", "status"), [("Auditor", 200), ("Reviewer", 403)])
def test_who_may_look(role: str, status: int) -> None:
    browser = browser_of(factories.make_reviewer(role=role))
    for url in (
        reverse("admin:reviews_letters"),
        reverse("admin:reviews_letter", args=["claim_taken_up"]),
        reverse("admin:reviews_letter_html", args=["claim_taken_up"]),
    ):
        assert browser.get(url).status_code == status
