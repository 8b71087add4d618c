"""Disputing a rejection (section 6, DIS codes, scenario 11 of section 10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from claims import actors, deadlines, door, exports, offers
from claims.calendar import entries_for
from claims.models import Association, Claim, ClaimLine, Dispute, PoEDocument
from claims.refusals import DecidedBefore, MovedOn
from claims.services import associations
from claims.services.dispute_windows import close_dispute_windows
from claims.services.disputes import dispute_claim
from claims.services.documents import may_attach, may_change
from claims.services.submission import resubmit_claim, withdraw_claim
from claims.services.sweeps import reject_stale_claims
from claims.states import Act, AssociationState, DeadlineKind, LineStatus, RejectionReason, Status
from consent.models import ConsentRequest
from consent.services import answers
from consent.services.answers import Responder
from cpor_site.common import clock
from cpor_site.common.problems import Refused
from reviews.services import decisions
from reviews.services.decisions import FindingEntry
from tests import acts, factories
from tests.claims.attaching import attach
from tests.claims.pages import browser_of, html_of, problems_in, text_of, url
from tests.shared import shared

pytestmark = pytest.mark.django_db

MONDAY = "2026-03-02T09:00+00:00"


@pytest.fixture(autouse=True)
def on_a_monday() -> Any:
    with time_machine.travel(MONDAY, tick=False):
        yield


@shared
def rejected() -> Claim:
    with time_machine.travel(MONDAY, tick=False):
        return acts.rejected()


@shared
def disputed(rejected: Claim) -> Claim:
    with time_machine.travel(MONDAY, tick=False):
        return dispute_claim(
            claim_id=rejected.pk,
            actor=actors.partner(rejected.created_by),
            justification="Page 3 names both products.",
        )


@shared
def both_rejected() -> Claim:
    """A rejected claim for two workloads."""
    with time_machine.travel(MONDAY, tick=False):
        return acts.rejected(factories.make_claim(products=("exchange_online", "teams")))


@shared
def active() -> Claim:
    with time_machine.travel(MONDAY, tick=False):
        return acts.active()


def dispute(claim: Claim, justification: str = "Look again at page 3.", **more: Any) -> Claim:
    return dispute_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        justification=justification,
        **more,
    )


def refused(claim: Claim, justification: str = "Look again.", **more: Any) -> list[str]:
    with pytest.raises(Refused) as caught:
        dispute(claim, justification, **more)
    return list(caught.value.codes)


def statuses(claim: Claim) -> list[str]:
    return [line.line_status for line in ClaimLine.objects.filter(claim=claim).order_by("pk")]


def answer_due(claim: Claim) -> datetime:
    assert claim.due_at is not None
    return claim.due_at


class TestOpening:
    def test_brings_the_rejected_lines_back_and_starts_the_reviewers_clock(
        self, rejected: Claim
    ) -> None:
        claim = dispute(rejected)

        saved = acts.fresh(claim)
        assert (saved.status, saved.deadline_kind, saved.assigned_reviewer, saved.round) == (
            Status.DISPUTED,
            DeadlineKind.DISPUTE_ANSWER,
            None,
            2,
        )
        assert answer_due(saved) == factories.at("2026-03-09T23:59:59+01:00")
        assert statuses(saved) == [LineStatus.INCLUDED]
        row = Dispute.objects.get(claim=saved)
        assert (row.number, row.round, row.justification, row.disputed_reasons) == (
            1,
            2,
            "Look again at page 3.",
            ["R-POE"],
        )
        assert (row.opened_by, row.answer_due_at, row.outcome) == (
            saved.created_by,
            saved.due_at,
            "",
        )
        assert row.closes_at == factories.at("2026-04-01T23:59:59+02:00")
        assert saved.events.filter(kind="claim_disputed").count() == 1

    def test_lines_taken_out_before_stay_out(self) -> None:
        claim = acts.under_review(factories.make_claim(products=("exchange_online", "teams")))
        first = ClaimLine.objects.filter(claim=claim).order_by("pk")[0]
        first.line_status = LineStatus.REMOVED_BY_PARTNER
        first.save()
        assert claim.assigned_reviewer is not None
        decisions.reject_claim(
            claim_id=claim.pk,
            actor=actors.reviewer(claim.assigned_reviewer),
            reasons=["R-POE"],
            text="No.",
        )

        assert statuses(dispute(claim)) == [LineStatus.REMOVED_BY_PARTNER, LineStatus.INCLUDED]

    def test_new_proof_alone_is_enough(self, rejected: Claim) -> None:
        claim = rejected
        document = attach(claim)

        assert document.occasion == PoEDocument.Occasion.DISPUTE
        assert acts.fresh(claim).status == Status.REJECTED
        assert dispute(claim, "").status == Status.DISPUTED

    def test_takes_proof_while_it_can_be_disputed_and_no_longer(self, rejected: Claim) -> None:
        claim = rejected
        document = attach(claim)

        assert (may_attach(claim), may_change(claim, document)) == (True, True)
        assert not may_change(claim, PoEDocument.objects.exclude(pk=document.pk).get())
        with time_machine.travel(answer_due(claim) + timedelta(seconds=1)):
            assert (may_attach(claim), may_change(claim, document)) == (False, False)

    def test_a_file_or_a_half_written_page_does_not_stop_the_clock(self, rejected: Claim) -> None:
        claim = rejected
        attach(claim)
        with acts.past(acts.fresh(claim)):
            assert close_dispute_windows().acted == 1
        assert (acts.fresh(claim).due_at, refused(claim)) == (None, ["DIS-01"])

    def test_products_can_be_left_out_but_not_all(self, both_rejected: Claim) -> None:
        claim = both_rejected
        first, second = [line.pk for line in ClaimLine.objects.filter(claim=claim).order_by("pk")]
        assert refused(claim, dropped=[first, second]) == ["DIS-05"]
        dispute(claim, dropped=[first])
        assert statuses(claim) == [LineStatus.REMOVED_BY_PARTNER, LineStatus.INCLUDED]

    def test_the_page_offers_to_leave_products_out(self, both_rejected: Claim) -> None:
        claim = both_rejected
        line = ClaimLine.objects.filter(claim=claim).order_by("pk")[0]
        browser, address = browser_of(claim.created_by), url("claim_dispute", claim)
        assert "Exchange Online – Usage" in text_of(browser.get(address))
        typed = {"version": claim.version, "justification": "", "dropped": [str(line.pk)]}
        again = browser.post(address, typed)
        assert problems_in(again) == ["DIS-03"]
        assert f'value="{line.pk}" id="id_dropped_0" checked' in html_of(again).replace(
            'aria-describedby="id_dropped_helptext" ', ""
        )
        browser.post(address, typed | {"justification": "Page 3.", "version": claim.version})
        assert statuses(claim) == [LineStatus.REMOVED_BY_PARTNER, LineStatus.INCLUDED]

    def test_too_late_it_offers_a_copy_that_carries_the_documents_and_names_the_old_claim(
        self, rejected: Claim
    ) -> None:
        claim = rejected
        with time_machine.travel(answer_due(claim) + timedelta(days=1), tick=False):
            browser = browser_of(claim.created_by)
            page = html_of(browser.get(url("claim_dispute", claim)))
            assert f'href="{url("claim_copy", claim)}"' in page
            browser.post(url("claim_copy", claim), {"version": 1, "with_documents": "on"})
            copy = Claim.objects.get(copied_from=claim)
            assert copy.documents.count() == 1
            assert f"Copied from {claim.number}" in text_of(browser.get(url("claim_page", copy)))


def displaced(claim: Claim) -> Claim:
    """Let somebody else's claim take the place of this one, which is in force."""
    with door.passage(claim_id=claim.pk, act=Act.DISPLACE, actor=actors.SYSTEM) as passage:
        lines = list(ClaimLine.objects.filter(claim=claim).values_list("pk", flat=True))
        associations.end(
            passage.claim,
            actor=actors.SYSTEM,
            now=passage.now,
            reason=Association.EndReason.DISPLACED,
            line_status=LineStatus.ENDED,
        )
        passage.claim.ended_reason = "another partner's proof prevailed"
        passage.go(
            event="association_displaced",
            deadline=deadlines.dispute_filing(passage.claim, passage.now, ["R-COMPETE"]),
            details={"lines": lines},
        )
    return passage.claim


