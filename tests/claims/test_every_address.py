"""Who gets what at every address of the partner's pages, by role, and that old pages do nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from claims.models import (
    Claim,
    ClaimContact,
    ClaimEvent,
    ClaimLine,
    Comment,
    DraftUpload,
    Membership,
    PoEDocument,
    SavedFilter,
)
from cpor_site.common.models import OutboxMessage, User
from tests import factories
from tests.claims.every_address import STATES, address_of, after, keys_of, patterns, undone
from tests.claims.pages import browser_of, html_of

pytestmark = pytest.mark.django_db

Role = Membership.Role
WHO = {
    "signed out": None,
    "stranger": None,
    "viewer": Role.REPORT_VIEWER,
    "drafter": Role.INCENTIVES_USER,
    "head": Role.GLOBAL_ADMIN,
}
"""Somebody signed out, somebody of another partner, and people of the claim's own."""

TABLE: dict[str, tuple[str, str]] = {
    "claim_list": ("200", "405"),
    "claim_exports": ("200", "405"),
    "claim_export_csv": ("200", "405"),
    "claim_export_json": ("200", "405"),
    "saved_filters": ("200", "405"),
    "saved_filter_save": ("405", "200"),
    "saved_filter_rename": ("405", "200"),
    "saved_filter_delete": ("405", "302"),
    "claim_start": ("302 200 403 200 200", "302 200 403 200 200"),
    "choose_organization": ("405", "404"),
    "people": ("302 302 404 404 302", "405"),
    "people_list": ("302 404 404 404 200", "302 404 404 404 405"),
    "people_invite": ("302 404 404 404 200", "302 404 404 404 200"),
    "people_organization": ("302 404 404 404 200", "302 404 404 404 405"),
    "people_change": ("302 404 404 404 200", "302 404 404 404 200"),
    "people_deactivate": ("302 404 404 404 200", "302 404 404 404 302"),
    "people_reactivate": ("302 404 404 404 405", "302 404 404 404 302"),
    "people_resend": ("302 404 404 404 405", "302 404 404 404 200"),
    "upload": ("302 200 403 200 200", "302 200 403 200 200"),
    "upload_template": ("200", "405"),
    "uploads": ("200", "405"),
    "upload_result": ("302 404 404 200 200", "405"),
    "refused_rows": ("302 404 404 200 200", "405"),
    "upload_make_left_out": ("405", "302 404 404 302 302"),
    "upload_discard": ("302 404 404 200 200", "302 404 404 200 200"),
    "calendar_page": ("200", "405"),
    "make_calendar": ("405", "200"),
    "switch_calendar_off": ("405", "302"),
    "claim_page": ("302 404 404 200 200", "302 404 404 405 405"),
    "claim_history": ("302 404 404 200 200", "302 404 404 405 405"),
    "claim_proof": ("302 404 404 200 200", "302 404 404 200 200"),
    "claim_edit": ("302 404 404 200 200", "302 404 404 200 200"),
    "claim_check": ("302 404 404 200 200", "302 404 404 200 200"),
    "claim_recall": ("302 404 404 302 302", "302 404 404 200 200"),
    "claim_withdraw": ("302 404 404 302 302", "302 404 404 200 200"),
    "claim_recover": ("302 404 404 405 405", "302 404 404 302 302"),
    "claim_discard": ("302 404 404 200 200", "302 404 404 200 200"),
    "claim_end": ("302 404 404 302 302", "302 404 404 200 200"),
    "claim_other_contact": ("302 404 404 404 302", "302 404 404 404 302"),
    "claim_proof_request": ("302 404 404 404 302", "302 404 404 404 302"),
    "claim_dispute": ("302 404 404 404 302", "302 404 404 404 302"),
    "claim_ask_again": ("302 404 404 404 302", "302 404 404 404 302"),
    "claim_copy": ("302 404 404 302 302", "302 404 404 200 200"),
    "claim_replace": ("302 404 404 302 302", "302 404 404 200 200"),
    "claim_renew": ("302 404 404 302 302", "302 404 404 200 200"),
    "claim_support": ("302 404 404 200 200", "302 404 404 405 405"),
    "claim_support_file": ("302 404 404 200 200", "302 404 404 405 405"),
    "claim_comment": ("302 404 404 405 405", "302 404 404 200 200"),
    "document_describe": ("302 404 404 200 200", "302 404 404 200 200"),
    "proof_template": ("302 404 404 200 200", "302 404 404 405 405"),
    "document_replace": ("302 404 404 200 200", "302 404 404 200 200"),
    "document_withdraw": ("302 404 404 200 200", "302 404 404 302 302"),
    "document_download": ("302 404 404 200 200", "405 405 405 405 405"),
}
"""What GET and an empty POST answer to each of ``WHO`` in turn, or to all who are signed in."""

