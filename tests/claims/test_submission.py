"""T2, T4, T6, T7 and T14: handing in, taking back, answering, silence and giving up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from claims import actors
from claims.models import Claim, ClaimEvent, Comment, ReviewFinding, RuleProfile
from claims.refusals import ChangedMeanwhile, MovedOn, NotYours
from claims.services.comments import add_comment
from claims.services.drafting import ClaimChanges, ContactEntry, edit_claim
from claims.services.lines import LineChoice
from claims.services.submission import (
    recall_claim,
    resubmit_claim,
    submit_claim,
    withdraw_claim,
)
from claims.services.sweeps import reject_stale_claims
from claims.states import DeadlineKind, LineStatus, Status
from cpor_site.common.models import OutboxMessage
from cpor_site.common.problems import Refused
from tests import acts, factories
from tests.factories import at
from tests.shared import shared

pytestmark = pytest.mark.django_db


FRIDAY = at("2026-05-22T16:00+02:00")
"""Before a holiday Monday."""


@shared
def draft() -> Claim:
    return factories.make_claim()


@shared
def submitted(draft: Claim) -> Claim:
    return acts.submit(draft)


@shared
def asked() -> Claim:
    """A claim of two lines whose partner is asked now."""
    return acts.asked(factories.make_claim(products=("exchange_online", "teams")))


@shared
def asked_on_friday() -> Claim:
    with time_machine.travel(FRIDAY, tick=False):
        return acts.asked()


def test_submitting_starts_the_pickup_clock_and_keeps_a_snapshot() -> None:
    with time_machine.travel(at("2026-06-01T10:00+02:00"), tick=False):
        claim = acts.submit(factories.make_claim(products=("exchange_online", "teams")))
    claim = acts.fresh(claim)
    assert (claim.status, claim.round) == (Status.SUBMITTED, 1)
    # Thu 4 June 2026 is Corpus Christi in parts of Germany only; nationwide it is a working day.
    assert claim.due_at == at("2026-06-08T23:59:59+02:00")
    assert claim.deadline_kind == DeadlineKind.PICKUP
    event = ClaimEvent.objects.get(claim=claim, kind="claim_submitted")
    snapshot = event.details["snapshot"]
    assert [line["product"] for line in snapshot["lines"]] == ["exchange_online", "teams"]
    assert snapshot["documents"][0]["sha256"] == claim.documents.get().sha256
    assert claim.acknowledged_by == claim.created_by


def test_submitting_twice_submits_once(draft: Claim) -> None:
    claim = draft
    acts.submit(claim)
    with pytest.raises(MovedOn) as refusal:
        acts.submit(claim)
    assert refusal.value.codes == ("SUBM-03",)
    assert ClaimEvent.objects.filter(claim=claim, kind="claim_submitted").count() == 1
    keys = OutboxMessage.objects.filter(claim_number=claim.number).values_list("key", flat=True)
    assert len(keys) == len(set(keys))


def test_the_statements_have_to_be_confirmed(draft: Claim) -> None:
    with pytest.raises(Refused) as refusal:
        acts.submit(draft, acknowledged=False)
    assert refusal.value.codes == ("SUBM-01",)


def test_a_stale_page_can_not_overwrite(draft: Claim) -> None:
    claim = draft
    actor = actors.partner(claim.created_by)
    edit_claim(
        claim_id=claim.pk, actor=actor, version=claim.version, changes=ClaimChanges(name="A")
    )
    with pytest.raises(ChangedMeanwhile) as refusal:
        edit_claim(
            claim_id=claim.pk, actor=actor, version=claim.version, changes=ClaimChanges(name="B")
        )
    assert refusal.value.codes == ("SUBM-02",)
    assert acts.fresh(claim).name == "A"


def test_errors_and_unconfirmed_warnings_keep_a_claim_from_being_submitted() -> None:
    tenant = factories.make_tenant(country="SE")
    claim = factories.make_claim(tenant=tenant, document=False)
    with pytest.raises(Refused) as refusal:
        acts.submit(claim, confirmed={})
    assert refusal.value.codes == ("POE-01", "MPN-07")
    factories.make_document(claim)
    with pytest.raises(Refused) as refusal:
        acts.submit(claim, confirmed={})
    assert "MPN-07" in refusal.value.codes
    claim = acts.submit(claim)
    assert claim.location is not None
    assert f"MPN-07:{claim.location.partner_id}" in acts.fresh(claim).confirmed_warnings


def test_a_role_that_may_only_draft_can_not_submit(draft: Claim) -> None:
    claim = draft
    drafter = factories.make_user()
    factories.make_membership(drafter, claim.organization, "incentives_user")
    with pytest.raises(NotYours):
        submit_claim(
            claim_id=claim.pk,
            actor=actors.partner(drafter),
            version=claim.version,
            acknowledged=True,
        )


def test_a_claim_keeps_the_profile_it_was_submitted_under(
    submitted: Claim, settings: object
) -> None:
    claim = submitted
    claim = recall_claim(claim_id=claim.pk, actor=actors.partner(claim.created_by))
    settings.CPOR_RULE_PROFILE = "2023"  # type: ignore[attr-defined]
    assert RuleProfile.current().code == "2023"
    assert acts.submit(acts.fresh(claim)).rule_profile_id == "2020"


def test_recalling_before_the_pickup_and_not_after_it(submitted: Claim) -> None:
    claim = submitted
    actor = actors.partner(claim.created_by)
    claim = recall_claim(claim_id=claim.pk, actor=actor)
    assert (claim.status, claim.due_at, claim.deadline_kind) == (Status.EDITING, None, "")
    claim = acts.under_review(acts.fresh(claim))
    with pytest.raises(MovedOn):
        recall_claim(claim_id=claim.pk, actor=actor)


def test_a_claim_that_comes_back_after_questions_can_not_be_recalled(asked: Claim) -> None:
    claim = asked
    actor = actors.partner(claim.created_by)
    resubmit_claim(claim_id=claim.pk, actor=actor, version=claim.version, reply="Here it is.")
    with pytest.raises(Refused) as refusal:
        recall_claim(claim_id=claim.pk, actor=actor)
    assert refusal.value.codes == ("SUBM-03",)


def test_resubmitting_needs_a_change_or_an_answer(asked: Claim) -> None:
    """SUBM-04, and T6: the next round, the same reviewer, findings settled."""
    claim = asked
    actor = actors.partner(claim.created_by)
    with pytest.raises(Refused) as refusal:
        resubmit_claim(claim_id=claim.pk, actor=actor, version=claim.version)
    assert refusal.value.codes == ("SUBM-04",)
    reviewer = claim.assigned_reviewer
    claim = resubmit_claim(
        claim_id=claim.pk, actor=actor, version=claim.version, reply="The date is on page 2."
    )
    claim = acts.fresh(claim)
    assert (claim.status, claim.round) == (Status.SUBMITTED, 2)
    assert claim.assigned_reviewer == reviewer
    assert claim.deadline_kind == DeadlineKind.PICKUP
    assert not ReviewFinding.objects.filter(claim=claim, resolved_at=None).exists()
    last = Comment.objects.filter(claim=claim).last()
    assert last is not None
    assert (last.side, last.body) == ("partner", "The date is on page 2.")


@pytest.mark.parametrize("change", ["line", "document", "comment", "field"])
def test_each_kind_of_change_counts_as_an_answer(asked: Claim, change: str) -> None:
    claim = asked
    actor = actors.partner(claim.created_by)
    if change == "line":
        teams = factories.product("teams")
        edit_claim(
            claim_id=claim.pk,
            actor=actor,
            version=claim.version,
            changes=ClaimChanges(lines=[LineChoice(teams.pk)]),
        )
        statuses = list(claim.lines.order_by("pk").values_list("line_status", flat=True))
        assert statuses == [LineStatus.REMOVED_ON_ADVICE, LineStatus.INCLUDED]
    elif change == "comment":
        add_comment(claim_id=claim.pk, actor=actor, body="A word.")
    elif change == "field":
        edit_claim(
            claim_id=claim.pk,
            actor=actor,
            version=claim.version,
            changes=ClaimChanges(name="New name"),
        )
    else:
        from django.core.files.uploadedfile import SimpleUploadedFile

        from claims.services.documents import attach_document

        attach_document(
            claim_id=claim.pk,
            actor=actor,
            upload=SimpleUploadedFile("new.pdf", factories.make_pdf("new")),
            line_ids=[line.pk for line in claim.lines.all()],
        )
    claim = acts.fresh(claim)
    claim = resubmit_claim(
        claim_id=claim.pk, actor=actor, version=claim.version, confirmed=acts.warnings(claim)
    )
    assert claim.status == Status.SUBMITTED


def test_silence_is_fatal_for_the_partner(asked_on_friday: Claim) -> None:
    """Scenario 4: asked on a Friday before a holiday Monday; the job runs two days late."""
    claim = asked_on_friday
    assert claim.due_at == at("2026-06-01T23:59:59+02:00")
    with time_machine.travel(at("2026-06-01T23:58:59+02:00"), tick=False):
        assert reject_stale_claims().examined == 0
    late = at("2026-06-03T23:59:59+02:00")
    with time_machine.travel(late, tick=False):
        assert reject_stale_claims(dry_run=True).examined == 1
        run = reject_stale_claims()
        again = reject_stale_claims()
    assert (run.acted, again.examined) == (1, 0)
    claim = acts.fresh(claim)
    assert (claim.status, claim.rejection_reasons) == (Status.REJECTED, ["R-NORESP"])
    assert claim.decided_at == late
    event = ClaimEvent.objects.get(claim=claim, kind="claim_rejected")
    assert (event.side, event.nominal_due_at) == ("system", at("2026-06-01T23:59:59+02:00"))
    assert claim.deadline_kind == DeadlineKind.DISPUTE_FILING
    assert claim.due_at == at("2026-07-03T23:59:59+02:00")
    assert claim.lines.get().line_status == LineStatus.REJECTED


def test_an_answer_one_minute_before_the_end_saves_the_claim(asked_on_friday: Claim) -> None:
    claim = asked_on_friday
    with time_machine.travel(at("2026-06-01T23:58:59+02:00"), tick=False):
        resubmit_claim(
            claim_id=claim.pk,
            actor=actors.partner(claim.created_by),
            version=claim.version,
            reply="Here.",
        )
    with time_machine.travel(at("2026-06-03T10:00+02:00"), tick=False):
        assert reject_stale_claims().examined == 0
    assert acts.fresh(claim).status == Status.SUBMITTED


def withdrawing_is_final(claim: Claim) -> None:
    """T14 and Q15: with a reason, not disputable."""
    actor = actors.partner(claim.created_by)
    with pytest.raises(Refused) as refusal:
        withdraw_claim(claim_id=claim.pk, actor=actor, reason="  ")
    assert refusal.value.codes == ("ASC-01",)
    claim = withdraw_claim(claim_id=claim.pk, actor=actor, reason="Wrong partner ID")
    claim = acts.fresh(claim)
    assert (claim.status, claim.rejection_reasons) == (Status.REJECTED, ["R-PARTNER"])
    assert (claim.due_at, claim.deadline_kind) == (None, "")
    assert not claim.lines.filter(line_status=LineStatus.INCLUDED).exists()


def test_withdrawing_before_it_is_taken_up_is_final(submitted: Claim) -> None:
    withdrawing_is_final(submitted)


def test_withdrawing_under_review_is_final(draft: Claim) -> None:
    withdrawing_is_final(acts.under_review(draft))


def test_withdrawing_instead_of_an_answer_is_final(asked: Claim) -> None:
    withdrawing_is_final(asked)


def test_the_history_names_who_did_what_once_per_act(asked: Claim) -> None:
    claim = asked
    entries = [
        (entry.history_change_reason, entry.status)
        for entry in claim.history.order_by("history_id")
    ]
    reasons = [reason for reason, _status in entries if reason]
    assert reasons == ["claim_submitted", "claim_taken_up", "action_requested"]
    assert claim.history.first().history_user == claim.assigned_reviewer


def test_deadlines_of_the_2023_profile_are_fourteen_business_days() -> None:
    """Scenario 20, the numbers."""
    with time_machine.travel(at("2026-06-01T10:00+02:00"), tick=False):
        claim = acts.asked(
            factories.make_claim(rule_profile="2023", first_submitted_at=at("2026-01-01T00:00Z"))
        )
    assert claim.due_at == at("2026-06-19T23:59:59+02:00")
    assert claim.due_at - at("2026-06-01T10:00+02:00") > timedelta(days=18)


def test_a_contact_outside_the_customers_domains_needs_its_reason_after_submission_too(
    submitted: Claim,
) -> None:
    """CON-01: or a partner could have a friend of its own asked for consent, unseen."""
    claim = submitted
    actor = actors.partner(claim.created_by)
    friend = ContactEntry("A Friend", "Head of IT", "friend@elsewhere.example")

    with pytest.raises(Refused) as refusal:
        edit_claim(
            claim_id=claim.pk,
            actor=actor,
            version=claim.version,
            changes=ClaimChanges(contacts={"business": friend}),
        )

    assert refusal.value.codes == ("CON-01",)
    assert claim.contacts.get(kind="business").email != "friend@elsewhere.example"


def test_a_contact_whose_reason_was_given_stays_editable(draft: Claim) -> None:
    claim = draft
    parent = ContactEntry("Jana Meier", "CIO", "jana@parent.example")
    actor = actors.partner(claim.created_by)
    claim = edit_claim(
        claim_id=claim.pk,
        actor=actor,
        version=claim.version,
        changes=ClaimChanges(contacts={"business": parent}),
    )
    claim = acts.submit(claim)
    assert claim.confirmed_warnings["CON-01:business:jana@parent.example"] == "Known."

    claim = edit_claim(
        claim_id=claim.pk,
        actor=actor,
        version=claim.version,
        changes=ClaimChanges(contacts={"business": replace(parent, job_title="CTO")}),
    )

    assert claim.contacts.get(kind="business").job_title == "CTO"


def test_a_location_outside_ones_role_can_not_be_chosen(draft: Claim) -> None:
    claim = draft
    assert claim.location is not None
    elsewhere = factories.make_location(claim.organization)
    membership = claim.organization.memberships.get()
    membership.locations.set([claim.location])
    actor = actors.partner(claim.created_by)

    with pytest.raises(Refused) as refusal:
        edit_claim(
            claim_id=claim.pk,
            actor=actor,
            version=claim.version,
            changes=ClaimChanges(location_id=elsewhere.pk),
        )

    assert refusal.value.codes == ("MPN-01",)
    membership.locations.add(elsewhere)
    claim = edit_claim(
        claim_id=claim.pk,
        actor=actor,
        version=claim.version,
        changes=ClaimChanges(location_id=elsewhere.pk),
    )
    assert claim.location == elsewhere