class TestDisplaced:
    """A claim that had to make room for another can be disputed as a rejected one can (T21)."""

    def test_new_lines_stand_for_the_old_and_the_claim_date_stays(self, active: Claim) -> None:
        claim = active
        with time_machine.travel("2026-05-04T09:00+00:00", tick=False):
            displaced(claim)
            disputed = dispute(claim)

            assert (disputed.status, disputed.association_state, disputed.ended_at) == (
                Status.DISPUTED,
                AssociationState.NONE,
                None,
            )
            assert statuses(claim) == [LineStatus.ENDED, LineStatus.INCLUDED]
            assert Dispute.objects.get(claim=claim).disputed_reasons == ["R-COMPETE"]
            decisions.approve_claim(claim_id=claim.pk, actor=another(claim))
        new = Association.objects.filter(claim=claim).latest("pk")
        assert (new.state, str(new.claimed_on)) == (AssociationState.PROVISIONAL, "2026-03-02")

    def test_pages_calendar_and_export_say_until_when(self, active: Claim) -> None:
        claim = active
        with time_machine.travel("2026-05-04T09:00+00:00", tick=False):
            displaced(claim)
            browser = browser_of(claim.created_by)
            page = browser.get(url("claim_page", claim))
            assert "You can dispute that until Wed 3 June 2026, 21:59 (30 days left)." in text_of(
                page
            )
            assert f'href="{url("claim_dispute", claim)}"' in html_of(page)
            form = text_of(browser.get(url("claim_dispute", claim)))
            assert "Reason another partner's proof prevailed" in form
            titles = [each.what for each in entries_for(claim.created_by, clock.now())]
            assert titles == ["Time to dispute ends"]
            record = next(exports.records(Claim.objects.filter(pk=claim.pk), per_line=False))
            assert (record["can_be_disputed_until"], record["compatibility_status"]) == (
                "2026-06-03T21:59:59+00:00",
                "Rejected",
            )

    def test_the_sweep_closes_it_after_the_last_day(self, active: Claim) -> None:
        claim = active
        with time_machine.travel("2026-05-04T09:00+00:00", tick=False):
            claim = displaced(claim)
        with acts.past(claim):
            assert close_dispute_windows().acted == 1
            assert refused(acts.fresh(claim)) == ["SUBM-03"]
            record = next(exports.records(Claim.objects.filter(pk=claim.pk), per_line=False))
            assert record["compatibility_status"] == "Rejected final"
            words = text_of(browser_of(claim.created_by).get(url("claim_page", claim)))
            assert "Closed: the association ended on" in words


