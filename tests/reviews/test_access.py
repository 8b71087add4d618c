"""Who of the operator gets where in the admin, against a table written by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.models import Claim, ConsentRenewal
from consent.models import OverviewLink
from cpor_site.admin import SECTIONS
from cpor_site.common import clock
from cpor_site.common.admin_bases import EvidenceAdmin
from cpor_site.common.models import User
from reviews.models import AdministrativeEnd, CompetingClaimsCase
from tests import acts, factories
from tests.shared import shared

from .pages import browser_of, html_of, text_of, url

pytestmark = pytest.mark.django_db

SEES_CLAIMS = {"Reviewer", "Lead reviewer", "Ops", "Auditor"}
SEES_OPERATION = {"Ops", "Auditor"}
ROLES = ["Reviewer", "Lead reviewer", "Ops", "Auditor", "no role"]

READERS: dict[str, set[str]] = {
    **dict.fromkeys(
        (
            "claims.claim",
            "claims.claimline",
            "claims.poedocument",
            "claims.comment",
            "claims.reviewfinding",
            "claims.reviewdecision",
            "claims.association",
            "claims.claimevent",
            "claims.dispute",
            "claims.consentrenewal",
            "reviews.administrativeend",
            "claims.clockhold",
            "claims.partnerorganization",
            "claims.partnerlocation",
            "claims.programenrollment",
            "claims.customertenant",
            "claims.tenantdomain",
            "claims.subscription",
            "claims.product",
            "consent.consentrequest",
            "consent.consentanswer",
            "consent.consentevent",
            "consent.incentivehandoff",
            "reviews.competingclaimscase",
            "reviews.internalnote",
            "reviews.cannedtext",
        ),
        SEES_CLAIMS,
    ),
    **dict.fromkeys(
        (
            "claims.exclusivityhold",
            "claims.draftupload",
            "claims.workloadusage",
            "reviews.caselease",
            "reviews.bulkact",
            "claims.membership",
            "claims.ruleprofile",
            "claims.program",
            "claims.solutionarea",
            "claims.activity",
            "claims.listedproduct",
            "common.outboxmessage",
            "common.jobrun",
            "common.evidenceseal",
            "common.pseudonymisation",
            "consent.handoffbatch",
            "consent.handoffendpoint",
            "consent.overviewlink",
        ),
        SEES_OPERATION,
    ),
    "common.nonworkingday": SEES_OPERATION | {"Lead reviewer"},
    "common.user": SEES_OPERATION | {"Lead reviewer"},
}
"""Which roles may open the list of each model."""

EDITED_BY_OPS = {
    "claims.partnerorganization",
    "claims.partnerlocation",
    "claims.programenrollment",
    "claims.membership",
    "claims.customertenant",
    "claims.tenantdomain",
    "claims.subscription",
    "claims.product",
    "claims.solutionarea",
    "claims.activity",
    "claims.program",
    "claims.ruleprofile",
    "common.user",
    "common.nonworkingday",
    "reviews.cannedtext",
}
"""What Ops may add; everything else refuses to be added by anybody."""

REGISTERED = {model._meta.label_lower: model for model in admin.site._registry}


def person(role: str) -> User:
    if role == "no role":
        return factories.make_user(is_staff=True)
    return factories.make_reviewer(role=role)


def address(label: str, page: str, *arguments: Any) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{page}", args=arguments)


def test_the_table_names_every_model_of_the_admin() -> None:
    assert set(READERS) == set(REGISTERED)


def test_the_first_page_lists_every_model_once() -> None:
    listed = [label for _title, labels in SECTIONS for label in labels]

    assert sorted(listed) == sorted(REGISTERED)


@pytest.mark.parametrize("role", ROLES)
def test_lists(role: str) -> None:
    client = browser_of(person(role))

    found = {label: client.get(address(label, "changelist")).status_code for label in REGISTERED}

    assert found == {label: 200 if role in READERS[label] else 403 for label in REGISTERED}


@pytest.mark.parametrize("role", ROLES)
def test_adding(role: str) -> None:
    client = browser_of(person(role))
    labels = set(REGISTERED) - {"claims.claim"}  # It has no such address at all.

    found = {label: client.get(address(label, "add")).status_code for label in labels}

    assert found == {
        label: 200 if role == "Ops" and label in EDITED_BY_OPS else 403 for label in labels
    }


@pytest.mark.parametrize("role", ROLES)
def test_deleting_is_for_nobody(role: str) -> None:
    client = browser_of(person(role))
    user = factories.make_user()

    for label in set(REGISTERED) - {"claims.claim"}:
        assert client.post(address(label, "delete", user.pk), {"post": "yes"}).status_code in (
            403,
            302,  # The row doesn't exist: back to the first page.
        )
    assert User.objects.filter(pk=user.pk).exists()


@shared
def in_window() -> Claim:
    return acts.in_window()


@pytest.mark.parametrize("role", ["superuser", *ROLES])
def test_evidence_can_not_be_written_by_anybody(role: str, in_window: Claim) -> None:
    user = User.objects.create_superuser("root@desk.example") if role == "superuser" else None
    client = browser_of(user or person(role))
    claim = in_window
    evidence = {
        label: model
        for label, model in REGISTERED.items()
        if isinstance(admin.site._registry[model], EvidenceAdmin) and label != "claims.claim"
    }

    for label, model in evidence.items():
        for row in model._base_manager.all()[:1]:
            before = model._base_manager.filter(pk=row.pk).values().get()
            assert client.post(address(label, "change", row.pk), {"x": "y"}).status_code == 403
            assert client.post(address(label, "delete", row.pk), {"post": "yes"}).status_code == 403
            assert model._base_manager.filter(pk=row.pk).values().get() == before
        assert client.post(address(label, "add"), {}).status_code == 403
    for page in ("", "add/", f"{claim.pk}/", f"{claim.pk}/change/", f"{claim.pk}/delete/"):
        answer = client.post(f"{reverse('admin:claims_claim_changelist')}{page}", {"status": "x"})
        assert answer.status_code in (200, 301, 302, 403, 404, 405)
    assert acts.fresh(claim).status == claim.status


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


@pytest.mark.parametrize("role", ["Reviewer", "Lead reviewer", "Ops", "Auditor"])
def test_case_and_history_are_open_to_every_role(role: str) -> None:
    claim = acts.submit(factories.make_claim())
    client = browser_of(person(role))

    assert client.get(url("case", claim)).status_code == 200
    assert client.get(url("history", claim)).status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_competing_claims_are_read_by_every_role_and_ruled_on_by_leads(role: str) -> None:
    claim = acts.submit(factories.make_claim())
    acts.submit(factories.make_claim(tenant=claim.tenant))
    case = CompetingClaimsCase.objects.get()
    client = browser_of(person(role))
    leads = 200 if role == "Lead reviewer" else 403

    shown = client.get(address("reviews.competingclaimscase", "change", case.pk)).status_code
    found = {
        name: client.get(reverse(f"admin:reviews_{name}", args=[case.pk])).status_code
        for name in ("rule", "assign_arbiter", "take_arbitration")
    }

    assert shown == (200 if role in SEES_CLAIMS else 403)
    if role in SEES_CLAIMS:
        assert found == {"rule": leads, "assign_arbiter": leads, "take_arbitration": 405}


def test_without_a_role_there_is_nothing_to_see() -> None:
    claim = acts.submit(factories.make_claim())
    client = browser_of(person("no role"))

    assert "Your account has no role at this desk yet." in text_of(
        client.get(reverse("admin:index"))
    )
    assert client.get(url("case", claim)).status_code == 403
    assert client.get(url("history", claim)).status_code == 403


def test_the_first_page_shows_what_the_role_may_open() -> None:
    reviewer = text_of(browser_of(person("Reviewer")).get(reverse("admin:index")))
    ops = text_of(browser_of(person("Ops")).get(reverse("admin:index")))

    assert (
        "Review Claims Competing claims cases Canned texts Partners Partner organisations"
    ) in reviewer
    assert "Users" not in reviewer
    assert "Operation Users Add Users" in ops
    assert "Add Claims" not in ops


class TestOutsiders:
    @pytest.fixture
    def claim(self) -> Claim:
        return acts.submit(factories.make_claim())

    def addresses(self, claim: Claim) -> list[str]:
        return [
            reverse("admin:index"),
            reverse("admin:claims_claim_changelist"),
            url("case", claim),
            url("take_up", claim),
            address("common.user", "changelist"),
        ]

    def test_visitors_are_sent_to_the_sign_in_page(self, claim: Claim) -> None:
        for target in self.addresses(claim):
            response = Client().get(target, follow=True)
            assert response.redirect_chain[-1] == (f"{reverse('sign_in')}?next={target}", 302)

    def test_a_partner_is_refused(self, claim: Claim) -> None:
        client = browser_of(claim.created_by)

        for target in self.addresses(claim):
            assert client.get(target, follow=True).status_code == 403
        assert client.post(url("take_up", claim), {"version": 1}, follow=True).status_code == 403

    def test_a_deactivated_reviewer_is_out_at_once(self, claim: Claim) -> None:
        reviewer = factories.make_reviewer()
        client = browser_of(reviewer)
        reviewer.is_active = False
        reviewer.save()

        assert client.get(url("case", claim)).status_code == 302

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
