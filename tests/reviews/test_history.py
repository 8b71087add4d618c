"""Who changed what: the claim's history page, and the histories of the registry."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import actors
from claims.changes import Change, FieldChange, changes_of
from claims.models import Claim, PartnerOrganization, RuleProfile
from claims.services.drafting import ClaimChanges, ContactEntry, start_claim
from claims.services.lines import LineChoice
from claims.services.submission import withdraw_claim
from consent.services.answers import Responder, decline
from cpor_site.common.admin_bases import RegistryAdmin
from cpor_site.common.models import User
from reviews.services.decisions import take_up_claim
from tests import acts, factories
from tests.shared import shared

from .pages import browser_of, text_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> User:
    return factories.make_user(full_name="Paula Partner")


@pytest.fixture
def draft(partner: User) -> Claim:
    location = factories.make_location(factories.make_organization("Fabrikam"))
    factories.make_membership(partner, location.organization)
    return start_claim(
        actor=actors.partner(partner), organization_id=location.organization_id, name="First"
    )


@shared
def submitted() -> Claim:
    return acts.submit(factories.make_claim(products=("exchange_online", "teams")))


def edit(claim: Claim, **changes: Any) -> list[Change]:
    """Edit the claim as its partner and return what that adds to its changes."""
    known = len(changes_of(claim))
    acts.edit(claim, ClaimChanges(**changes))
    return changes_of(claim)[:-known]


def told(changes: list[Change]) -> list[tuple[str, str, str, list[tuple[str, str, str]]]]:
    return [
        (
            each.thing,
            each.verb,
            each.reason,
            [(field.label, field.old, field.new) for field in each.fields],
        )
        for each in changes
    ]


def test_a_draft_begins_with_what_was_given(draft: Claim, partner: User) -> None:
    with time_machine.travel("2026-06-02T10:00:00Z", tick=False):
        changes = changes_of(draft)

    assert told(changes) == [
        (
            "Partner's contact",
            "added",
            "",
            [
                ("Kind", "", "partner's contact"),
                ("Name", "", "Paula Partner"),
                ("E-mail", "", partner.email),
                ("Language", "", "English"),
            ],
        ),
        (
            "Claim",
            "added",
            "Draft started",
            [
                ("Name of the claim", "", "First"),
                ("Partner", "", "Fabrikam"),
                ("Rule profile", "", "Rules of 2020"),
            ],
        ),
    ]
    assert changes[-1].who == "Paula Partner"


def test_edited_fields_show_old_and_new(draft: Claim) -> None:
    tenant = factories.make_tenant("Contoso AG", domain="contoso.example")

    assert told(edit(draft, name="Second", opt_out_of_incentive=True)) == [
        (
            "Claim",
            "changed",
            "Claim changed",
            [("Name of the claim", "First", "Second"), ("Without payment", "no", "yes")],
        )
    ]
    assert told(edit(draft, tenant_id=str(tenant.tenant_id), domain="contoso.example")) == [
        (
            "Claim",
            "changed",
            "Claim changed",
            [
                ("Customer", "", "Contoso AG"),
                ("Tenant ID as typed", "", str(tenant.tenant_id)),
                ("Domain as typed", "", "contoso.example"),
            ],
        )
    ]


def test_lines_contacts_and_activities_are_in_it(draft: Claim) -> None:
    usage = factories.activity()

    added = edit(
        draft,
        area_id=factories.area().pk,
        activity_ids=[usage.pk],
        lines=[LineChoice(factories.product("teams").pk)],
        contacts={"business": ContactEntry("Jana Meier", "CIO", "jana@contoso.example")},
    )
    changed = edit(
        draft,
        lines=[LineChoice(factories.product("exchange_online").pk)],
        contacts={"business": ContactEntry("Jana Meier", "CEO", "jana@contoso.example")},
    )

    assert ("Microsoft Teams", "added") in {(each.thing, each.verb) for each in added}
    assert ("Activities", "", "Usage") in {
        (field.label, field.old, field.new) for each in added for field in each.fields
    }
    assert {
        (each.thing, each.verb, tuple(each.fields))
        for each in changed
        if each.thing not in ("Claim", "Exchange Online")
    } == {
        ("Microsoft Teams", "removed", ()),
        (
            "Customer's business contact",
            "changed",
            (FieldChange("Job title", "CIO", "CEO"),),
        ),
    }


def test_decisions_show_who_and_what_moved() -> None:
    reviewer = factories.make_reviewer(full_name="Rita Reviewer", time_zone="Europe/Berlin")
    with time_machine.travel("2026-06-02T10:00:00Z", tick=False):
        claim = acts.submit(factories.make_claim())
        known = len(changes_of(claim))
        take_up_claim(claim_id=claim.pk, actor=actors.reviewer(reviewer))
        page = text_of(browser_of(reviewer).get(url("history", claim)))

    assert told(changes_of(claim)[:-known])[0][:3] == ("Claim", "changed", "Review begun")
    assert (
        "Tue 2 June 2026, 12:00 Rita Reviewer Claim Review begun Status : Submitted → Under review "
        "Review started : Tue 2 June 2026, 12:00 Reviewer : Rita Reviewer What runs : Pick-up → "
        "Review"
    ) in page


def test_documents_and_removed_lines_after_submission(submitted: Claim) -> None:
    claim = submitted
    document = factories.make_document(claim, original_name="second.pdf")
    document.withdrawn_at = claim.changed_at
    document._history_user = claim.created_by  # type: ignore[attr-defined]
    document.save()

    added = edit(claim, lines=[LineChoice(factories.product("teams").pk)])
    newest = changes_of(claim)[: len(added) + 1]

    assert (
        "Exchange Online",
        "changed",
        "",
        [("Status", "Included", "Removed by the partner")],
    ) in told(newest)
    assert ("second.pdf", ["Withdrawn"]) in [
        (each.thing, [field.label for field in each.fields]) for each in newest
    ]


def test_a_customer_and_a_persons_own_reason_are_named(submitted: Claim) -> None:
    refused = acts.in_window()
    decline(token=acts.token_of(refused), responder=Responder("Jana Meier"))
    withdrawn = submitted
    withdraw_claim(
        claim_id=withdrawn.pk,
        actor=actors.partner(withdrawn.created_by),
        reason="Wrong partner_id used.",
    )

    def entry(claim: Claim) -> Change:
        return next(
            each
            for each in changes_of(claim)
            if each.thing == "Claim" and "Rejected" in {field.new for field in each.fields}
        )

    assert (entry(refused).who, entry(refused).reason) == ("Customer", "Customer refused")
    assert (entry(withdrawn).who, entry(withdrawn).reason) == (
        str(withdrawn.created_by),
        "Claim withdrawn",
    )
    reasons = {field.label: field.new for field in entry(withdrawn).fields}
    assert reasons["Reasons of the rejection"] == "Partner request"


def test_a_long_history_takes_as_many_queries_as_a_short_one(submitted: Claim) -> None:
    client = browser_of()
    claim = submitted
    client.get(url("history", claim))
    with CaptureQueriesContext(connection) as short:
        client.get(url("history", claim))
    for number in range(3):
        edit(claim, name=f"Name {number}")
        factories.make_document(claim)
    edit(claim, lines=[LineChoice(factories.product("teams").pk)])
    with CaptureQueriesContext(connection) as long:
        client.get(url("history", claim))

    assert len(long) == len(short)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_claims_history_is_for_reading_only(method: str, submitted: Claim) -> None:
    claim = submitted
    root = User.objects.create_superuser("root@desk.example")
    before = Claim.objects.filter(pk=claim.pk).values().get()

    response = getattr(browser_of(root), method)(url("history", claim), {"status": "approved"})

    assert response.status_code == 405
    assert Claim.objects.filter(pk=claim.pk).values().get() == before


class TestRegistry:
    def page(self, row: Any, name: str, *more: Any) -> str:
        meta = row._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=[row.pk, *more])

    def test_shows_old_and_new_and_who(self) -> None:
        ops = factories.make_reviewer(role="Ops", full_name="Otto Ops")
        client = browser_of(ops)
        organization = factories.make_organization("Fabrikam")
        client.post(
            self.page(organization, "change"),
            {
                "name": "Fabrikam GmbH",
                "global_partner_id": organization.global_partner_id,
                "country": "de",
                "standing": "suspended",
                "mail_domain": organization.mail_domain,
                "locale": "en",
                "time_zone": "UTC",
            },
        )

        response = client.get(self.page(organization, "history"))

        page = text_of(response)
        assert "Otto Ops Changed Name : Fabrikam → became Fabrikam GmbH" in page
        assert "Standing : active → became suspended" in page
        assert " style=" not in response.content.decode()

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_can_not_be_put_back(self, method: str) -> None:
        root = User.objects.create_superuser("root@desk.example", full_name="Root")
        client = browser_of(root)
        organization = factories.make_organization("Fabrikam")
        organization.name = "Fabrikam GmbH"
        organization.save()
        first = organization.history.earliest()
        version = self.page(organization, "simple_history", first.pk)
        old = {
            name: getattr(first, name)
            for name in ("name", "global_partner_id", "country", "standing", "locale", "time_zone")
        }

        assert client.get(version).status_code == 200
        assert getattr(client, method)(version, old).status_code == 405
        assert getattr(client, method)(self.page(organization, "history"), old).status_code == 405
        assert PartnerOrganization.objects.get().name == "Fabrikam GmbH"

    def test_every_editable_model_keeps_its_history_this_way(self) -> None:
        factories.make_catalogue()
        client = browser_of(User.objects.create_superuser("root@desk.example"))
        editable = [
            model
            for model, registered in admin.site._registry.items()
            if isinstance(registered, RegistryAdmin)
        ]

        assert len(editable) == 15
        for model in editable:
            page = reverse(
                f"admin:{model._meta.app_label}_{model._meta.model_name}_simple_history",
                args=["1", "1"],
            )
            assert client.post(page, {}).status_code == 405

    def test_a_profile_with_a_text_key(self) -> None:
        factories.make_catalogue()
        profile = RuleProfile.objects.get(code="2020")

        response = browser_of(factories.make_reviewer(role="Ops")).get(
            self.page(profile, "history")
        )

        assert response.status_code == 200
