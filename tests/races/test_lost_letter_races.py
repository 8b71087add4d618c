"""News of lost letters against sweeps, people and themselves, in the same instant."""

from __future__ import annotations

from functools import partial

import pytest

from claims import actors
from claims.models import Claim, ClaimEvent
from claims.services.contacts import name_other_contact
from claims.services.drafting import ContactEntry
from claims.states import AssociationState
from consent.models import ConsentEvent, ConsentRequest
from consent.services.windows import finalise_consent_windows
from cpor_site.common import clock, deliveries
from cpor_site.common.models import JobRun, OutboxMessage
from tests import acts, factories
from tests.races import rounds

from .test_claim_races import race

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = rounds(2)


def letter_of(claim: Claim) -> OutboxMessage:
    found = OutboxMessage.objects.filter(claim_number=claim.number, kind="consent_request")
    return found.order_by("-pk")[0]


def lose(claim: Claim) -> None:
    deliveries.note_bounced(letter_of(claim).pk, at=clock.now(), reason="550 no such user")


def arrive(claim: Claim) -> None:
    deliveries.note_delivered(letter_of(claim).pk, at=clock.now())


def count(claim: Claim, kind: str) -> int:
    return ClaimEvent.objects.filter(claim=claim, kind=kind).count()


def test_a_bounce_and_the_end_of_the_window_have_one_outcome() -> None:
    for _round in range(ROUNDS):
        claim = acts.in_window()
        with acts.past(claim):
            race(
                partial(lose, claim),
                partial(lose, claim),
                partial(arrive, claim),
                finalise_consent_windows,
            )
            finalise_consent_windows()
        after = acts.fresh(claim)
        is_active = after.association_state == AssociationState.ACTIVE
        assert is_active is not after.awaits_contact
        assert (count(claim, "window_closed"), count(claim, "consent_undelivered")) == (
            (1, 0) if is_active else (0, 1)
        )
        letter = letter_of(claim)
        assert None not in (letter.bounced_at, letter.delivered_at)
        logged = ConsentEvent.objects.filter(request__claim=claim).values_list("kind", flat=True)
        assert sorted(logged) == ["bounced", "delivered"]
    assert not JobRun.objects.filter(failed__gt=0).exists()


def test_two_colleagues_name_one_contact() -> None:
    for _round in range(ROUNDS):
        claim = acts.in_window()
        lose(claim)
        version = acts.fresh(claim).version

        def name(number: int, claim: Claim = claim, version: int = version) -> None:
            domain = factories.primary_domain(claim.tenant) if claim.tenant else ""
            name_other_contact(
                claim_id=claim.pk,
                actor=actors.partner(claim.created_by),
                version=version,
                contact=ContactEntry(f"Person {number}", "CIO", f"c{number}@{domain}"),
            )

        found = race(partial(name, 1), partial(name, 2))
        assert sorted(found) == ["SUBM-02", "done"]
        assert count(claim, "contact_replaced") == 1
        assert ConsentRequest.objects.filter(claim=claim, closed_at=None).count() == 1
