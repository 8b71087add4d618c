"""Views of the list that a person keeps under a name."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from claims.models import SavedFilter
from cpor_site.common import clock
from cpor_site.common.models import User
from tests import factories
from tests.claims.pages import browser_of, html_of, text_of

pytestmark = pytest.mark.django_db


def member() -> tuple[User, Client]:
    user = factories.make_user()
    factories.make_membership(user)
    return user, browser_of(user)


def save(browser: Client, name: str, query: str = "status=mine") -> Any:
    return browser.post(reverse("saved_filter_save"), {"name": name, "query": query})


def kept(user: User) -> list[tuple[str, str]]:
    return list(SavedFilter.objects.filter(user=user).values_list("name", "query").order_by("pk"))


def test_a_view_is_saved_without_its_place_and_opened_again() -> None:
    user, browser = member()
    answer = save(browser, "Mine", "status=mine&area=&due=14&sort=-due&columns=owner&after=x&no=1")

    query = "status=mine&due=14&sort=-due&columns=owner"
    assert kept(user) == [("Mine", query)]
    assert answer.headers["Location"] == f"{reverse('claim_list')}?{query}"
    page = browser.get(answer.headers["Location"])
    assert f'href="{reverse("claim_list")}?{query.replace("&", "&amp;")}">Mine</a>' in html_of(page)


@pytest.mark.parametrize("name", ["mine", "MINE"])
def test_a_name_is_taken_once(name: str) -> None:
    user, browser = member()
    save(browser, "Mine")
    page = save(browser, name, "status=editing")

    assert "You have a filter of this name already." in text_of(page)
    assert f'value="{name}"' in html_of(page)
    assert 'name="query" value="status=editing"' in html_of(page)
    assert kept(user) == [("Mine", "status=mine")]
    _other, other_browser = member()
    assert save(other_browser, name).status_code == 302


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Fill in this field."),
        ("  ", "Fill in this field."),
        ("\0", "Fill in this field."),
        ("x" * 61, "Use up to 60 characters."),
    ],
)
def test_a_name_that_will_not_do(name: str, sentence: str) -> None:
    user, browser = member()

    assert sentence in text_of(save(browser, name))
    assert kept(user) == []


def test_a_view_that_is_too_long_is_refused() -> None:
    user, browser = member()

    assert "more filters than can be kept" in text_of(save(browser, "Long", "q=" + "x" * 1500))
    assert kept(user) == []


def test_thirty_are_the_limit() -> None:
    user, browser = member()
    SavedFilter.objects.bulk_create(
        SavedFilter(user=user, name=f"Filter {number}", created_at=clock.now())
        for number in range(30)
    )

    assert "You have 30 saved filters, which is the limit." in text_of(save(browser, "More"))
    assert len(kept(user)) == 30


def test_renaming_and_deleting() -> None:
    user, browser = member()
    save(browser, "Mine")
    save(browser, "Drafts", "status=editing")
    mine, drafts = SavedFilter.objects.order_by("pk")
    page = browser.post(reverse("saved_filter_rename", args=[mine.pk]), {"name": "drafts"})
    assert "You have a filter of this name already." in text_of(page)

    browser.post(reverse("saved_filter_rename", args=[mine.pk]), {"name": "MINE"})
    browser.post(reverse("saved_filter_delete", args=[drafts.pk]))
    assert kept(user) == [("MINE", "status=mine")]


@pytest.mark.parametrize("act", ["rename", "delete"])
def test_a_foreign_filter_is_the_same_404_as_none(act: str) -> None:
    user, browser = member()
    save(browser, "Mine")
    _other, other_browser = member()

    for key in (SavedFilter.objects.get().pk, 10**6, 10**30):
        address = reverse(f"saved_filter_{act}", args=[key])
        assert other_browser.post(address, {"name": "Taken"}).status_code == 404
    assert kept(user) == [("Mine", "status=mine")]
