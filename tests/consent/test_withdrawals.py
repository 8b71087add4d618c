"""T12: what a customer takes back after the window, at once or with the month's end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import translation
from pytest_django import Settings

from claims import actors
from claims.models import Association, Claim, ClaimEvent, ClockHold, ExclusivityHold
from claims.services.endings import end_association
from claims.states import AssociationState, LineStatus, Status
from consent.models import ConsentAnswer, IncentiveHandoff
from consent.services import answers, withdrawals
from consent.services.answers import Responder
from consent.services.windows import finalise_consent_windows
from consent.services.withdrawals import carry_out_withdrawals, effect_of, withdraw
from cpor_site.common.models import JobRun
from cpor_site.common.problems import Refused
from tests import acts, factories
from tests.factories import at
from tests.shared import shared

pytestmark = pytest.mark.django_db
CIO = Responder(name="Jana Meier", title="CIO", ip_address="192.0.2.7", user_agent="Browser")


@pytest.fixture
def month_end(settings: Settings) -> None:
    settings.CPOR_WITHDRAWAL_TAKES_EFFECT = "month_end"


def in_force(*products: str) -> Claim:
    """A claim whose window ended on 8 June 2026 and whose association is active since the 9th."""
    with time_machine.travel(at("2026-06-01T10:00+02:00"), tick=False):
        claim = acts.in_window(factories.make_claim(products=products or ("exchange_online",)))
    with time_machine.travel(at("2026-06-09T00:06+02:00"), tick=False):
        finalise_consent_windows()
    return acts.fresh(claim)


@shared
def one() -> Claim:
    """A claim in force for Exchange Online."""
    return in_force()


@shared
def two() -> Claim:
    """A claim in force for Exchange Online and Teams."""
    return in_force("exchange_online", "teams")


@shared
def in_window() -> Claim:
    """A claim in the window of its customer since 1 June, for Exchange Online and Teams."""
    with on("2026-06-01T10:00+02:00"):
        return acts.in_window(factories.make_claim(products=("exchange_online", "teams")))


def on(moment: str) -> time_machine.travel:
    return time_machine.travel(at(moment), tick=False)


def facts(claim: Claim) -> tuple[str, str]:
    claim = acts.fresh(claim)
    return claim.status, claim.association_state


def handed_over(claim: Claim) -> list[tuple[str, str]]:
    rows = IncentiveHandoff.objects.filter(claim=claim).order_by("sequence")
    return [(row.kind, row.payload["product"]) for row in rows]


def test_a_clock_that_was_set_back_stops_no_withdrawal(one: Claim) -> None:
    claim = one
    with on("2026-06-09T00:05+02:00"):
        withdraw(token=acts.token_of(claim), responder=CIO)
    assert facts(claim) == (Status.ENDED, AssociationState.ENDED)
    association = Association.objects.get(claim=claim)
    assert association.effective_to == association.effective_from


def test_taking_everything_back_ends_the_claim_at_once(two: Claim) -> None:
    claim = two
    with on("2026-06-20T10:00+02:00"):
        answer = withdraw(
            token=acts.token_of(claim),
            responder=CIO,
            reason="project_ended",
            message="Thank you.",
            share_message=True,
        )

    moment = at("2026-06-20T10:00+02:00")
    assert facts(claim) == (Status.ENDED, AssociationState.ENDED)
    assert (acts.fresh(claim).ended_at, acts.fresh(claim).ended_reason) == (
        moment,
        "the customer withdrew",
    )
    for association in Association.objects.filter(claim=claim):
        assert association.state == AssociationState.ENDED
        assert association.end_reason == Association.EndReason.CUSTOMER_WITHDREW
        assert association.effective_to == moment
    assert not ExclusivityHold.objects.filter(released_at=None).exists()
    assert {line.line_status for line in claim.lines.all()} == {LineStatus.ENDED}
    assert (answer.kind, answer.responder_title, answer.ip_address) == (
        "withdrawn",
        "CIO",
        "192.0.2.7",
    )
    answer = ConsentAnswer.objects.get(pk=answer.pk)
    assert (answer.takes_effect_at, answer.carried_out_at) == (moment, moment)
    event = ClaimEvent.objects.get(claim=claim, kind="consent_withdrawn")
    assert (event.side, event.actor, event.actor_name) == ("customer", None, "Jana Meier")
    assert (event.from_status, event.to_status) == (Status.APPROVED, Status.ENDED)
    assert handed_over(claim) == [
        ("start", "exchange_online"),
        ("start", "teams"),
        ("termination", "exchange_online"),
        ("termination", "teams"),
    ]


def test_partner_and_customer_read_about_it(two: Claim) -> None:
    claim = two
    with on("2026-06-20T10:00+02:00"):
        withdraw(
            token=acts.token_of(claim),
            responder=CIO,
            reason="other_partner",
            message="We go with Adatum.",
            share_message=True,
        )

    to_partner = acts.letters(claim, "consent_withdrawn")
    assert {letter.recipient for letter in to_partner} == {
        f"partner@{claim.organization.mail_domain}",
        claim.created_by.email,
    }
    for words in ("another partner does this for them", "> We go with Adatum.", "Exchange Online"):
        assert words in to_partner[0].text_body
    assert "Jana Meier" not in to_partner[0].text_body
    (to_customer,) = acts.letters(claim, "consent_taken_back")
    assert to_customer.recipient.startswith("business@")
    assert "Jana Meier has withdrawn" in to_customer.text_body
    assert "Microsoft Teams" in to_customer.text_body


def test_a_message_that_was_not_shared_stays_with_the_operator(one: Claim) -> None:
    claim = one
    with on("2026-06-20T10:00+02:00"):
        withdraw(
            token=acts.token_of(claim), responder=CIO, reason="prefer_not_to_say", message="Secret!"
        )

    for letter in acts.letters(claim, "consent_withdrawn"):
        assert "Secret!" not in letter.text_body
        assert "reason" not in letter.text_body
    assert ConsentAnswer.objects.get().message == "Secret!"


def test_one_line_goes_and_the_claim_lives_on(two: Claim) -> None:
    claim = two
    mail, teams = claim.lines.order_by("pk")
    token = acts.token_of(claim)
    with on("2026-06-20T10:00+02:00"):
        withdraw(token=token, responder=CIO, line_ids=[mail.pk])
        assert facts(claim) == (Status.APPROVED, AssociationState.ACTIVE)
        states = Association.objects.filter(claim=claim).order_by("pk")
        assert [each.state for each in states] == ["ended", "active"]
        assert ExclusivityHold.objects.filter(released_at=None).count() == 1
        assert ClaimEvent.objects.filter(claim=claim, kind="line_withdrawn").count() == 1
        assert handed_over(claim)[2:] == [("termination", "exchange_online")]
        (letter, _submitter) = acts.letters(claim, "line_withdrawn")
        gone, _colon, remains = letter.text_body.partition("You remain partner of record for")
        assert ("Exchange Online" in gone, "Exchange Online" in remains) == (True, False)
        assert ("Microsoft Teams" in gone, "Microsoft Teams" in remains) == (False, True)
    with on("2026-07-02T10:00+02:00"):
        withdraw(token=token, responder=CIO, line_ids=[teams.pk])
    assert facts(claim) == (Status.ENDED, AssociationState.ENDED)
    assert handed_over(claim)[3:] == [("termination", "teams")]


@pytest.mark.usefixtures("month_end")
@pytest.mark.parametrize(
    ("now", "effect"),
    [
        ("2026-06-20T10:00+02:00", "2026-06-30T23:59:59+02:00"),
        ("2026-06-30T23:59:59+02:00", "2026-06-30T23:59:59+02:00"),
        ("2026-06-30T22:30+00:00", "2026-07-31T23:59:59+02:00"),
        ("2026-12-31T12:00+01:00", "2026-12-31T23:59:59+01:00"),
        ("2028-02-01T00:00+01:00", "2028-02-29T23:59:59+01:00"),
        ("2026-10-05T08:00+02:00", "2026-10-31T23:59:59+01:00"),
    ],
)
def test_the_month_ends_in_the_operators_zone(now: str, effect: str) -> None:
    assert effect_of(at(now)) == at(effect)


@pytest.mark.usefixtures("month_end")
def test_with_the_months_end_the_association_stands_until_then(two: Claim) -> None:
    claim = two
    token = acts.token_of(claim)
    last_second = at("2026-06-30T23:59:59+02:00")
    with on("2026-06-20T10:00+02:00"):
        answer = withdraw(token=token, responder=CIO)
        assert answer.takes_effect_at == last_second
        assert facts(claim) == (Status.APPROVED, AssociationState.ACTIVE)
        assert withdrawals.standing_lines(acts.fresh(claim)) == []
        with pytest.raises(Refused) as again:
            withdraw(token=token, responder=CIO)
        assert again.value.codes == ("CNS-02",)
    letters = acts.letters(claim, "withdrawal_announced")
    assert "Tuesday, 30 June 2026" in " ".join(letters[0].text_body.split())
    with on("2026-06-30T23:59:58+02:00"):
        assert carry_out_withdrawals().examined == 0
    with on("2026-07-01T00:02+02:00"):
        call_command("carry_out_withdrawals", "--dry-run")
        assert facts(claim) == (Status.APPROVED, AssociationState.ACTIVE)
        run = carry_out_withdrawals()
        assert (run.examined, run.acted) == (1, 1)
        assert carry_out_withdrawals().examined == 0
    assert facts(claim) == (Status.ENDED, AssociationState.ENDED)
    assert {each.effective_to for each in Association.objects.filter(claim=claim)} == {last_second}
    ends = IncentiveHandoff.objects.filter(claim=claim, kind="termination")
    assert [str(row.effective_on) for row in ends] == ["2026-06-30", "2026-06-30"]
    event = ClaimEvent.objects.get(claim=claim, kind="consent_withdrawn")
    assert (event.side, event.actor_name) == ("customer", "Jana Meier")
    runs = JobRun.objects.filter(job="carry_out_withdrawals", examined=1).order_by("pk")
    assert [(run.dry_run, run.acted) for run in runs] == [(True, 0), (False, 1)]


@pytest.mark.usefixtures("month_end")
def test_what_the_partner_ended_meanwhile_is_not_ended_again(one: Claim) -> None:
    claim = one
    with on("2026-06-20T10:00+02:00"):
        answer = withdraw(token=acts.token_of(claim), responder=CIO)
    with on("2026-06-25T10:00+02:00"):
        end_association(
            claim_id=claim.pk, actor=actors.partner(claim.created_by), reason="Project over."
        )
    with on("2026-07-01T00:02+02:00"):
        run = carry_out_withdrawals()
        assert (run.examined, run.acted, run.skipped) == (1, 0, 1)
        assert carry_out_withdrawals().examined == 0
    association = Association.objects.get(claim=claim)
    assert association.end_reason == Association.EndReason.PARTNER_ENDED
    assert ConsentAnswer.objects.get(pk=answer.pk).carried_out_at == at("2026-07-01T00:02+02:00")
    assert acts.letters(claim, "consent_withdrawn") == []


@pytest.mark.usefixtures("month_end")
def test_a_claim_on_hold_waits_and_one_that_fails_stops_nobody(one: Claim) -> None:
    held, broken, sound = one, in_force(), in_force()
    with on("2026-06-20T10:00+02:00"):
        for claim in (held, broken, sound):
            withdraw(token=acts.token_of(claim), responder=CIO)
    ClockHold.objects.create(
        claim=held,
        reason="Wait.",
        placed_by=factories.make_reviewer(),
        placed_at=at("2026-06-21T10:00+02:00"),
    )
    # The row that a correct run would write is in the way.
    start = IncentiveHandoff.objects.get(claim=broken)
    IncentiveHandoff.objects.create(
        line=start.line, claim=held, sequence=99, kind="termination", effective_on="2026-01-01",
        payload={}, created_at=start.created_at,
    )  # fmt: skip
    with on("2026-07-01T00:02+02:00"):
        run = carry_out_withdrawals()
        assert (run.examined, run.acted, run.failed) == (2, 1, 1)
        assert [facts(each)[0] for each in (held, broken, sound)] == [
            "approved",
            "approved",
            "ended",
        ]
        held_answer = ConsentAnswer.objects.get(request__claim=held)
        assert withdrawals.carry_out(held_answer.pk) == "skipped"
        ClockHold.objects.update(lifted_at=at("2026-07-01T00:02+02:00"))
        assert withdrawals.carry_out(held_answer.pk) == "acted"


def test_between_the_window_and_the_sweep_nothing_is_lost(in_window: Claim) -> None:
    """Who withdraws before the association is in force ends it as soon as it is."""
    claim = in_window
    with on("2026-06-09T00:02+02:00"):
        withdraw(token=acts.token_of(claim), responder=CIO)
        assert facts(claim) == (Status.APPROVED, AssociationState.PROVISIONAL)
        assert carry_out_withdrawals().examined == 0
    with on("2026-06-09T00:06+02:00"):
        assert finalise_consent_windows().acted == 1
        assert carry_out_withdrawals().acted == 1
    for association in Association.objects.filter(claim=claim):
        assert association.effective_from == at("2026-06-09T00:06+02:00")
        assert association.effective_to == at("2026-06-09T00:06+02:00")
    assert facts(claim) == (Status.ENDED, AssociationState.ENDED)
    assert [kind for kind, _product in handed_over(claim)] == ["start"] * 2 + ["termination"] * 2


def test_what_is_refused(one: Claim) -> None:
    claim = one
    with on("2026-06-05T10:00+02:00"):
        fresh = acts.in_window()
    foreign = fresh.lines.get()
    token = acts.token_of(claim)

    def code(run: Callable[[], object]) -> str:
        with pytest.raises(Refused) as caught:
            run()
        return caught.value.codes[0]

    with on("2026-06-05T10:00+02:00"):
        assert code(lambda: withdraw(token=acts.token_of(fresh), responder=CIO)) == "CNS-03"
    with on("2026-06-20T10:00+02:00"):
        assert code(lambda: withdraw(token="x", responder=CIO)) == "TOK-01"
        assert code(lambda: withdraw(token=token, responder=Responder(name=" "))) == "CNS-01"
        assert code(lambda: withdraw(token=token, responder=CIO, line_ids=[])) == "CNS-02"
        only = [foreign.pk]
        assert code(lambda: withdraw(token=token, responder=CIO, line_ids=only)) == "CNS-02"
        assert code(lambda: answers.decline(token=token, responder=CIO)) == "TOK-03"
        assert not ConsentAnswer.objects.exists()
        withdraw(token=token, responder=CIO)
        assert code(lambda: withdraw(token=token, responder=CIO)) == "TOK-04"
        assert code(lambda: answers.agree(token=token, responder=CIO)) == "TOK-04"
    assert ConsentAnswer.objects.count() == 1


def test_the_reason_of_the_end_is_not_in_the_customers_language(one: Claim) -> None:
    claim = one
    with on("2026-06-20T10:00+02:00"), translation.override("hu"):
        withdraw(token=acts.token_of(claim), responder=CIO)
    assert acts.fresh(claim).ended_reason == "the customer withdrew"


def test_a_refused_line_does_not_keep_the_rest_from_being_withdrawn(in_window: Claim) -> None:
    with on("2026-06-01T10:00+02:00"):
        claim = in_window
        first, second = claim.lines.order_by("pk")
        answers.decline(token=acts.token_of(claim), responder=CIO, line_ids=[first.pk])
    with on("2026-06-09T00:06+02:00"):
        finalise_consent_windows()
    with on("2026-06-09T00:06+02:00") as moment:
        moment.shift(timedelta(days=20))
        withdraw(token=acts.token_of(claim), responder=CIO)
    ended = Association.objects.filter(claim=claim).order_by("pk")
    assert [(each.line_id, each.end_reason) for each in ended] == [
        (first.pk, "customer_declined"),
        (second.pk, "customer_withdrew"),
    ]
    assert facts(claim) == (Status.ENDED, AssociationState.ENDED)
