"""A file that was mended and is uploaded again, and throwing the drafts of an upload away."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from claims import actors
from claims.bulk.discarding import discard_drafts
from claims.bulk.making import make_left_out
from claims.models import Claim, ClaimEvent, DraftUpload, Membership
from claims.refusals import NotYours
from claims.services.drafting import ClaimChanges, discard_claim, edit_claim
from claims.states import Status
from tests import acts, factories
from tests.claims.bulk_files import Desk, csv_of, findings, make_desk
from tests.claims.pages import browser_of, codes_in, html_of, problems_in, text_of
from tests.shared import shared

pytestmark = pytest.mark.django_db

GOOD = {"claim_name": "Intranet", "product": "SharePoint Online"}


@shared
def desk() -> Desk:
    return make_desk()


@shared
def again(desk: Desk) -> Desk:
    """The desk after a file with one good row."""
    desk.upload_rows(desk.row(**GOOD))
    return desk


def result_of(upload: DraftUpload) -> str:
    return reverse("upload_result", args=[upload.pk])


def colleague_at(desk: Desk, **membership: Any) -> Desk:
    user = factories.make_user()
    factories.make_membership(user, desk.location.organization, **membership)
    return Desk(user, desk.location, desk.tenant)


def hand_in(draft: Claim) -> None:
    factories.make_contact(draft, "business")
    factories.make_document(draft)
    acts.submit(draft)


# -- the same rows again ---------------------------------------------------------------------------


def test_a_mended_file_makes_only_what_was_missing(desk: Desk) -> None:
    browser = browser_of(desk.user)
    desk.upload_rows(desk.row(**GOOD), desk.row(product="Exchnge"))
    first = Claim.objects.get()
    mended = csv_of(desk.row(**GOOD), desk.row())
    file = SimpleUploadedFile("mended.csv", mended.encode())
    page = browser.post(
        reverse("upload"), {"organization": desk.organization_id, "file": file}, follow=True
    )

    upload = DraftUpload.objects.latest("pk")
    assert (upload.row_count, upload.draft_count, upload.refused_rows) == (2, 1, [])
    assert "1 draft was made. 1 row was left out" in text_of(page)
    assert (
        f"Row 2 Intranet {first.number} Claim {first.number} of an earlier upload is for the same "
        "customer, products, activities and partner ID, so this row made no second one. BLK-15"
    ) in text_of(page)
    assert reverse("claim_page", args=[first.pk]) in html_of(page)
    made = Claim.objects.get(uploaded_with=upload)
    assert [line.product.code for line in made.lines.all()] == ["exchange_online"]


SAME: dict[str, dict[str, str]] = {
    "as it was": {},
    "another name": {"claim_name": "Extranet"},
    "another contact": {"business_name": "Ana Lee", "business_email": "ana@customer.example"},
    "in capitals": {"activity": "USAGE", "product": "sharepoint_online"},
}
OTHER: dict[str, dict[str, str]] = {
    "another product": {"product": "Intune"},
    "another customer": {"tenant_id": "10000000-0000-4000-8000-000000000001"},
    "no customer": {"tenant_id": ""},
    "no product": {"product": "", "area": "Microsoft 365"},
}


@pytest.mark.parametrize("cells", SAME.values(), ids=SAME)
def test_what_asks_for_the_same_is_left_out(again: Desk, cells: dict[str, str]) -> None:
    desk = again
    second = desk.upload_rows(desk.row(**(GOOD | cells)), again=True)
    assert (findings(second), second.draft_count) == ([(2, "", "BLK-15")], 0)


@pytest.mark.parametrize("cells", OTHER.values(), ids=OTHER)
def test_what_asks_for_something_else_becomes_a_draft(again: Desk, cells: dict[str, str]) -> None:
    desk = again
    other = desk.row(**(GOOD | cells))
    assert desk.upload_rows(other).problems == []
    # From now on that one stands as well.
    second = desk.upload_rows(other, again=True)
    assert findings(second) == [(2, "", "BLK-15")]


def test_two_gaps_are_told_apart_by_their_names(desk: Desk) -> None:
    gap = {"product": "", "area": "Microsoft 365"}
    desk.upload_rows(desk.row(claim_name="Spring", **gap))
    upload = desk.upload_rows(
        desk.row(claim_name="Spring", **gap), desk.row(claim_name="Autumn", **gap)
    )
    assert findings(upload) == [(2, "", "BLK-15")]
    assert Claim.objects.get(uploaded_with=upload).name == "Autumn"


def test_another_partner_id_is_another_claim(again: Desk) -> None:
    desk = again
    other = factories.make_location(desk.location.organization)
    assert desk.upload_rows(desk.row(**GOOD, partner_id=other.partner_id)).problems == []


def test_what_was_thrown_away_or_typed_or_others_stands_in_nobody_s_way(again: Desk) -> None:
    desk = again
    discard_claim(claim_id=Claim.objects.get().pk, actor=actors.partner(desk.user))
    factories.make_claim(
        user=desk.user,
        location=desk.location,
        tenant=desk.tenant,
        products=("sharepoint_online",),
    )
    theirs = make_desk()
    Desk(theirs.user, theirs.location, desk.tenant).upload_rows(
        desk.row(**GOOD, partner_id=theirs.location.partner_id)
    )
    second = desk.upload_rows(desk.row(**GOOD), again=True)
    assert (findings(second), second.draft_count) == ([], 1)


def test_what_is_with_the_reviewers_stands_too(again: Desk) -> None:
    desk = again
    hand_in(Claim.objects.get())
    second = desk.upload_rows(desk.row(**GOOD), again=True)
    assert findings(second) == [(2, "", "BLK-15")]


def test_of_several_claims_for_the_same_the_one_of_that_name_is_told(desk: Desk) -> None:
    rows = [desk.row(claim_name=name) for name in ("Spring", "Autumn", "Winter")]
    desk.upload_rows(*rows)
    spring, _autumn, winter = Claim.objects.order_by("pk")
    second = desk.upload_rows(desk.row(claim_name="SPRING"), desk.row(claim_name="Summer"))
    assert [each["claim"] for each in second.problems] == [spring.pk, winter.pk]


def test_rows_of_one_file_are_not_compared_with_each_other(desk: Desk) -> None:
    assert desk.upload_rows(desk.row(**GOOD), desk.row(**GOOD)).draft_count == 2


def test_the_ticked_rows_are_made_on_purpose_and_only_once(desk: Desk) -> None:
    rows = [desk.row(claim_name=str(number), claim_key=str(number)) for number in range(2)]
    two_lines = [desk.row(claim_key="x"), desk.row(claim_key="x", product="Intune")]
    desk.upload_rows(*rows, *two_lines)
    upload = desk.upload_rows(*rows, *two_lines, again=True)
    assert findings(upload) == [(2, "", "BLK-15"), (3, "", "BLK-15"), (4, "", "BLK-15")]
    browser = browser_of(desk.user)
    address = reverse("upload_make_left_out", args=[upload.pk])

    nothing = browser.post(address, {"row": ["nonsense"]}, follow=True)
    assert "Tick the rows" in text_of(nothing)
    for said in ("1 draft was made.", "No draft was made"):
        assert said in text_of(browser.post(address, {"row": ["4"]}, follow=True))
    upload.refresh_from_db()
    claim = Claim.objects.get(uploaded_with=upload)
    assert claim.lines.count() == 2
    assert (findings(upload), upload.draft_count) == ([(2, "", "BLK-15"), (3, "", "BLK-15")], 1)

    page = browser.post(address, {"all": "1"}, follow=True)
    assert "2 drafts were made." in text_of(page)
    assert "BLK-15" not in codes_in(page)
    upload.refresh_from_db()
    assert (upload.problems, upload.draft_count, upload.refused_rows) == ([], 3, [])
    assert "No draft was made" in text_of(browser.post(address, {"all": "1"}, follow=True))
    assert Claim.objects.filter(uploaded_with=upload).count() == 3


def test_what_can_t_be_made_any_more_becomes_a_row_to_mend(again: Desk) -> None:
    desk = again
    upload = desk.upload_rows(desk.row(**GOOD), again=True)
    desk.location.is_active = False
    desk.location.save()

    assert make_left_out(actor=actors.partner(desk.user), upload_id=upload.pk) == 0
    upload.refresh_from_db()
    assert findings(upload) == [(2, "partner_id", "MPN-01")]
    assert len(upload.refused_rows) == 1


def test_who_may_not_read_the_rows_makes_none_of_them(again: Desk) -> None:
    desk = again
    upload = desk.upload_rows(desk.row(**GOOD), desk.row(), again=True)
    scoped = colleague_at(desk, locations=[desk.location])
    viewer = colleague_at(desk, role=Membership.Role.REPORT_VIEWER)
    for each in (scoped, viewer, make_desk()):
        browser = browser_of(each.user)
        assert "BLK-15" not in codes_in(browser.get(result_of(upload)))
        address = reverse("upload_make_left_out", args=[upload.pk])
        assert browser.post(address, {"all": "1"}).status_code == 404
        with pytest.raises(NotYours):
            make_left_out(actor=actors.partner(each.user), upload_id=upload.pk)
    assert Claim.objects.count() == 2


# -- throwing the drafts away ----------------------------------------------------------------------


def test_all_drafts_of_an_upload_go_by_one_confirmed_act(desk: Desk) -> None:
    upload = desk.upload_rows(*(desk.row(claim_name=str(number)) for number in range(3)))
    touched = Claim.objects.order_by("pk")[0]
    edit_claim(
        claim_id=touched.pk,
        actor=actors.partner(desk.user),
        version=touched.version,
        changes=ClaimChanges(name="Worked on"),
    )
    browser = browser_of(desk.user)
    address = reverse("upload_discard", args=[upload.pk])
    assert address in html_of(browser.get(result_of(upload)))

    page = browser.get(address)
    assert html_of(page).count(" checked>") == 2
    assert text_of(page).count("changed since the upload") == 1
    assert set(Claim.objects.values_list("status", flat=True)) == {Status.EDITING}
    assert problems_in(browser.post(address)) == ["BLK-16"]

    ticked = [f"{claim.pk}-{claim.version}" for claim in Claim.objects.order_by("pk")]
    done = browser.post(address, {"draft": ticked})
    assert "3 drafts are discarded." in text_of(done)
    assert set(Claim.objects.values_list("status", flat=True)) == {Status.CANCELLED}
    assert ClaimEvent.objects.filter(kind="claim_discarded").count() == 3
    assert address not in html_of(browser.get(result_of(upload)))
    assert browser.get(address).headers["Location"] == result_of(upload)


def test_each_draft_that_stays_says_why(desk: Desk) -> None:
    upload = desk.upload_rows(*(desk.row(claim_name=str(number)) for number in range(4)))
    gone, changed, submitted, left = Claim.objects.order_by("pk")
    shown = {each.pk: each.version for each in (gone, changed, submitted)}
    edit_claim(
        claim_id=changed.pk,
        actor=actors.partner(desk.user),
        version=changed.version,
        changes=ClaimChanges(name="Worked on meanwhile"),
    )
    hand_in(submitted)
    foreign = factories.make_claim(user=desk.user, location=desk.location)
    shown |= {foreign.pk: foreign.version, 10**9: 1}

    ticked = [f"{pk}-{version}" for pk, version in shown.items()]
    page = browser_of(desk.user).post(
        reverse("upload_discard", args=[upload.pk]), {"draft": [*ticked, "x", "1-", "-1"]}
    )
    assert "1 draft is discarded." in text_of(page)
    assert codes_in(page) == ["SUBM-02", "SUBM-03"]
    assert [each.claim.pk for each in page.context["done"]] == [gone.pk, changed.pk, submitted.pk]
    stand = Claim.objects.in_bulk()
    assert [stand[each.pk].status for each in (gone, changed, submitted, left, foreign)] == [
        Status.CANCELLED,
        Status.EDITING,
        Status.SUBMITTED,
        Status.EDITING,
        Status.EDITING,
    ]


def test_nobody_throws_away_what_they_don_t_reach(desk: Desk) -> None:
    other = factories.make_location(desk.location.organization)
    upload = desk.upload_rows(desk.row(), desk.row(partner_id=other.partner_id))
    scoped = colleague_at(desk, locations=[desk.location])
    versions = {each.pk: each.version for each in Claim.objects.all()}

    done = discard_drafts(actor=actors.partner(scoped.user), upload=upload, versions=versions)
    assert [(each.claim.location, each.problem) for each in done] == [(desk.location, None)]
    assert Claim.objects.get(location=other).status == Status.EDITING
    viewer = colleague_at(desk, role=Membership.Role.REPORT_VIEWER)
    for each in (viewer, make_desk()):
        browser = browser_of(each.user)
        address = reverse("upload_discard", args=[upload.pk])
        assert browser.get(address).status_code == 404
        ticked = [f"{pk}-{version}" for pk, version in versions.items()]
        assert browser.post(address, {"draft": ticked}).status_code == 404
    assert Claim.objects.get(location=other).status == Status.EDITING
