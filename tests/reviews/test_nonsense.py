"""Nonsense in the admin's addresses and forms: a page, a way back or a refusal, never a failure.

``ALL_NONSENSE=1`` tries every value everywhere, which takes minutes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import reverse

from claims.models import Claim
from cpor_site.common.models import User
from reviews.services.canned_texts import load_canned_texts
from tests import acts, factories
from tests.shared import shared

from .acting import ACTS, valid
from .editing import page, shown
from .pages import browser_of, url

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]  # It takes least of all nonsense.

NUL = "a\0b"
NONSENSE = (
    "9" * 30,
    "-1",
    "32768",
    "2147483648",
    "0001-01-01",
    "9999-12-31",
    "99999-12-31",
    "2026-02-30",
    "9999-12-31T23:59:59-12:00",
    "1,2",
    "None",
    "%s{0}😀",
    "x" * 5000,
    '{"editing": "a\\u0000"}',
    "[1]",
)
ENDINGS = ("", "__exact", "__isnull", "__id__exact", "__gte", "__lt")


def some(*names: str) -> Iterator[str]:
    """Return what is tried at a place: everything, or what the place's name chooses."""
    if os.environ.get("ALL_NONSENSE"):
        yield from (NUL, *NONSENSE)
    else:
        chosen = crc32("/".join(names).encode())
        yield NUL if chosen % 2 else NONSENSE[chosen // 2 % len(NONSENSE)]


def failing(client: Client, method: str, address: str, data: dict[str, Any]) -> list[str]:
    """Send it and put everything back; returns what was sent if the desk failed over it."""
    with transaction.atomic():
        status = getattr(client, method)(address, data).status_code
        transaction.set_rollback(True)
    return [f"{method} {address} {data!r:.200}"] if status >= 500 else []


def parameters(model: Any, shown_by: Any) -> Iterator[str]:
    """Return what the address of a list may ask for."""
    yield from ("q", "p", "o", "e", "all", "_to_field", "_changelist_filters")
    for each in shown_by.list_filter:
        name = each[0] if isinstance(each, tuple) else each
        if isinstance(name, str):
            ending = ENDINGS[crc32(f"{model._meta.label}{name}".encode()) % len(ENDINGS)]
            yield from {f"{name}__exact", f"{name}{ending}"}
        else:
            yield str(name.parameter_name)
    if shown_by.date_hierarchy:
        yield from (f"{shown_by.date_hierarchy}__{part}" for part in ("year", "month", "gte"))


@shared
def everything() -> Claim:
    """Rows in as many lists as one claim fills."""
    load_canned_texts()
    return acts.in_window()


@pytest.fixture
def root() -> Client:
    user = User.objects.create_superuser("root@desk.example")
    return browser_of(user, raise_request_exception=False)


def test_lists(everything: Claim, root: Client) -> None:
    found = []
    for model, shown_by in admin.site._registry.items():
        for name in parameters(model, shown_by):
            for value in some(model._meta.label, name):
                found += failing(root, "get", page(model, "changelist"), {name: value})
    for name in ("queue", "status", "area", "due", "after", "before"):
        for value in (*some(name), f"0~{NONSENSE[8]}~1", f"5~~{NONSENSE[0]}", "0~2026-02-30~1"):
            query = {name: value, "queue": "overdue"} if name in ("after", "before") else {}
            found += failing(root, "get", page(Claim, "changelist"), {name: value} | query)
    assert "\n".join(found) == ""


def test_forms(everything: Claim, root: Client) -> None:
    found = []
    for model, shown_by in admin.site._registry.items():
        row = model._base_manager.order_by("pk").first()
        if row is None or model is Claim or not hasattr(shown_by, "history_view"):
            continue
        address, typed = page(model, "change", row.pk), shown(root, row)
        form = root.get(address).context["adminform"].form
        for name in form.fields:
            for value in some(model._meta.label, name):
                found += failing(root, "post", address, typed | {name: value})
    assert "\n".join(found) == ""


def test_keys_of_rows(everything: Claim, root: Client) -> None:
    found = []
    for model in admin.site._registry:
        for key in ("9" * 30, "%00", "-1", "x" * 300):
            address = f"{page(model, 'changelist')}{key}/"
            found += failing(root, "get", f"{address}change/", {})
    assert "\n".join(found) == ""


def test_the_case_and_its_acts() -> None:
    lead = factories.make_reviewer(role="Lead reviewer")
    client = browser_of(lead, raise_request_exception=False)
    claim = acts.under_review(reviewer=lead)
    case, line = url("case", claim), claim.lines.get().pk
    found = []
    for name in ("document", "page", "zoom", "find", "_changelist_filters"):
        for value in some(name):
            found += failing(client, "get", case, {name: value})
    forms: dict[str, dict[str, Any]] = {
        **{url(act, claim): valid(act, claim) | {"step": "preview"} for act in ACTS},
        url("ask", claim): valid("ask", claim) | {"D-ACK-lines": line, "D-ACK-explanation": "x"},
        url("note", claim): {"note-body": "x", "shown-page": "1"},
        url("comment", claim): {"comment-body": "x"},
        url("verdicts", claim): {
            "round": "1",
            "stamp": "0-0",
            f"mark-work-{line}": "ok",
            "document-work": claim.documents.get().pk,
            "page-work": "1",
            "shown-find": "",
        },
        reverse("admin:reviews_hold", args=[claim.pk]): {"reason": "x"},
        reverse("admin:reviews_take_over_case", args=[claim.pk]): {"reason": "x"},
        reverse("admin:reviews_reassign_claim", args=[claim.pk]): {"to": "", "reason": "x"},
        reverse("admin:reviews_release_case", args=[claim.pk]): {"back": "/admin/"},
        reverse("admin:reviews_next_case"): {"instead_of": claim.pk},
        reverse("admin:reviews_bulk"): {
            "act": "assign",
            "claims": claim.pk,
            "to": lead.pk,
            "reason": "x",
            "confirmed": "1",
            "back": "",
        },
    }
    for address, typed in forms.items():
        for name in [*typed, "insert"]:
            for value in some(address.replace(str(claim.pk), ""), name):
                found += failing(client, "post", address, typed | {name: value})
    assert "\n".join(found) == ""
