"""Who does what to many claims at once; every other page and act is in tests/access."""

from __future__ import annotations

import pytest
from django.urls import reverse

from claims.models import Claim
from cpor_site.common.models import User
from reviews.models import CaseLease
from tests import acts, factories
from tests.shared import shared

from .pages import browser_of

pytestmark = pytest.mark.django_db

DECIDES, LEADS = {"Reviewer", "Lead reviewer"}, {"Lead reviewer"}
READS = {*DECIDES, "Ops", "Auditor"}
ROLES = [*sorted(READS), "no role"]

BULK: dict[str, set[str]] = {"assign": LEADS, "release": DECIDES, "export": READS}


@shared
def submitted() -> Claim:
    return acts.submit(factories.make_claim())


def person(role: str) -> User:
    if role == "no role":
        return factories.make_user(is_staff=True)
    return factories.make_reviewer(role=role)


@pytest.mark.parametrize("role", ROLES)
def test_acting_on_many(role: str, submitted: Claim) -> None:
    client = browser_of(person(role))
    refused = {
        act: client.post(
            reverse("admin:reviews_bulk"), {"act": act, "claims": [submitted.pk]}
        ).status_code
        == 403
        for act in BULK
    }

    assert refused == {act: role not in allowed for act, allowed in BULK.items()}
    if role not in DECIDES:
        assert not CaseLease.objects.exists()
        assert Claim.objects.get(pk=submitted.pk).version == submitted.version