class TestRefusals:
    def test_on_the_last_second_it_counts_and_after_it_it_does_not(self, rejected: Claim) -> None:
        claim = rejected
        last = answer_due(claim)
        with time_machine.travel(last + timedelta(seconds=1), tick=False):
            assert refused(claim) == ["DIS-01"]
            has = actors.capabilities_on(claim.created_by, claim)
            assert "dispute" not in offers.offers_of(claim, has, clock.now())
            assert dispute(claim, arrived_at=last).status == Status.DISPUTED

    def test_the_sentence_names_the_day(self, rejected: Claim) -> None:
        claim = rejected
        after = time_machine.travel(answer_due(claim) + timedelta(days=1), tick=False)
        with after, pytest.raises(Refused, match="30 days to dispute ended on Wed 1 April 2026"):
            dispute(claim)

    def test_a_second_time(self, disputed: Claim) -> None:
        claim = reject_for_good(disputed)
        assert refused(claim) == ["DIS-02"]

    @pytest.mark.parametrize("justification", ["", "   \n", "x" * 5001])
    def test_without_justification_and_proof_or_with_a_far_too_long_one(
        self, rejected: Claim, justification: str
    ) -> None:
        assert refused(rejected, justification) == ["DIS-03"]

    def test_after_the_partners_own_request(self) -> None:
        claim = acts.submit(factories.make_claim())
        withdraw_claim(claim_id=claim.pk, actor=actors.partner(claim.created_by), reason="Wrong ID")
        assert refused(claim) == ["DIS-04"]

    def test_after_the_customers_refusal(self) -> None:
        claim = acts.in_window()
        answers.decline(token=acts.token_of(claim), responder=Responder("Berta"))
        assert refused(acts.fresh(claim)) == ["DIS-04"]

    def test_what_was_claimed_anew_meanwhile(self, rejected: Claim) -> None:
        claim = rejected
        acts.submit(
            factories.make_claim(
                tenant=claim.tenant, location=claim.location, user=claim.created_by
            )
        )
        assert refused(claim) == ["SUB-13"]
        assert acts.fresh(claim).status == Status.REJECTED
        assert statuses(claim) == [LineStatus.REJECTED]

    def test_a_claim_that_is_not_rejected(self) -> None:
        with pytest.raises(MovedOn):
            dispute(acts.under_review())


def another(claim: Claim) -> actors.Actor:
    return actors.reviewer(factories.make_reviewer())


def reject_for_good(claim: Claim) -> Claim:
    return decisions.reject_claim(
        claim_id=claim.pk, actor=another(claim), reasons=["R-POE"], text="Still nothing."
    )


def ask(claim: Claim, actor: actors.Actor) -> Claim:
    return decisions.request_action(
        claim_id=claim.pk, actor=actor, findings=[FindingEntry("D-DATE")], comment="Which date?"
    )


