"""The pages of uploading drafts: choosing a file, what became of it, mending, earlier uploads."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import actors, checks
from claims.bulk.reading import MOST_BYTES
from claims.models import Claim, DraftUpload, Membership
from claims.services.drafting import discard_claim
from claims.views import uploads
from cpor_site.common import clock
from cpor_site.common.problems import blocking
from tests import factories
from tests.claims.bulk_files import Desk, csv_of, make_desk
from tests.claims.pages import browser_of, codes_in, html_of, problems_in, text_of
from tests.shared import shared

pytestmark = pytest.mark.django_db

LIST_QUERIES = 11
QUERIES_A_DRAFT = 25


@shared
def desk() -> Desk:
    return make_desk()


def send(
    browser: Client, desk: Desk, content: str | bytes, name: str = "drafts.csv", **options: Any
) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    data = {"organization": desk.organization_id, "file": SimpleUploadedFile(name, raw)}
    return browser.post(reverse("upload"), data, **options)


def result_of(upload: DraftUpload) -> str:
    return reverse("upload_result", args=[upload.pk])


def test_the_page_says_what_the_columns_mean_and_has_a_template(desk: Desk) -> None:
    browser = browser_of(desk.user)
    page = browser.get(reverse("upload"))
    assert "What the columns mean" in text_of(page)
    assert "Up to 500 rows and 2 MB" in text_of(page)
    assert reverse("upload_template") in html_of(page)
    assert reverse("upload") in html_of(browser.get(reverse("claim_list")))

    template = browser.get(reverse("upload_template"))
    assert template["Content-Type"] == "text/csv; charset=utf-8"
    assert template["Content-Disposition"] == 'attachment; filename="draft claims.csv"'
    answer = send(browser, desk, template.content)
    assert problems_in(answer) == ["BLK-01"]


def test_good_rows_become_drafts_and_the_others_come_back(desk: Desk) -> None:
    browser = browser_of(desk.user)
    content = csv_of(
        desk.row(claim_name="First"),
        desk.row(claim_name="=Second", product="Exchnge", partner_id="1"),
        desk.row(claim_name="Third", tenant_id="nonsense"),
    )
    answer = send(browser, desk, content, "spring.csv", follow=True)

    upload = DraftUpload.objects.get()
    first, third = Claim.objects.filter(uploaded_with=upload).order_by("pk")
    assert answer.redirect_chain == [(result_of(upload), 302)]
    text = text_of(answer)
    assert "2 drafts were made. 1 row became none and has to be mended." in text
    assert "Nothing was submitted." in text
    assert "3 Product Exchnge “Exchnge” isn't in the catalogue" in text
    # What the rows lack, then what each draft lacks: the proof always.
    assert all_codes(answer) == ["LIN-02", "MPN-01", *lacking(first), *lacking(third)]
    assert lacking(first) == ["CON-03", "POE-01"]
    assert lacking(third)[0] == "TEN-02"
    for claim in (first, third):
        assert reverse("claim_page", args=[claim.pk]) in html_of(answer)

    refused = browser.get(reverse("refused_rows", args=[upload.pk]))
    assert unquote(refused["Content-Disposition"]) == 'attachment; filename="spring to mend.csv"'
    (row,) = csv.DictReader(io.StringIO(refused.content.decode("utf-8-sig")))
    assert row["claim_name"] == "'=Second"
    assert "LIN-02" in row["problem"]
    assert "MPN-01" in row["problem"]

    row |= {"product": "Intune", "partner_id": desk.location.partner_id}
    mended = send(browser, desk, csv_of(row), follow=True)
    assert "1 draft was made." in text_of(mended)
    assert Claim.objects.order_by("-pk")[0].name == "=Second"


def lacking(claim: Claim) -> list[str]:
    """Return the codes of what the claim's own last step would refuse."""
    problems = checks.check_submission(claim, claim.created_by, clock.now())
    return [each.code for each in blocking(problems)]


def all_codes(response: Any) -> list[str]:
    """Return the code behind every sentence of the page, in order."""
    return re.findall(r'<span class="code">([^<]+)</span>', html_of(response))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "BLK-01"),
        ("x" * (MOST_BYTES + 1), "BLK-02"),
        (b"PK\x03\x04sheet", "BLK-03"),
        ("a,b\n1,2\n", "BLK-05"),
    ],
)
def test_a_file_of_which_nothing_can_be_used(desk: Desk, content: Any, code: str) -> None:
    answer = send(browser_of(desk.user), desk, content)
    assert answer.status_code == 200
    assert problems_in(answer) == [code]
    assert 'href="#id_file"' in html_of(answer)
    assert not DraftUpload.objects.exists()


def test_no_file_at_all(desk: Desk) -> None:
    answer = browser_of(desk.user).post(reverse("upload"), {"organization": desk.organization_id})
    assert "Choose the file." in text_of(answer)


def test_the_choice_of_organisation_is_kept(desk: Desk) -> None:
    other = factories.make_location().organization
    factories.make_membership(desk.user, other)
    browser = browser_of(desk.user)
    first = browser.get(reverse("upload"))
    assert text_of(first).count(other.name) == 1
    data = {"organization": other.pk, "file": SimpleUploadedFile("x.csv", b"a,b\n1,2\n")}
    answer = browser.post(reverse("upload"), data)
    assert f'<option value="{other.pk}" selected>' in html_of(answer)


