"""Making drafts of a file's rows: what is stored, what is refused, and that neither spills over."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import actors
from claims.bulk import past
from claims.bulk.making import AlreadyUploaded
from claims.models import (
    Claim,
    ClaimContact,
    ClaimEvent,
    DraftUpload,
    Membership,
    PartnerOrganization,
)
from claims.refusals import NotYours
from claims.services import look_ups
from claims.states import Status
from cpor_site.common.problems import Refused
from tests import factories
from tests.claims.bulk_files import Desk, csv_of, findings, make_desk
from tests.shared import shared

pytestmark = pytest.mark.django_db

SALES = "Dynamics 365 Sales"
SERVICE = "d365_customer_service"
MOST_QUERIES_A_CLAIM = 50


@shared
def desk() -> Desk:
    return make_desk()


def only_draft(upload: DraftUpload) -> Claim:
    assert upload.problems == []
    return Claim.objects.get(uploaded_with=upload)


def lines_of(claim: Claim) -> list[tuple[str, str, str]]:
    return [
        (line.product.code, line.activity.code, line.subscription_as_typed)
        for line in claim.lines.order_by("pk")
    ]


def sentences(upload: DraftUpload) -> list[str]:
    return [each["message"] for each in upload.problems]


def test_a_row_becomes_a_draft_as_if_it_had_been_typed(desk: Desk) -> None:
    upload = desk.upload_rows(
        desk.row(
            claim_name="=Teams roll-out",
            business_name="Ana Lee",
            business_title="CEO",
            business_email="ana@customer.example",
            business_phone="+49 30 1234",
            business_language="Polish",
            opt_out="yes",
        ),
        file_name="C:\\drafts\\spring.csv",
    )

    claim = only_draft(upload)
    assert (upload.file_name, upload.row_count, upload.draft_count) == ("spring.csv", 1, 1)
    assert (claim.name, claim.status, claim.version) == ("=Teams roll-out", Status.EDITING, 2)
    assert (claim.tenant, claim.location) == (desk.tenant, desk.location)
    assert claim.opt_out_of_incentive
    assert claim.created_by == desk.user
    assert lines_of(claim) == [("exchange_online", "usage", "")]
    contact = ClaimContact.objects.get(claim=claim, kind="business")
    assert (contact.name, contact.job_title, contact.email, contact.phone, contact.locale) == (
        "Ana Lee",
        "CEO",
        "ana@customer.example",
        "+49 30 1234",
        "pl",
    )
    assert ClaimContact.objects.get(claim=claim, kind="partner").email == desk.user.email
    assert list(ClaimEvent.objects.filter(claim=claim).values_list("kind", flat=True)) == [
        "claim_started",
        "claim_edited",
    ]


def test_rows_of_one_key_are_one_claim_with_several_lines(desk: Desk) -> None:
    subscription = factories.make_subscription(desk.tenant, factories.product(SERVICE))
    factories.make_subscription(desk.tenant, factories.product("d365_sales"))
    first = desk.row(
        claim_key="a", product=SALES, activity="usage; Presales", transaction_date="30.06.2026"
    )
    between = desk.row(claim_key="")
    second = {
        "claim_key": "A",
        "product": SERVICE,
        "subscription_id": str(subscription.subscription_id),
        "partner_id": desk.location.partner_id,
    }

    upload = desk.upload_rows(first, between, second)

    assert (upload.row_count, upload.draft_count, upload.problems) == (3, 2, [])
    claim = Claim.objects.filter(uploaded_with=upload).order_by("pk")[0]
    assert claim.transaction_on == date(2026, 6, 30)
    typed = str(subscription.subscription_id)
    assert sorted(lines_of(claim)) == [
        (SERVICE, "presales", typed),
        (SERVICE, "usage", typed),
        ("d365_sales", "presales", ""),
        ("d365_sales", "usage", ""),
    ]


def test_a_draft_may_have_gaps(desk: Desk) -> None:
    gaps = {"claim_name": "Later", "activity": "Presales"}
    wrong = desk.row(tenant_id="no such thing", domain="nowhere.example", business_email="nobody")
    claims = Claim.objects.filter(uploaded_with=desk.upload_rows(gaps, wrong)).order_by("pk")
    assert [(each.tenant, each.tenant_id_as_typed) for each in claims] == [
        (None, ""),
        (None, "no such thing"),
    ]
    # Presales is offered in one area only, so it is known which one.
    assert claims[0].area == factories.area(factories.BIZAPPS)


@pytest.mark.parametrize(
    ("cells", "finding"),
    [
        ({"product": "Exchnge Online"}, (2, "product", "LIN-02")),
        ({"product": "D365 " * 40}, (2, "product", "BLK-08")),
        ({"activity": "Presales"}, (2, "activity", "ACT-03")),
        ({"area": "Azure"}, (2, "area", "ACT-01")),
        ({"area": "Microsoft 365", "activity": "usage, juggling"}, (2, "activity", "ACT-03")),
        ({"product": "", "activity": "Usage"}, (2, "area", "ACT-01")),
        ({"partner_id": "1"}, (2, "partner_id", "MPN-01")),
        ({"transaction_date": "06/07/2026"}, (2, "transaction_date", "BLK-08")),
        ({"opt_out": "perhaps"}, (2, "opt_out", "BLK-08")),
        ({"product": SALES, "opt_out": "yes"}, (2, "opt_out", "BLK-08")),
        ({"business_language": "Klingon"}, (2, "business_language", "BLK-08")),
        ({"claim_name": "a\0b"}, (2, "claim_name", "BLK-08")),
        ({"product": "", "subscription_id": "x", "area": "Microsoft 365"},
         (2, "product", "BLK-08")),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_is_refused_at_its_column(
    desk: Desk, cells: dict[str, str], finding: tuple[int, str, str]
) -> None:
    upload = desk.upload_rows(desk.row(**cells))
    assert findings(upload) == [finding]
    assert upload.draft_count == 0
    assert not Claim.objects.exists()
    assert len(upload.refused_rows) == 1


def test_a_refusal_names_row_column_value_and_what_to_do(desk: Desk) -> None:
    upload = desk.upload_rows(desk.row(), desk.row(product="Exchnge Online"))
    assert upload.problems == [
        {
            "row": 3,
            "column": "product",
            "code": "LIN-02",
            "value": "Exchnge Online",
            "message": "“Exchnge Online” isn't in the catalogue. Is it Exchange Online?",
        }
    ]
    assert upload.header[-1] == "problem"
    (refused,) = upload.refused_rows
    assert dict(zip(upload.header, refused, strict=True)) == desk.row(product="Exchnge Online") | {
        "problem": "“Exchnge Online” isn't in the catalogue. Is it Exchange Online? (LIN-02)"
    }


def test_every_finding_of_a_row_is_told_at_once(desk: Desk) -> None:
    row = desk.row(product="nothing", partner_id="2", transaction_date="soon", opt_out="well")
    assert [code for _row, code, _code in findings(desk.upload_rows(row))] == [
        "product",
        "partner_id",
        "transaction_date",
        "opt_out",
    ]


def test_a_name_of_several_products_asks_for_the_code(desk: Desk) -> None:
    for code in ("exchange_online", "sharepoint_online"):
        product = factories.product(code)
        product.synonyms = [*product.synonyms, "The online thing"]
        product.save()
    upload = desk.upload_rows(desk.row(product="the ONLINE-thing"))
    assert sentences(upload) == [
        (
            "“the ONLINE-thing” may be Exchange Online, SharePoint Online. Write the code: "
            "exchange_online, sharepoint_online."
        )
    ]


def test_one_bad_row_refuses_its_claim_and_no_other(desk: Desk) -> None:
    upload = desk.upload_rows(
        desk.row(claim_key="a"),
        desk.row(claim_key="b"),
        desk.row(claim_key="a", product="nothing"),
    )
    assert findings(upload) == [(2, "claim_key", "BLK-10"), (4, "product", "LIN-02")]
    assert sentences(upload)[0] == "Row 4 of the same claim has to be mended first."
    assert (upload.draft_count, Claim.objects.count(), len(upload.refused_rows)) == (1, 1, 2)


def test_rows_of_one_claim_must_agree(desk: Desk) -> None:
    upload = desk.upload_rows(
        desk.row(claim_key="a", claim_name="One"),
        desk.row(claim_key="a", claim_name="Two", product="Teams"),
    )
    assert findings(upload) == [(2, "claim_key", "BLK-10"), (3, "claim_name", "BLK-09")]
    assert sentences(upload)[1] == (
        "Row 2 of the same claim says “One” here. Write the same, or leave the cell empty."
    )


def test_products_of_two_areas_are_two_claims(desk: Desk) -> None:
    upload = desk.upload_rows(desk.row(claim_key="a"), desk.row(claim_key="a", product=SALES))
    assert findings(upload) == [(2, "claim_key", "BLK-10"), (3, "product", "LIN-02")]


def test_what_a_service_refuses_leaves_nothing_of_the_claim(desk: Desk) -> None:
    upload = desk.upload_rows(desk.row(claim_key="a"), desk.row(claim_key="a"), desk.row())
    assert findings(upload) == [(2, "claim_key", "BLK-10"), (3, "product", "LIN-04")]
    assert sentences(upload)[1] == "Exchange Online is listed twice."
    assert (Claim.objects.count(), ClaimContact.objects.count()) == (1, 1)


def test_other_partner_ids_all_read_the_same(desk: Desk) -> None:
    foreign = factories.make_location()
    closed = factories.make_location(desk.location.organization, is_active=False)
    ids = [foreign.partner_id, closed.partner_id, "9999999"]
    upload = desk.upload_rows(*(desk.row(partner_id=each) for each in ids))
    expected = "“{}” is none of the partner IDs that you can claim with. Possible: {}."
    assert sentences(upload) == [expected.format(each, desk.location.partner_id) for each in ids]


def test_the_global_id_is_told_apart(desk: Desk) -> None:
    own = desk.location.organization.global_partner_id
    other = factories.make_organization().global_partner_id
    upload = desk.upload_rows(desk.row(partner_id=own), desk.row(partner_id=other))
    assert [code for _row, _column, code in findings(upload)] == ["MPN-02", "MPN-01"]


def test_who_works_at_one_location_claims_from_there_alone() -> None:
    location = factories.make_location()
    other = factories.make_location(location.organization)
    user = factories.make_user()
    factories.make_membership(user, location.organization, locations=[location])
    desk = Desk(user, location, factories.make_tenant())

    upload = desk.upload_rows(desk.row(), desk.row(partner_id=other.partner_id))

    assert findings(upload) == [(3, "partner_id", "MPN-01")]
    assert Claim.objects.get().location == location


@pytest.mark.parametrize("role", [Membership.Role.REPORT_VIEWER])
def test_a_role_that_may_not_draft(role: str) -> None:
    desk = make_desk(role=role)
    with pytest.raises(NotYours):
        desk.upload_rows(desk.row())
    assert not DraftUpload.objects.exists()


def test_an_organisation_of_others(desk: Desk) -> None:
    with pytest.raises(NotYours):
        desk.upload_rows(desk.row(), organization_id=factories.make_organization().pk)


def test_a_suspended_organisation(desk: Desk) -> None:
    PartnerOrganization.objects.update(standing=PartnerOrganization.Standing.SUSPENDED)
    with pytest.raises(Refused) as caught:
        desk.upload_rows(desk.row())
    assert caught.value.codes == ("MPN-09",)
    assert not DraftUpload.objects.exists()


def test_the_same_file_is_asked_about_within_the_organisation(desk: Desk) -> None:
    first = desk.upload_rows(desk.row())
    colleague = factories.make_user()
    factories.make_membership(colleague, desk.location.organization)
    theirs = Desk(colleague, desk.location, desk.tenant)

    with pytest.raises(AlreadyUploaded) as caught:
        theirs.upload_rows(desk.row())
    assert caught.value.codes == ("BLK-11",)
    assert caught.value.previous == first
    assert Claim.objects.count() == 1

    repeated = theirs.upload_rows(desk.row(), again=True)
    assert findings(repeated) == [(2, "", "BLK-15")]


def test_too_many_files_in_an_hour(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claims.bulk.making.MOST_FILES", 1)
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            desk.upload("nothing of use")
        assert caught.value.codes == ("BLK-05",)
    desk.upload_rows(desk.row())
    with pytest.raises(Refused) as caught:
        desk.upload_rows(desk.row(), desk.row())
    assert caught.value.codes == ("LIM-01",)


def test_good_rows_never_meet_the_limit_of_look_ups_and_guesses_do(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_ups, "MOST_MISSES", 3)
    assert desk.upload_rows(*(desk.row() for _ in range(6))).draft_count == 6

    guesses = [desk.row(tenant_id=str(factories.guid(number))) for number in range(6)]
    upload = desk.upload_rows(*guesses)

    assert upload.draft_count == 3
    assert findings(upload) == [(row, "tenant_id", "LIM-01") for row in (5, 6, 7)]


def test_queries_grow_by_the_same_number_with_each_row(desk: Desk) -> None:
    desk.upload_rows(desk.row(claim_name="The first claim of a year makes the year's counter"))
    counts = []
    for rows, product in ((1, "Intune"), (2, "Yammer"), (4, "SharePoint Online")):
        sheet = [desk.row(product=product) for _ in range(rows)]
        with CaptureQueriesContext(connection) as queries:
            assert desk.upload_rows(*sheet).draft_count == rows
        counts.append(len(queries))
    one, two, four = counts
    assert four - two == 2 * (two - one)
    assert two - one <= MOST_QUERIES_A_CLAIM


def test_nothing_is_ever_submitted(desk: Desk) -> None:
    upload = desk.upload_rows(*(desk.row() for _ in range(3)))
    statuses = Claim.objects.filter(uploaded_with=upload).values_list("status", flat=True)
    assert list(statuses) == [Status.EDITING] * 3


# -- who may look at an upload afterwards ----------------------------------------------------------


def seen_by(user: Any, upload: DraftUpload) -> tuple[bool, bool, int]:
    """Return whether the user sees the upload and its rows, and how many of its drafts."""
    visible = past.uploads_for(user).filter(pk=upload.pk).exists()
    return visible, past.sees_rows(user, upload), past.drafts_of(user, upload).count()


def test_who_sees_an_upload() -> None:
    organization = factories.make_organization()
    north, south, east = (factories.make_location(organization) for _ in range(3))
    people = {name: factories.make_user() for name in ("whole", "north", "east", "viewer", "ex")}
    factories.make_membership(people["whole"], organization)
    factories.make_membership(people["north"], organization, locations=[north])
    factories.make_membership(people["east"], organization, locations=[east])
    factories.make_membership(people["viewer"], organization, Membership.Role.REPORT_VIEWER)
    factories.make_membership(people["ex"], organization, is_active=False)
    people["stranger"] = make_desk().user
    desk = Desk(people["whole"], north, factories.make_tenant())
    upload = desk.upload_rows(desk.row(), desk.row(partner_id=south.partner_id))

    assert {name: seen_by(user, upload) for name, user in people.items()} == {
        "whole": (True, True, 2),
        "north": (True, False, 1),
        "east": (False, False, 0),
        "viewer": (False, False, 0),
        "ex": (False, False, 0),
        "stranger": (False, False, 0),
    }

    own = Desk(people["east"], east, factories.make_tenant()).upload(
        csv_of({"activity": "Presales"})
    )
    assert seen_by(people["east"], own) == (True, True, 1)
    assert seen_by(people["north"], own) == (False, False, 0)


def test_a_person_who_was_switched_off_sees_nothing(desk: Desk) -> None:
    upload = desk.upload_rows(desk.row())
    desk.user.is_active = False
    desk.user.save()
    assert seen_by(desk.user, upload) == (False, False, 0)
    with pytest.raises(NotYours):
        desk.upload_rows(desk.row(), desk.row())
    assert actors.memberships_with(desk.user, actors.Capability.DRAFT) == []