class TestAnswering:
    def test_nobody_judges_the_dispute_of_their_own_decision(self, disputed: Claim) -> None:
        claim = disputed
        rejection = claim.events.get(kind="claim_rejected")
        assert rejection.actor is not None
        actor = actors.reviewer(rejection.actor)

        with pytest.raises(DecidedBefore):
            decisions.approve_claim(claim_id=claim.pk, actor=actor)
        with pytest.raises(DecidedBefore):
            decisions.reject_claim(claim_id=claim.pk, actor=actor, reasons=["R-POE"], text="No.")
        with pytest.raises(DecidedBefore):
            ask(claim, actor)

    def test_an_approval_asks_the_customer_anew(self, disputed: Claim) -> None:
        claim = disputed
        approved = decisions.approve_claim(claim_id=claim.pk, actor=another(claim))

        assert (approved.status, approved.association_state, approved.rejection_reasons) == (
            Status.APPROVED,
            AssociationState.PROVISIONAL,
            [],
        )
        assert Dispute.objects.get(claim=claim).outcome == Dispute.Outcome.APPROVED
        assert ConsentRequest.objects.filter(claim=claim, closed_at=None).count() == 1

    def test_a_rejection_is_final(self, disputed: Claim) -> None:
        claim = reject_for_good(disputed)

        assert (claim.status, claim.deadline_kind, claim.due_at) == (Status.REJECTED, "", None)
        assert Dispute.objects.get(claim=claim).outcome == Dispute.Outcome.REJECTED
        letter = acts.letters(claim, "claim_rejected")[-1]
        assert "This was the answer to your dispute, and it is final." in " ".join(
            letter.text_body.split()
        )

    def test_one_question_whose_answer_returns_to_the_dispute(self, disputed: Claim) -> None:
        claim = disputed
        actor = another(claim)
        asked = ask(claim, actor)

        assert (asked.status, asked.assigned_reviewer) == (
            Status.PARTNER_ACTION_REQUIRED,
            actor.user,
        )
        answered = resubmit_claim(
            claim_id=claim.pk,
            actor=actors.partner(claim.created_by),
            version=asked.version,
            reply="3 February.",
            confirmed=acts.warnings(asked),
        )
        assert (answered.status, answered.deadline_kind, answered.assigned_reviewer) == (
            Status.DISPUTED,
            DeadlineKind.DISPUTE_ANSWER,
            actor.user,
        )
        with pytest.raises(Refused, match="asked once in this dispute") as caught:
            ask(answered, actor)
        assert caught.value.codes == ("REV-06",)

    def test_a_question_never_outlasts_the_dispute(self, disputed: Claim) -> None:
        claim = disputed
        closes_at = Dispute.objects.get(claim=claim).closes_at
        with time_machine.travel(closes_at - timedelta(days=1), tick=False):
            assert ask(claim, another(claim)).due_at == closes_at

    def test_no_question_after_the_last_day(self, disputed: Claim) -> None:
        claim = disputed
        closes_at = Dispute.objects.get(claim=claim).closes_at
        with time_machine.travel(closes_at, tick=False), pytest.raises(Refused) as caught:
            ask(claim, another(claim))
        assert caught.value.codes == ("REV-06",)

    def test_silence_on_the_question_is_final(self, disputed: Claim) -> None:
        claim = ask(disputed, actors.reviewer(factories.make_reviewer()))
        with acts.past(claim):
            reject_stale_claims()

        saved = acts.fresh(claim)
        assert (saved.status, saved.rejection_reasons, saved.due_at) == (
            Status.REJECTED,
            [RejectionReason.NO_RESPONSE],
            None,
        )
        assert Dispute.objects.get(claim=claim).outcome == Dispute.Outcome.UNANSWERED
        letter = acts.letters(claim, "claim_rejected")[-1]
        assert "The question in your dispute stayed unanswered" in " ".join(
            letter.text_body.split()
        )

    def test_giving_up_on_the_question_settles_the_dispute(self, disputed: Claim) -> None:
        claim = ask(disputed, actors.reviewer(factories.make_reviewer()))
        withdraw_claim(claim_id=claim.pk, actor=actors.partner(claim.created_by), reason="Enough.")
        assert Dispute.objects.get(claim=claim).outcome == Dispute.Outcome.WITHDRAWN


def test_the_receipt_quotes_what_was_written_and_names_the_date(disputed: Claim) -> None:
    claim = disputed
    letter = acts.letters(claim, "claim_disputed")[0]
    words = " ".join(letter.text_body.split())

    assert letter.subject == f"{claim.number}: we have received your dispute"
    assert "Page 3 names both products." in words
    assert "answers by Monday, 9 March 2026, 22:59 (UTC)." in words
