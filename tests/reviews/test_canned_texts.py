"""Canned texts: shipped, changed into versions, and filled with the claim's facts."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from claims.states import REVIEWER_REASONS, DeficiencyCode
from cpor_site.common.models import User
from cpor_site.common.problems import Refused
from reviews.models import CannedText
from reviews.placeholders import PLACEHOLDERS, fill, unfilled
from reviews.services.canned_texts import add_text, change_text, load_canned_texts, texts_for
from tests import factories

from .pages import browser_of

pytestmark = pytest.mark.django_db
Use = CannedText.Use


@pytest.fixture
def text() -> CannedText:
    load_canned_texts()
    return CannedText.objects.get(slug="date_old")


def test_every_code_that_a_reviewer_gives_is_known(text: CannedText) -> None:
    for row in CannedText.objects.all():
        codes = {
            Use.FINDING: DeficiencyCode.values,
            Use.REJECTION: [reason.value for reason in REVIEWER_REASONS],
        }.get(Use(row.use), [""])
        assert row.code in codes, row.slug
        assert set(unfilled(row.body)) <= set(PLACEHOLDERS), row.slug


def test_loading_twice_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_canned_texts")
    call_command("load_canned_texts")

    total = CannedText.objects.count()
    assert capsys.readouterr().out == (
        f"{total} created, 0 updated, 0 kept as changed here, 0 already as shipped.\n"
        f"0 created, 0 updated, 0 kept as changed here, {total} already as shipped.\n"
    )


def test_what_is_shipped_anew_is_a_new_version(text: CannedText) -> None:
    CannedText.objects.filter(pk=text.pk).update(body="As it was shipped before.")

    assert load_canned_texts().updated == ["date_old (en)"]
    assert list(
        CannedText.objects.filter(slug="date_old").values_list("version", "is_current", "body")
    ) == [(2, True, text.body), (1, False, "As it was shipped before.")]


def test_what_was_changed_here_stays(text: CannedText, reviewer: User) -> None:
    change_text(text_id=text.pk, by=reviewer, title="Ours", body="Our words.")

    assert load_canned_texts().kept == ["date_old (en)"]
    assert CannedText.objects.get(slug="date_old", is_current=True).body == "Our words."


@pytest.mark.parametrize(
    ("title", "body", "code"),
    [("T", " ", "REV-18"), (" ", "B", "REV-18"), ("T", "Dear {nobody}", "REV-18")],
)
def test_an_unusable_text_is_refused(
    title: str, body: str, code: str, text: CannedText, reviewer: User
) -> None:
    with pytest.raises(Refused) as refusal:
        change_text(text_id=text.pk, by=reviewer, title=title, body=body)

    assert [each.code for each in refusal.value.problems] == [code]


def test_of_two_changes_at_once_the_second_is_told(text: CannedText, reviewer: User) -> None:
    change_text(text_id=text.pk, by=reviewer, title="One", body="One.")

    with pytest.raises(Refused) as refusal:
        change_text(text_id=text.pk, by=reviewer, title="Two", body="Two.")
    assert [each.code for each in refusal.value.problems] == ["REV-17"]


def test_the_partners_language_goes_before_english(text: CannedText, reviewer: User) -> None:
    add_text(
        by=reviewer,
        slug="date_old",
        use=Use.FINDING,
        code="D-DATE",
        locale="de",
        title="Zu alt",
        body="Zu alt.",
    )

    found = {row.slug: row.locale for row in texts_for("de", use=Use.FINDING)}
    assert (found["date_old"], found["date_missing"]) == ("de", "en")
    assert {row.locale for row in texts_for("fr", use=Use.FINDING)} == {"en"}


def test_filling() -> None:
    values: dict[str, str] = {"product": "Teams", "signer": ""}

    assert (
        fill("{product} by {signer}, {other} {X} {}", values) == "Teams by {signer}, {other} {X} {}"
    )
    assert unfilled("{signer} and {signer} of {other}, {X}") == ["signer", "other"]


class TestAdmin:
    @pytest.fixture
    def lead(self) -> User:
        return factories.make_reviewer(role="Lead reviewer")

    def change(self, text: CannedText, user: User, **typed: Any) -> Any:
        address = reverse("admin:reviews_cannedtext_change", args=[text.pk])
        return browser_of(user).post(address, {"title": "New", "body": "New words."} | typed)

    def test_saving_writes_a_version(self, text: CannedText, lead: User) -> None:
        assert self.change(text, lead).status_code == 302

        assert list(
            CannedText.objects.filter(slug="date_old").values_list(
                "version", "is_current", "title", "created_by"
            )
        ) == [(2, True, "New", lead.pk), (1, False, text.title, None)]

    def test_an_old_version_is_for_reading(self, text: CannedText, lead: User) -> None:
        self.change(text, lead)

        late = self.change(text, lead, body="My own words.")
        assert "Somebody changed this text meanwhile" in late.content.decode()
        assert "My own words." in late.content.decode()
        assert CannedText.objects.filter(slug="date_old").count() == 2

    def test_an_unknown_placeholder_is_pointed_out(self, text: CannedText, lead: User) -> None:
        response = self.change(text, lead, body="Dear {nobody}")

        assert response.status_code == 200
        assert "Nobody fills {nobody}." in response.content.decode()

    @pytest.mark.parametrize("role", ["Reviewer", "Auditor"])
    def test_others_only_read(self, role: str, text: CannedText) -> None:
        assert self.change(text, factories.make_reviewer(role=role)).status_code == 403