KEPT = (
    Claim,
    ClaimContact,
    ClaimEvent,
    ClaimLine,
    Comment,
    DraftUpload,
    Membership,
    OutboxMessage,
    PoEDocument,
    SavedFilter,
)


def person(who: str, claim: Claim) -> User:
    user = factories.make_user()
    role = WHO[who]
    if role is None:
        factories.make_membership(user, role=Role.GLOBAL_ADMIN)
    else:
        factories.make_membership(user, claim.organization, role)
    return user


def everything() -> dict[str, Any]:
    """Return all that anybody could change, but for what only says where one was last."""
    found = {}
    for model in KEPT:
        rows = [dict(row) for row in model._default_manager.order_by("pk").values()]
        for row in rows:
            row.pop("last_section", None)
        found[model.__name__] = rows
    return found


def read(answer: Any) -> int:
    """Read an answer to its end, as a browser does, and return its status."""
    if answer.streaming:
        assert b"".join(answer.streaming_content)
    return int(answer.status_code)


def in_turn(codes: str) -> list[int]:
    """Return the answer to each of ``WHO``; one code alone is for all who are signed in."""
    found = [int(each) for each in codes.split()]
    return found if len(found) > 1 else [302, *found * (len(WHO) - 1)]


def test_the_table_names_every_address() -> None:
    assert list(TABLE) == list(patterns())


@pytest.mark.parametrize("who", WHO)
def test_each_role_gets_what_the_table_says(who: str) -> None:
    claim = factories.make_claim()
    user = person(who, claim)
    browser = Client() if who == "signed out" else browser_of(user)
    keys = keys_of(claim, user)
    column = list(WHO).index(who)
    found, wanted = {}, {}
    before = everything()
    for name, codes in TABLE.items():
        address = address_of(name, keys)
        with undone():
            got = read(browser.get(address))
        with undone():
            answer: Any = browser.post(address)
            posted = read(answer)
            if posted in (403, 404) or who == "signed out":
                assert everything() == before, name
        if who == "signed out" and posted == 302:
            assert answer.headers["Location"] == f"{reverse('sign_in')}?next={address}"
        found[name] = (got, posted)
        wanted[name] = tuple(in_turn(each)[column] for each in codes)
    assert found == wanted


def without_address(answer: Any, address: str) -> str:
    """Return a page without what only repeats the request: its address, number and token."""
    page = html_of(answer).replace(address, "").replace(answer["X-Request-ID"], "")
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)


def test_what_is_foreign_reads_like_what_does_not_exist() -> None:
    """The same status and the same page, byte by byte, and nothing is changed."""
    mine, foreign = factories.make_claim(), factories.make_claim()
    factories.make_membership(mine.created_by, mine.organization, Role.GLOBAL_ADMIN)
    browser = browser_of(mine.created_by)
    own, theirs = keys_of(mine), keys_of(foreign)
    before = everything()
    for name, route in patterns().items():
        if "<int:" not in route:
            continue
        mixed = (
            own | {key: theirs[key]}
            for key in ("document_id", "membership_id")
            if f"<int:{key}>" in route
        )
        keys = [theirs, dict.fromkeys(theirs, 10**30), *mixed]
        variants = [address_of(name, each) for each in keys]
        for method in (browser.get, browser.post):
            answers = [(method(each, {"version": 1}), each) for each in variants]
            assert {each.status_code for each, _address in answers} in ({404}, {405}), name
            assert len({without_address(*each) for each in answers}) == 1, name
    assert everything() == before


OWN_ACTS = {"claim_copy", "claim_replace", "claim_renew", "claim_comment", "claim_recover"}
"""These start something new, or have no page that could be old."""
OF_ONE_DOCUMENT = {"document_withdraw"}
"""What else has changed about the claim doesn't matter here; each document is withdrawn once."""


@pytest.mark.parametrize("state", STATES)
def test_an_old_page_changes_nothing(state: str) -> None:
    """Every form of a claim, filled in rightly, but opened before somebody else's change."""
    claim = STATES[state]()
    with after(claim):
        browser = browser_of(claim.created_by)
        keys = keys_of(claim)
        right = {
            "version": "0",
            "name": "An old page",
            "reason": "An old page.",
            "reply": "An old page.",
            "justification": "An old page.",
            "statements": "on",
            "confirm": "on",
            "kind": "other",
            "note": "An old page",
        }
        before = everything()
        for name, route in patterns().items():
            if "<int:claim_id>" not in route or name in OWN_ACTS | OF_ONE_DOCUMENT:
                continue
            with undone():
                answer = browser.post(address_of(name, keys), right)
                assert answer.status_code in (200, 302, 404, 405), name
                if answer.status_code != 405:
                    assert everything() == before, name
