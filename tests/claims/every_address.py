"""Every address of the partner's pages with something of somebody's behind it, for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import time_machine
from django.db import transaction
from django.urls import get_resolver, reverse

from claims import actors
from claims.models import Claim, DraftUpload, Membership, SavedFilter
from claims.services.endings import end_association
from cpor_site.common import clock
from cpor_site.common.models import User
from tests import acts, factories


def patterns() -> dict[str, str]:
    """Return every address of the partner's pages: its name, and its route."""
    found: list[Any] = get_resolver("claims.urls").url_patterns
    return {each.name: str(each.pattern) for each in found}


def address_of(name: str, keys: dict[str, int], section: str = "customer") -> str:
    """Return an address with these keys in it."""
    route = patterns()[name]
    for key, value in keys.items():
        route = route.replace(f"<int:{key}>", str(value))
    return reverse("claim_list") + route.replace("<slug:section>", section)


def keys_of(claim: Claim, user: User | None = None) -> dict[str, int]:
    """Make what the addresses about a claim and somebody's own things name, and return its keys."""
    user = user or claim.created_by
    saved = SavedFilter.objects.create(
        user=user, name=f"Mine {SavedFilter.objects.count()}", query="", created_at=clock.now()
    )
    upload = DraftUpload.objects.create(
        organization=claim.organization,
        uploaded_by=claim.created_by,
        uploaded_at=clock.now(),
        file_name="drafts.csv",
        sha256="0" * 64,
        row_count=1,
        draft_count=0,
        header=["product", "problem"],
        refused_rows=[["nothing", "No product."]],
    )
    if claim.uploaded_with is None:
        Claim.objects.filter(pk=claim.pk).update(uploaded_with=upload)
    colleague = factories.make_membership(None, claim.organization, Membership.Role.INCENTIVES_USER)
    document = claim.documents.order_by("pk").first()
    assert document is not None
    return {
        "claim_id": claim.pk,
        "document_id": document.pk,
        "pk": document.pk,
        "filter_id": saved.pk,
        "upload_id": upload.pk,
        "organization_id": claim.organization_id,
        "membership_id": colleague.pk,
    }


@contextmanager
def undone() -> Iterator[None]:
    """Undo what a request did, so that the next one meets the same."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def after(claim: Claim) -> time_machine.travel:
    """Travel to a moment after the claim's last change, which may lie ahead of the clock."""
    later = max(claim.changed_at, clock.now()) + timedelta(minutes=1)
    return time_machine.travel(later, tick=False)


def ended() -> Claim:
    claim = acts.active()
    with after(claim):
        actor = actors.partner(claim.created_by)
        return end_association(claim_id=claim.pk, actor=actor, reason="The project is over.")


STATES: dict[str, Callable[[], Claim]] = {
    "a draft": factories.make_claim,
    "submitted": lambda: acts.submit(factories.make_claim()),
    "under review": acts.under_review,
    "with the partner": acts.asked,
    "rejected": acts.rejected,
    "disputed": acts.disputed,
    "active": acts.active,
    "ended": ended,
}