def test_the_same_file_again_is_asked_about_and_not_lost(desk: Desk) -> None:
    browser = browser_of(desk.user)
    content = csv_of(desk.row())
    send(browser, desk, content)
    before = DraftUpload.objects.get()

    asked = send(browser, desk, content, "again.csv")
    assert codes_in(asked) == ["BLK-11"]
    assert result_of(before) in html_of(asked)
    assert Claim.objects.count() == 1

    form = {name: asked.context["form"][name].value() for name in ("organization", "kept")}
    done = browser.post(reverse("upload"), form, follow=True)
    assert "1 row was left out" in text_of(done)
    assert DraftUpload.objects.order_by("-pk")[0].file_name == "again.csv"

    over = browser.post(reverse("upload"), form)
    assert problems_in(over) == ["BLK-14"]
    assert Claim.objects.count() == 1


def test_a_kept_file_is_nobody_else_s(desk: Desk) -> None:
    content = csv_of(desk.row())
    send(browser_of(desk.user), desk, content)
    asked = send(browser_of(desk.user), desk, content)
    form = {name: asked.context["form"][name].value() for name in ("organization", "kept")}
    colleague = factories.make_user()
    factories.make_membership(colleague, desk.location.organization)
    assert problems_in(browser_of(colleague).post(reverse("upload"), form)) == ["BLK-14"]
    cache.clear()
    assert problems_in(browser_of(desk.user).post(reverse("upload"), form)) == ["BLK-14"]


def test_drafts_that_moved_on_say_where_they_stand(desk: Desk) -> None:
    upload = desk.upload_rows(desk.row())
    claim = Claim.objects.get()
    discard_claim(claim_id=claim.pk, actor=actors.partner(desk.user))
    page = browser_of(desk.user).get(result_of(upload))
    assert "Cancelled" in text_of(page)
    assert codes_in(page) == []


def test_notes_about_the_file_stand_on_its_page(desk: Desk) -> None:
    upload = desk.upload(csv_of(desk.row(budget="7", claim_name="Müller")).encode("cp1252"))
    page = browser_of(desk.user).get(result_of(upload))
    assert sorted(set(codes_in(page)) & {"BLK-06", "BLK-12"}) == ["BLK-06", "BLK-12"]


def test_many_findings_are_cut_short_on_the_page_and_stand_in_the_file(desk: Desk) -> None:
    upload = desk.upload_rows(*(desk.row(product="x", partner_id="1") for _ in range(51)))
    page = browser_of(desk.user).get(result_of(upload))
    assert all_codes(page) == ["LIN-02", "MPN-01"] * 50
    assert "2 more findings stand in the file with the rows to mend." in text_of(page)


def test_who_may_see_drafts_but_not_rows_sees_no_rows() -> None:
    organization = factories.make_organization()
    north = factories.make_location(organization)
    admin, scoped = factories.make_user(), factories.make_user()
    factories.make_membership(admin, organization)
    factories.make_membership(scoped, organization, locations=[north])
    desk = Desk(admin, north, factories.make_tenant())
    upload = desk.upload_rows(desk.row(), desk.row(product="A secret plan"))

    browser = browser_of(scoped)
    page = browser.get(result_of(upload))
    assert "A secret plan" not in html_of(page)
    assert Claim.objects.get().number in text_of(page)
    assert browser.get(reverse("refused_rows", args=[upload.pk])).status_code == 404


def test_everything_of_others_is_the_same_404(desk: Desk) -> None:
    upload = desk.upload_rows(desk.row(), desk.row(product="x"))
    complete = desk.upload_rows(desk.row(product="Intune"))
    stranger = browser_of(make_desk().user)
    unknown = upload.pk + 99
    for name in ("upload_result", "refused_rows"):
        answers = [stranger.get(reverse(name, args=[pk])) for pk in (upload.pk, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404]
    own = browser_of(desk.user)
    assert own.get(reverse("refused_rows", args=[complete.pk])).status_code == 404
    foreign = {"organization": factories.make_organization().pk, "kept": "x"}
    assert problems_in(own.post(reverse("upload"), foreign)) == ["BLK-14"]


def test_roles_that_may_not_draft(desk: Desk) -> None:
    viewer = make_desk(role=Membership.Role.REPORT_VIEWER).user
    browser = browser_of(viewer)
    assert browser.get(reverse("upload")).status_code == 403
    assert send(browser, desk, csv_of(desk.row())).status_code == 403
    assert "Nothing uploaded yet" in text_of(browser.get(reverse("uploads")))
    assert Client().get(reverse("upload")).status_code == 302


@pytest.mark.parametrize("rows", [1, 3])
def test_earlier_uploads(desk: Desk, rows: int) -> None:
    for number in range(rows):
        product = ("Exchange Online", "Intune", "Yammer")[number]
        desk.upload_rows(desk.row(product=product), desk.row(product="x"))
    browser = browser_of(desk.user)
    browser.get(reverse("uploads"))
    with CaptureQueriesContext(connection) as queries:
        page = browser.get(reverse("uploads"))
    assert html_of(page).count("drafts.csv") == rows
    assert [each.refused_count for each in page.context["uploads"]] == [1] * rows
    assert len(queries) == LIST_QUERIES


def test_queries_of_a_result_grow_with_the_drafts_of_one_page_only(
    monkeypatch: pytest.MonkeyPatch, desk: Desk
) -> None:
    monkeypatch.setattr(uploads, "DRAFTS_PER_PAGE", 3)
    counts = []
    products = ("Exchange Online", "Intune", "Yammer", "SharePoint Online")
    for rows, product in zip((1, 2, 3, 5), products, strict=True):
        page = result_of(desk.upload_rows(*(desk.row(product=product) for _ in range(rows))))
        browser = browser_of(desk.user)
        browser.get(page)
        with CaptureQueriesContext(connection) as queries:
            browser.get(page)
        counts.append(len(queries))
    one, two, three, five = counts
    assert two - one <= QUERIES_A_DRAFT
    assert three - two == two - one
    assert five == three
