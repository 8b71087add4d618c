"""More time for the customer: once, by a lead, with a reason, while the window is open (7.4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from claims import actors
from claims.models import Claim, ClaimContact, ClaimEvent
from claims.states import AssociationState, DeadlineKind
from consent.models import ConsentEvent, ConsentRequest
from consent.services.extensions import extend_window
from consent.services.windows import finalise_consent_windows
from cpor_site.common.models import User
from cpor_site.common.problems import Refused
from tests import acts, factories
from tests.factories import at
from tests.shared import shared

pytestmark = pytest.mark.django_db
OPENED = "2026-06-01T10:00+02:00"


@pytest.fixture
def lead() -> User:
    return factories.make_reviewer(role="Lead reviewer")


@shared
def claim() -> Claim:
    """The window ends on 8 June 2026."""
    with time_machine.travel(at(OPENED), tick=False):
        return acts.in_window(
            factories.make_claim(tenant=factories.make_tenant(admin_emails=["it@contoso.example"]))
        )


def extend(claim: Claim, user: User, days: int = 7, reason: str = "Company holidays.") -> None:
    extend_window(claim_id=claim.pk, actor=actors.reviewer(user), days=days, reason=reason)


def on(moment: str) -> time_machine.travel:
    return time_machine.travel(at(moment), tick=False)


def test_the_window_ends_later_and_everybody_is_told(claim: Claim, lead: User) -> None:
    with on("2026-06-05T12:00+02:00"):
        extend(claim, lead)

    closes_at = at("2026-06-15T23:59:59+02:00")
    claim = acts.fresh(claim)
    assert (claim.consent_closes_at, claim.due_at, claim.deadline_kind) == (
        closes_at,
        closes_at,
        DeadlineKind.CONSENT,
    )
    request = ConsentRequest.objects.get()
    assert (request.closes_at, request.extended_by, request.extension_reason) == (
        closes_at,
        lead,
        "Company holidays.",
    )
    event = ClaimEvent.objects.get(claim=claim, kind="consent_window_extended")
    assert (event.side, event.actor, event.details["days"]) == ("reviewer", lead, 7)
    assert "Company holidays." not in str(event.details)
    logged = ConsentEvent.objects.get(kind="extended")
    assert (logged.request, logged.note, logged.at) == (
        request,
        "Company holidays.",
        at("2026-06-05T12:00+02:00"),
    )
    letters = acts.letters(claim, "consent_extended")
    assert sorted(letter.recipient for letter in letters) == sorted(
        ["it@contoso.example", ClaimContact.objects.get(claim=claim, kind="business").email]
    )
    for letter in letters:
        assert letter.subject == f"{claim.number}: you can answer until Monday, 15 June 2026"
        assert "Company holidays." not in letter.text_body


def test_the_sweep_follows_the_new_date(claim: Claim, lead: User) -> None:
    with on("2026-06-08T23:59:00+02:00"):
        extend(claim, lead, days=2)
    with on("2026-06-09T00:06:00+02:00"):
        assert finalise_consent_windows().examined == 0
    with on("2026-06-11T00:06:00+02:00"):
        assert finalise_consent_windows().acted == 1
    assert acts.fresh(claim).association_state == AssociationState.ACTIVE


def test_what_is_refused(claim: Claim, lead: User) -> None:
    def code(run: Callable[[], object]) -> str:
        with pytest.raises(Refused) as caught:
            run()
        return caught.value.codes[0]

    with on(OPENED):
        unsent = acts.approved()
        reviewing = acts.under_review()
        interested = factories.make_reviewer(role="Lead reviewer")
        factories.make_membership(interested, claim.organization)
        assert code(lambda: extend(claim, factories.make_reviewer())) == "ACC-01"
        assert code(lambda: extend(claim, claim.created_by)) == "ACC-01"
        assert code(lambda: extend(claim, interested)) == "REV-02"
        assert code(lambda: extend(unsent, lead)) == "CNS-04"
        assert code(lambda: extend(reviewing, lead)) == "CNS-04"
        assert code(lambda: extend(claim, lead, days=0)) == "CNS-06"
        assert code(lambda: extend(claim, lead, days=31)) == "CNS-06"
        assert code(lambda: extend(claim, lead, reason="  ")) == "REV-07"
    with on("2026-06-09T00:00:01+02:00"):
        assert code(lambda: extend(claim, lead)) == "CNS-04"
    assert acts.fresh(claim).consent_closes_at == claim.consent_closes_at
    with on("2026-06-08T12:00+02:00"):
        extend(claim, lead)
        assert code(lambda: extend(claim, lead)) == "CNS-05"
    assert ClaimEvent.objects.filter(kind="consent_window_extended").count() == 1
    with on("2026-06-20T12:00+02:00") as moment:
        finalise_consent_windows()
        moment.shift(timedelta(days=1))
        assert code(lambda: extend(claim, lead)) == "CNS-04"
