"""What the first page and the ways in and out of the desk offer; who gets where: tests/access."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.models import ConsentRenewal
from consent.models import OverviewLink
from cpor_site.admin import SECTIONS
from cpor_site.common import clock
from cpor_site.common.models import User
from reviews.models import AdministrativeEnd
from tests import factories

from .pages import browser_of, html_of, text_of

pytestmark = pytest.mark.django_db

REGISTERED = {model._meta.label_lower: model for model in admin.site._registry}


def person(role: str) -> User:
    if role == "no role":
        return factories.make_user(is_staff=True)
    return factories.make_reviewer(role=role)


def address(label: str, page: str, *arguments: Any) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{page}", args=arguments)


def test_the_first_page_lists_every_model_once() -> None:
    listed = [label for _title, labels in SECTIONS for label in labels]

    assert sorted(listed) == sorted(REGISTERED)


def test_evidence_tells_its_moments_in_words_and_no_link() -> None:
    with time_machine.travel("2026-06-02T10:00:00Z", tick=False):
        link = OverviewLink.objects.create(
            tenant=factories.make_tenant(),
            email="jana.meier@contoso.example",
            nonce="a nonce",
            token_hash="a hash",
            created_at=clock.now(),
            expires_at=clock.now() + timedelta(hours=1),
        )
        shown = text_of(
            browser_of(person("Auditor")).get(address("consent.overviewlink", "change", link.pk))
        )

    assert "Asked for: Tue 2 June 2026, 10:00 Valid until: Tue 2 June 2026, 11:00" in shown
    assert "a nonce" not in shown
    assert "a hash" not in shown


@pytest.mark.parametrize("rows", [1, 3])
def test_requests_to_leads_are_listed_with_their_history(rows: int) -> None:
    lead, other = person("Lead reviewer"), person("Lead reviewer")
    with time_machine.travel("2026-06-02T10:00:00Z", tick=False):
        for _ in range(rows):
            claim = factories.make_claim()
            asked = {"reason": "A mistake.", "asked_by": claim.created_by, "asked_at": clock.now()}
            made = ConsentRenewal.objects.create(claim=claim, **asked)
            end = AdministrativeEnd.objects.create(
                claim=claim, reason="Fraud.", proposed_by=lead, proposed_at=clock.now()
            )
    end.outcome, end.settled_by, end.settled_at = "confirmed", other, end.proposed_at
    end.save()
    client = browser_of(lead)
    for label, row in (("claims.consentrenewal", made), ("reviews.administrativeend", end)):
        target = address(label, "changelist")
        client.get(target)
        with CaptureQueriesContext(connection) as queries:
            assert text_of(client.get(target)).count("Tue 2 June 2026, 10:00") >= rows
        assert len(queries) == 6
        assert address(label, "history", row.pk) in html_of(
            client.get(address(label, "change", row.pk))
        )
        assert client.post(address(label, "history", row.pk)).status_code == 405

    history = text_of(client.get(address("reviews.administrativeend", "history", end.pk)))
    assert "Outcome : – → became confirmed" in history
    asks, ends = "claims.consentrenewal", "reviews.administrativeend"
    wanted = [(asks, "waits"), (asks, "granted"), (asks, "x"), (ends, "waits"), (ends, "confirmed")]
    found = [
        claim.number in text_of(client.get(address(label, "changelist"), {"outcome": outcome}))
        for label, outcome in wanted
    ]
    assert found == [True, False, True, False, True]


def test_without_a_role_there_is_nothing_to_see() -> None:
    shown = text_of(browser_of(person("no role")).get(reverse("admin:index")))

    assert "Your account has no role at this desk yet." in shown


def test_the_first_page_shows_what_the_role_may_open() -> None:
    reviewer = text_of(browser_of(person("Reviewer")).get(reverse("admin:index")))
    ops = text_of(browser_of(person("Ops")).get(reverse("admin:index")))

    assert (
        "Review Claims Competing claims cases Canned texts Partners Partner organisations"
    ) in reviewer
    assert "Users" not in reviewer
    assert "Operation Users Add Users" in ops
    assert "Add Claims" not in ops


class TestWaysInAndOut:
    def test_sign_in_leads_only_to_the_desk_itself(self) -> None:
        client = browser_of()
        login = reverse("admin:login")

        assert client.get(login, {"next": "https://evil.example/"}).headers["Location"] == (
            reverse("admin:index")
        )
        queue = reverse("admin:claims_claim_changelist")
        assert client.get(login, {"next": queue}).headers["Location"] == queue

    def test_signing_out_needs_a_post_and_ends_the_session(self) -> None:
        client = browser_of()

        assert client.get(reverse("admin:logout")).status_code == 405
        assert client.post(reverse("admin:logout")).headers["Location"] == reverse("sign_in")
        assert client.get(reverse("admin:index")).status_code == 302
