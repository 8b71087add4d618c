"""The set-based path of T7: the same rows as one claim at a time, and nobody's failure is all's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from claims import actors, door_batch, letters_together
from claims.models import Claim, ClaimEvent, ClockHold
from claims.services import sweeps
from claims.signals import Moved, claim_moved, claims_moved
from claims.states import Act
from cpor_site.common.jobs import Outcome
from cpor_site.common.models import JobRun, OutboxMessage
from reviews.services import decisions
from reviews.services.decisions import FindingEntry
from tests import acts, factories
from tests.every_row import rows_after
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def asked() -> list[Claim]:
    """Three claims of one office that wait for their partners."""
    location = factories.make_location()
    return [acts.asked(factories.make_claim(location=location)) for _ in range(3)]


def various_claims() -> list[Claim]:
    """Claims that differ in everything that T7 looks at; all are late at the last one's time."""
    reader = factories.make_user(locale="de", time_zone="America/New_York")
    partner = factories.make_organization(name="Fabrikam & Söhne <GmbH>")
    factories.make_membership(reader, partner)
    location = factories.make_location(partner)
    tenant = factories.make_tenant()
    in_dispute = acts.disputed()
    lead = factories.make_reviewer(role="Lead reviewer")
    decisions.request_action(
        claim_id=in_dispute.pk,
        actor=actors.reviewer(lead),
        findings=[FindingEntry("D-DATE", [], "No date.")],
        comment="Please add the date.",
    )
    plain = acts.asked()
    nameless = acts.asked(factories.make_claim(created_by=reader, location=location))
    rivals = [acts.asked(factories.make_claim(tenant=tenant)) for _ in range(2)]
    gone = acts.asked()
    assert gone.submitted_by is not None
    gone.submitted_by.is_active = False
    gone.submitted_by.save()
    return [acts.fresh(claim) for claim in (in_dispute, plain, nameless, *rivals, gone)]


def one_by_one(claims: list[Claim]) -> Callable[[], None]:
    def run() -> None:
        for claim in claims:
            assert sweeps.reject_unanswered(claim.pk) == Outcome.ACTED

    return run


def test_leaves_the_same_rows_as_one_claim_at_a_time() -> None:
    claims = various_claims()
    latest = max(claims, key=lambda claim: claim.due_at or claim.created_at)
    keys = [claim.pk for claim in claims]
    with acts.past(latest):
        alone = rows_after(one_by_one(claims))
        together = rows_after(lambda: sweeps.reject_unanswered_together(keys))
    assert together == alone
    assert sum(alone["claims.Claim"].values()) == len(keys)


def test_the_objects_are_as_the_database_has_them(asked: list[Claim]) -> None:
    claim = asked[0]
    with (
        acts.past(claim),
        door_batch.passage(claim_ids=[claim.pk], act=Act.REJECT_UNANSWERED) as batch,
    ):
        batch.go(batch.claims, event="claim_rejected")
    (moved,) = batch.claims
    fields = [field.attname for field in Claim._meta.concrete_fields]
    stored = acts.fresh(claim)
    assert [getattr(moved, name) for name in fields] == [getattr(stored, name) for name in fields]


def test_needs_no_more_statements_for_more_claims(asked: list[Claim]) -> None:
    def statements(claims: list[Claim]) -> int:
        keys = [claim.pk for claim in claims]
        with transaction.atomic():
            with acts.past(claims[-1]), CaptureQueriesContext(connection) as queries:
                assert sweeps.reject_unanswered_together(keys) == set(keys)
            transaction.set_rollback(True)
        return len(queries)

    assert statements(asked) == statements(asked[:2])


def test_an_act_of_a_person_has_no_set_based_path(asked: list[Claim]) -> None:
    claim = asked[0]
    with (
        pytest.raises(ValueError, match="not an act of the system"),
        door_batch.passage(claim_ids=[claim.pk], act=Act.WITHDRAW),
    ):
        pass


def test_leaves_out_what_is_not_due_held_or_elsewhere_by_now(asked: list[Claim]) -> None:
    late, held, other = asked
    lead = factories.make_reviewer(role="Lead reviewer")
    ClockHold.objects.create(claim=held, reason="Wait.", placed_by=lead, placed_at=held.created_at)
    submitted = acts.submit(factories.make_claim())
    keys = [late.pk, held.pk, other.pk, submitted.pk]
    assert sweeps.reject_unanswered_together(keys) == set()
    with acts.past(late):
        assert sweeps.reject_unanswered_together(keys) == {late.pk, other.pk}
        assert sweeps.reject_unanswered_together(keys) == set()


def test_one_bad_claim_stops_nobody_else(asked: list[Claim]) -> None:
    _first, bad, last = asked

    def fail_alone(*, claim: Claim, **kwargs: Any) -> None:
        if claim.pk == bad.pk:
            raise RuntimeError("This claim is broken.")

    def fail_together(*, moves: list[Moved], **kwargs: Any) -> None:
        for claim, _event in moves:
            fail_alone(claim=claim)

    claim_moved.connect(fail_alone)
    claims_moved.connect(fail_together)
    try:
        with acts.past(last):
            run = sweeps.reject_stale_claims()
    finally:
        claim_moved.disconnect(fail_alone)
        claims_moved.disconnect(fail_together)
    assert (run.examined, run.acted, run.skipped, run.refused, run.failed) == (3, 2, 0, 0, 1)
    assert run.problems == [{"key": bad.pk, "problem": "RuntimeError: This claim is broken."}]
    assert list(Claim.objects.filter(status="partner_action_required")) == [bad]
    assert ClaimEvent.objects.filter(kind="claim_rejected").count() == 2


def test_a_dry_run_changes_nothing(asked: list[Claim]) -> None:
    claim = asked[0]
    with acts.past(claim):
        run: JobRun = sweeps.reject_stale_claims(dry_run=True)
    assert (run.examined, run.acted, run.skipped) == (3, 0, 3)
    assert acts.fresh(claim).status == "partner_action_required"


def test_kinds_that_are_not_written_together_are_written_alone() -> None:
    claim = acts.under_review()
    event = ClaimEvent.objects.filter(claim=claim, kind="claim_taken_up").get()
    OutboxMessage.objects.all().delete()
    letters_together.write_letters([Moved(claim, event)])
    assert [letter.kind for letter in acts.letters(claim)] == ["claim_taken_up"] * len(
        acts.letters(claim)
    )
    assert acts.letters(claim)
