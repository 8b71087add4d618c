"""Files of the claims that fit a filter."""

from __future__ import annotations

import csv
import gc
import io
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import QuerySet
from django.urls import reverse

from claims import actors, exports
from claims.exports import FIELDS, names_of
from claims.models import Claim, ClaimLine, Membership
from claims.services.endings import end_association
from cpor_site.common.models import User
from tests import acts, factories
from tests.claims.pages import browser_of, html_of, text_of
from tests.shared import shared

pytestmark = pytest.mark.django_db


def download(user: User, form: str = "csv", **query: str) -> Any:
    return browser_of(user).get(reverse(f"claim_export_{form}"), query)


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def rows(answer: Any) -> list[dict[str, str]]:
    text = content(answer).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_holds_what_is_filtered() -> None:
    claim = acts.asked(factories.make_claim(name="Intranet"))
    other = factories.make_claim(user=claim.created_by, location=claim.location)
    answer = download(claim.created_by, status="partner_action_required")
    [row] = rows(answer)
    assert claim.tenant is not None
    assert claim.due_at is not None

    assert list(row) == [field.name for field in FIELDS]
    assert (row["claim_number"], row["claim_name"], row["status"], row["whose_move"]) == (
        claim.number,
        "Intranet",
        "partner_action_required",
        "partner",
    )
    assert (row["tenant_id"], row["activities"], row["line_count"], row["migrated"]) == (
        str(claim.tenant.tenant_id),
        "Usage",
        "1",
        "no",
    )
    assert row["due_at"] == claim.due_at.isoformat(timespec="seconds")
    assert [each["claim_number"] for each in rows(download(claim.created_by))] == [
        claim.number,
        other.number,
    ]


def test_csv_is_written_for_spreadsheets() -> None:
    claim = factories.make_claim(name='=HYPERLINK("http://x"),ü')
    plain = content(download(claim.created_by))
    marked = content(download(claim.created_by, bom="on"))

    assert marked == b"\xef\xbb\xbf" + plain
    assert plain.count(b"\r\n") == plain.count(b"\n") == 2
    [row] = rows(download(claim.created_by))
    assert row["claim_name"] == '\'=HYPERLINK("http://x"),ü'


def test_no_cell_begins_like_a_formula() -> None:
    claim = factories.make_claim()
    for sign in ("=", "+", "-", "@", "\t", "\r"):
        Claim.objects.filter(pk=claim.pk).update(name=f"{sign}1+1")
        [row] = rows(download(claim.created_by))
        assert row["claim_name"] == f"'{sign}1+1"


def test_one_row_per_line() -> None:
    claim = factories.make_claim(products=("exchange_online", "intune"))
    user = claim.created_by
    bare = factories.make_claim(user=user, location=claim.location, products=())
    found = rows(download(user, rows="lines"))

    assert list(found[0]) == names_of(per_line=True)
    assert [(row["claim_number"], row["product_code"]) for row in found] == [
        (claim.number, "exchange_online"),
        (claim.number, "intune"),
        (bare.number, ""),
    ]


def test_json_is_a_list_of_objects() -> None:
    claim = factories.make_claim(name="Büro", products=("exchange_online",))
    answer = download(claim.created_by, "json", rows="lines")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    [found] = json.loads(content(answer))

    assert list(found) == names_of(per_line=True)
    assert (found["claim_name"], found["activities"], found["migrated"], found["due_at"]) == (
        "Büro",
        ["Usage"],
        False,
        None,
    )
    assert json.loads(content(download(claim.created_by, "json", q="nothing"))) == []


def test_an_ended_association_has_its_older_name_in_a_column_of_its_own() -> None:
    active = acts.active()
    assert active.activated_at is not None
    with time_machine.travel(active.activated_at + timedelta(days=1), tick=False):
        ended = end_association(
            claim_id=active.pk, actor=actors.partner(active.created_by), reason="Done."
        )
    acts.submit(factories.make_claim(user=ended.created_by, location=ended.location))
    names = ("status", "status_label", "compatibility_status")
    found = [tuple(row[name] for name in names) for row in rows(download(ended.created_by))]

    assert found == [
        ("ended", "Association ended", "Rejected final"),
        ("submitted", "Submitted", "Submitted"),
    ]


def test_a_report_viewer_sees_no_list_but_exports() -> None:
    claim = factories.make_claim()
    viewer = factories.make_user()
    factories.make_membership(viewer, claim.organization, Membership.Role.REPORT_VIEWER)
    browser = browser_of(viewer)

    assert reverse("claim_exports") in html_of(browser.get(reverse("claim_list")))
    page = browser.get(reverse("claim_exports"))
    assert "The file will hold 1 claim" in text_of(page)
    assert [row["claim_number"] for row in rows(download(viewer))] == [claim.number]


def test_nobody_exports_what_they_do_not_reach() -> None:
    claim = factories.make_claim()
    stranger = factories.make_user()
    assert download(stranger).status_code == 403
    assert browser_of(stranger).get(reverse("claim_exports")).status_code == 403

    elsewhere = factories.make_location(claim.organization)
    membership = factories.make_membership(stranger, claim.organization, locations=[elsewhere])
    assert rows(download(stranger)) == []
    membership.locations.clear()
    assert [row["claim_number"] for row in rows(download(stranger))] == [claim.number]


def test_a_wrong_filter_gives_a_sentence_and_no_file() -> None:
    claim = factories.make_claim()
    answer = download(claim.created_by, due="soon")

    assert answer.status_code == 400
    assert "Enter a whole number, such as 14." in text_of(answer)
    assert claim.number not in html_of(answer)


def test_nothing_of_the_reviewers_is_told() -> None:
    claim = acts.under_review()
    claim.lines.update(contested=True, decision_note="Only for us")
    reviewer = claim.assigned_reviewer
    assert reviewer is not None
    text = content(download(claim.created_by, "json", rows="lines")).decode()

    for word in ("contest", "compet", reviewer.full_name, "Only for us"):
        assert word not in text.replace("compatibility_status", ""), word


# -- memory ----------------------------------------------------------------------------------------


def add_claims(like: Claim, count: int) -> None:
    """Store so many more drafts of the claim's partner at once, each with its line."""
    line = like.lines.get()
    first = Claim.objects.count()
    claims = [
        Claim(
            number=f"CPOR-2099-{number:06}",
            organization=like.organization,
            location=like.location,
            tenant=like.tenant,
            rule_profile=like.rule_profile,
            created_at=like.created_at,
            created_by=like.created_by,
            changed_at=like.changed_at,
        )
        for number in range(first, first + count)
    ]
    rows: QuerySet[Claim] = QuerySet(Claim)
    made = rows.bulk_create(claims)  # Past the guard, which wants each one's history.
    ClaimLine.objects.bulk_create(
        ClaimLine(claim=each, product=line.product, activity=line.activity) for each in made
    )


def instances() -> int:
    """Return how many claims and lines are in memory."""
    return sum(type(each) in (Claim, ClaimLine) for each in gc.get_objects())


@shared
def reader() -> User:
    """Somebody who reads 410 claims."""
    claim = factories.make_claim()
    add_claims(claim, 409)
    return claim.created_by


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_long_file_takes_no_more_memory_than_a_short_one(
    reader: User, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many claims there are, one portion of them is held, even if no collector comes by."""
    monkeypatch.setattr(exports, "CHUNK", 20)
    answer = download(reader, form, rows="lines")
    gc.collect()
    gc.disable()
    try:
        held = [instances() for _part in answer.streaming_content]
    finally:
        gc.enable()

    assert len(held) == 5
    assert max(held) <= 2 * exports.CHUNK + 5
