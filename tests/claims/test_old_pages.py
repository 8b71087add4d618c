"""A page that was opened before somebody else's change does nothing."""

from __future__ import annotations

from typing import Any

import pytest

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
from cpor_site.common.models import OutboxMessage
from tests.claims.every_address import STATES, address_of, after, keys_of, patterns, undone
from tests.claims.pages import browser_of

pytestmark = pytest.mark.django_db

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


def everything() -> dict[str, Any]:
    """Return all that anybody could change, but for what only says where one was last."""
    found = {}
    for model in KEPT:
        rows = [dict(row) for row in model._default_manager.order_by("pk").values()]
        for row in rows:
            row.pop("last_section", None)
        found[model.__name__] = rows
    return found


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
