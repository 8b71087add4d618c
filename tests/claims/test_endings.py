"""Ending an association (T13), and an own claim that takes another's place (5.1)."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from claims import actors
from claims.models import Association, Claim, ClaimLine, ExclusivityHold
from claims.refusals import MovedOn, NotYours
from claims.services.copies import replace_claim
from claims.services.endings import end_association
from claims.states import AssociationState, LineStatus, Status
from consent.models import ConsentRequest, IncentiveHandoff
from consent.services import answers
from consent.services.answers import NothingLeft, Responder
from consent.services.windows import finalise_consent_windows
from cpor_site.common.problems import Refused
from tests import acts, factories
from tests.shared import shared

pytestmark = pytest.mark.django_db

Kind = IncentiveHandoff.Kind
MONDAY = "2026-03-02T09:00+00:00"
LATER = "2026-03-16T09:00+00:00"


@pytest.fixture(autouse=True)
def on_a_monday() -> Any:
    with time_machine.travel(MONDAY, tick=False):
        yield


@shared
def in_window() -> Claim:
    with time_machine.travel(MONDAY, tick=False):
        return acts.in_window()


@shared
def active(in_window: Claim) -> Claim:
    with acts.past(in_window):
        finalise_consent_windows()
    return acts.fresh(in_window)


@shared
def replacement(active: Claim) -> Claim:
    """An own claim that is approved to take the active one's place."""
    with time_machine.travel(MONDAY, tick=False):
        draft = replace_claim(claim_id=active.pk, actor=actors.partner(active.created_by))
        return acts.approved(acts.fresh(draft))


def end(claim: Claim, reason: str = "The project has ended.") -> Claim:
    with time_machine.travel(LATER, tick=False):
        return end_association(
            claim_id=claim.pk, actor=actors.partner(claim.created_by), reason=reason
        )


def rows(claim: Claim) -> list[tuple[str, str, str]]:
    return [
        (row.kind, row.line.product.code, row.payload.get("end_reason", ""))
        for row in IncentiveHandoff.objects.filter(claim=claim).order_by("pk")
    ]


def states(claim: Claim) -> list[tuple[str, str]]:
    found = Association.objects.filter(claim=claim).order_by("pk")
    return [(each.state, each.end_reason) for each in found]


def test_an_active_association_ends_is_taken_back_and_frees_its_keys() -> None:
    claim = acts.active(factories.make_claim(products=("exchange_online", "teams")))
    ended = end(claim)

    assert (ended.status, ended.association_state, ended.ended_reason) == (
        Status.ENDED,
        AssociationState.ENDED,
        "The project has ended.",
    )
    assert (ended.due_at, ended.deadline_kind) == (None, "")
    assert states(claim) == [(AssociationState.ENDED, "partner_disassociated")] * 2
    assert {line.line_status for line in ClaimLine.objects.filter(claim=claim)} == {
        LineStatus.ENDED
    }
    assert not ExclusivityHold.objects.filter(released_at=None).exists()
    assert rows(claim) == [
        (Kind.START, "exchange_online", ""),
        (Kind.START, "teams", ""),
        (Kind.TERMINATION, "exchange_online", "partner_disassociated"),
        (Kind.TERMINATION, "teams", "partner_disassociated"),
    ]


def test_in_the_customers_window_nothing_is_handed_over_and_the_link_says_so(
    in_window: Claim,
) -> None:
    claim = in_window
    token = acts.token_of(claim)
    end_association(claim_id=claim.pk, actor=actors.partner(claim.created_by), reason="Wrong ID.")

    assert rows(claim) == []
    assert not ConsentRequest.objects.filter(claim=claim, closed_at=None).exists()
    with pytest.raises(NothingLeft) as caught:
        answers.decline(token=token, responder=Responder("Berta"))
    assert caught.value.codes == ("TOK-03",)


def test_partner_and_customer_get_a_letter(active: Claim) -> None:
    claim = end(active)
    to_partner = acts.letters(claim, "association_ended")
    to_customer = acts.letters(claim, "consent_ended")

    assert [row.recipient for row in to_partner] == [
        row.recipient for row in acts.letters(claim, "claim_submitted")
    ]
    words = " ".join(to_partner[0].text_body.split())
    assert "The project has ended." in words
    assert "no longer partner of record" in words
    asked = {row.recipient for row in acts.letters(claim, "consent_request")}
    assert {row.recipient for row in to_customer} == asked
    assert "The project has ended." not in to_customer[0].text_body
    assert "no longer recognised" in " ".join(to_customer[0].text_body.split())


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_reason_is_needed(active: Claim, reason: str) -> None:
    claim = active
    with pytest.raises(Refused) as caught:
        end(claim, reason)
    assert caught.value.codes == ("ASC-01",)
    assert acts.fresh(claim).status == Status.APPROVED


def test_only_an_approved_claim_of_ones_own(active: Claim) -> None:
    with pytest.raises(MovedOn):
        end(acts.under_review())
    claim = active
    stranger = factories.make_user()
    factories.make_membership(stranger)
    with pytest.raises(NotYours):
        end_association(claim_id=claim.pk, actor=actors.partner(stranger), reason="Mine")


def test_a_replacement_takes_the_place_in_the_moment_its_window_passes(
    replacement: Claim, active: Claim
) -> None:
    old, new = active, replacement
    assert acts.fresh(old).status == Status.APPROVED

    acts.outbox.send_due()
    with acts.past(acts.fresh(new)):
        finalise_consent_windows()

    old, new = acts.fresh(old), acts.fresh(new)
    assert (old.status, old.ended_reason) == (Status.ENDED, f"replaced by claim {new.number}")
    assert (new.status, new.association_state) == (Status.APPROVED, AssociationState.ACTIVE)
    assert old.ended_at == new.activated_at
    assert states(old) == [(AssociationState.ENDED, "replaced")]
    assert [kind for kind, _product, _reason in rows(old)] == [Kind.START, Kind.TERMINATION]
    assert [kind for kind, _product, _reason in rows(new)] == [Kind.START]
    assert ExclusivityHold.objects.filter(released_at=None).count() == 1


def test_a_customers_refusal_of_the_replacement_leaves_the_old_claim_alone(
    replacement: Claim, active: Claim
) -> None:
    old, new = active, replacement
    acts.outbox.send_due()
    answers.decline(token=acts.token_of(new), responder=Responder("Berta"))

    assert acts.fresh(new).status == Status.REJECTED
    assert (acts.fresh(old).status, states(old)) == (
        Status.APPROVED,
        [(AssociationState.ACTIVE, "")],
    )


def test_an_old_claim_that_ended_by_itself_doesnt_stand_in_the_way(
    replacement: Claim, active: Claim
) -> None:
    old, new = active, replacement
    end(old)
    acts.outbox.send_due()
    with acts.past(acts.fresh(new)):
        finalise_consent_windows()

    assert acts.fresh(new).association_state == AssociationState.ACTIVE
    assert acts.fresh(old).ended_reason == "The project has ended."
