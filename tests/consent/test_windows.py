"""T8, T10 and T11: what the customer's silence and refusal do."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from pytest_django import Settings

from claims import actors, door
from claims.models import Association, Claim, ClaimEvent, ExclusivityHold, PoEDocument
from claims.services.submission import digest_of_documents
from claims.states import AssociationState, DeadlineKind, LineStatus, RejectionReason, Status
from consent.models import ConsentAnswer, ConsentRecipient, ConsentRequest, IncentiveHandoff
from consent.services import answers
from consent.services.answers import AlreadyAnswered, LinkUnknown, Responder, WindowOver
from consent.services.windows import finalise_consent_windows
from consent.tokens import hash_of
from cpor_site.common import clock, outbox
from cpor_site.common.models import JobRun, OutboxMessage
from cpor_site.common.problems import Refused
from reviews.services import decisions
from tests import acts, factories
from tests.factories import at
from tests.shared import shared

pytestmark = pytest.mark.django_db
CIO = Responder(name="Jana Meier", title="CIO", ip_address="192.0.2.7", user_agent="Browser")
BERLIN = ZoneInfo("Europe/Berlin")


@shared
def approved() -> Claim:
    """A claim approved now whose letters have not left."""
    return acts.approved()


@shared
def in_window(approved: Claim) -> Claim:
    """That claim since its letters left."""
    outbox.send_due()
    return acts.fresh(approved)


@shared
def june() -> Claim:
    """A claim approved on 1 June whose letters have not left."""
    with time_machine.travel(at("2026-06-01T10:00+02:00"), tick=False):
        return acts.approved()


def test_three_workloads_pass_the_window_and_become_three_handoffs() -> None:
    """Scenario 1: the status still reads Approved, three rows go to incentives."""
    claim = factories.make_claim(products=("exchange_online", "teams", "intune"))
    claim = acts.in_window(claim)
    with acts.past(claim):
        run = finalise_consent_windows()
    claim = acts.fresh(claim)
    assert (run.examined, run.acted) == (1, 1)
    assert (claim.status, claim.association_state) == (Status.APPROVED, AssociationState.ACTIVE)
    assert (claim.deadline_kind, claim.due_at) == ("", None)
    rows = IncentiveHandoff.objects.filter(claim=claim).order_by("pk")
    assert [row.payload["product"] for row in rows] == ["exchange_online", "teams", "intune"]
    assert claim.location is not None
    assert {row.payload["partner_id"] for row in rows} == {claim.location.partner_id}
    states = Association.objects.filter(claim=claim).values_list("state", flat=True)
    assert list(states) == [AssociationState.ACTIVE] * 3


def test_the_window_starts_when_the_letter_leaves_not_at_approval(june: Claim) -> None:
    """Section 7.4: an outage doesn't eat the customer's days."""
    claim = june
    assert (claim.due_at, claim.consent_closes_at) == (None, None)
    with time_machine.travel(at("2026-06-04T09:00+02:00"), tick=False):
        outbox.send_due()
    claim = acts.fresh(claim)
    assert claim.consent_sent_at == at("2026-06-04T09:00+02:00")
    assert claim.consent_closes_at == at("2026-06-11T23:59:59+02:00")
    assert (claim.deadline_kind, claim.due_at) == (DeadlineKind.CONSENT, claim.consent_closes_at)
    request = ConsentRequest.objects.get(claim=claim)
    assert request.closes_at == claim.consent_closes_at


def test_an_unsent_letter_never_closes_the_window(june: Claim) -> None:
    claim = june
    with time_machine.travel(at("2026-08-01T10:00+02:00"), tick=False):
        run = finalise_consent_windows()
    assert run.examined == 0
    assert acts.fresh(claim).association_state == AssociationState.PROVISIONAL


def test_the_second_letter_does_not_move_the_window() -> None:
    tenant = factories.make_tenant(admin_emails=["admin@customer.example"])
    claim = acts.approved(factories.make_claim(tenant=tenant))
    assert len(acts.letters(claim, "consent_request")) == 2
    first, second = acts.letters(claim, "consent_request")
    OutboxMessage.objects.filter(pk=second.pk).update(
        next_try_at=second.next_try_at + timedelta(days=2)
    )
    outbox.send_due()
    closes_at = acts.fresh(claim).consent_closes_at
    with time_machine.travel(second.next_try_at + timedelta(days=2, hours=1), tick=False):
        outbox.send_due()
    assert acts.fresh(claim).consent_closes_at == closes_at
    sent = ConsentRecipient.objects.filter(sent_at__isnull=False)
    assert sent.count() == 2


def test_everyone_at_the_customer_gets_one_letter_with_an_own_link() -> None:
    """Section 7.2: business and technical contact and registered administrators, each once."""
    tenant = factories.make_tenant(domain="contoso.example")
    tenant.admin_emails = ["it@contoso.example", "BUSINESS@contoso.example"]
    tenant.save()
    claim = factories.make_claim(
        tenant=tenant, area_code=factories.BIZAPPS, products=("d365_sales",)
    )
    claim = acts.in_window(claim)
    to = [message.to[0] for message in mail.outbox if "/consent/" in str(message.body)]
    assert sorted(to) == [
        "business@contoso.example",
        "it@contoso.example",
        "technical@contoso.example",
    ]
    whys = {
        row.recipient: "registered as an administrator" in " ".join(row.text_body.split())
        for row in acts.letters(claim, "consent_request")
    }
    assert [address for address, is_admin in whys.items() if is_admin] == ["it@contoso.example"]
    recipients = ConsentRecipient.objects.filter(request__claim=claim)
    assert len({each.token_hash for each in recipients}) == 3
    stored = "".join(each.text_body + each.html_body for each in OutboxMessage.objects.all())
    for recipient in recipients:
        token = acts.token_of(claim, recipient.role)
        assert token not in stored
        assert recipient.token_hash == hash_of(token)
        assert any(token in str(message.body) for message in mail.outbox)


@pytest.mark.parametrize("minute_before_end", [True, False])
def test_a_refusal_on_the_seventh_day_counts_and_on_the_eighth_it_is_over(
    june: Claim, minute_before_end: bool
) -> None:
    """Scenario 5, first half; what the eighth day offers instead is a later withdrawal."""
    with time_machine.travel(at("2026-06-01T10:00+02:00"), tick=False):
        outbox.send_due()
    claim = june
    token = acts.token_of(claim)
    moment = at("2026-06-08T23:59:30+02:00" if minute_before_end else "2026-06-09T00:00:01+02:00")
    with time_machine.travel(moment, tick=False):
        if minute_before_end:
            answers.decline(token=token, responder=CIO, reason="not_our_partner")
        else:
            with pytest.raises(WindowOver) as refusal:
                answers.decline(token=token, responder=CIO)
            assert refusal.value.codes == ("TOK-03",)
    claim = acts.fresh(claim)
    assert claim.status == (Status.REJECTED if minute_before_end else Status.APPROVED)


def test_a_refusal_rejects_the_claim_frees_the_keys_and_tells_the_partner(in_window: Claim) -> None:
    """T10: provisional association removed, reason R-CUSTOMER, nothing to dispute (Q8)."""
    claim = in_window
    answer = answers.decline(
        token=acts.token_of(claim), responder=CIO, reason="wrong_products", message="Not us."
    )
    claim = acts.fresh(claim)
    assert (claim.status, claim.association_state) == (Status.REJECTED, AssociationState.NONE)
    assert claim.rejection_reasons == [RejectionReason.CUSTOMER]
    assert (claim.deadline_kind, claim.due_at) == ("", None)
    association = Association.objects.get(claim=claim)
    assert association.state == AssociationState.ENDED
    assert association.end_reason == Association.EndReason.CUSTOMER_DECLINED
    assert not ExclusivityHold.objects.filter(released_at=None).exists()
    assert [line.line_status for line in claim.lines.all()] == [LineStatus.REJECTED]
    assert (answer.ip_address, answer.responder_title) == ("192.0.2.7", "CIO")
    event = ClaimEvent.objects.get(claim=claim, kind="consent_declined")
    assert (event.side, event.actor, event.actor_name) == ("customer", None, "Jana Meier")
    assert acts.letters(claim, "consent_declined")
    with (
        acts.past(claim)
        if claim.due_at
        else time_machine.travel(event.at + timedelta(days=30), tick=False)
    ):
        assert finalise_consent_windows().examined == 0
    assert not IncentiveHandoff.objects.filter(claim=claim).exists()


def test_a_refused_line_leaves_the_others_standing() -> None:
    """Q9: the claim is rejected only when no line is left."""
    claim = acts.in_window(factories.make_claim(products=("exchange_online", "teams")))
    first, second = claim.lines.order_by("pk")
    answers.decline(token=acts.token_of(claim), responder=CIO, line_ids=[first.pk])
    claim = acts.fresh(claim)
    assert claim.status == Status.APPROVED
    assert [line.line_status for line in claim.lines.order_by("pk")] == ["rejected", "approved"]
    with acts.past(claim):
        finalise_consent_windows()
    rows = IncentiveHandoff.objects.filter(claim=claim)
    assert [row.line for row in rows] == [second]


def test_agreeing_is_recorded_and_a_later_refusal_wins(in_window: Claim) -> None:
    """Q20 and Q21: the window runs on after an agreement."""
    claim = in_window
    token = acts.token_of(claim)
    answers.agree(token=token, responder=CIO)
    assert acts.fresh(claim).association_state == AssociationState.PROVISIONAL
    answers.decline(token=token, responder=CIO)
    assert acts.fresh(claim).status == Status.REJECTED
    with pytest.raises(AlreadyAnswered) as refusal:
        answers.agree(token=token, responder=CIO)
    assert refusal.value.codes == ("TOK-04",)
    kinds = ConsentAnswer.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["agreed", "declined"]


def test_unknown_links_and_missing_names_are_refused(in_window: Claim) -> None:
    claim = in_window
    with pytest.raises(LinkUnknown) as unknown:
        answers.decline(token="nothing", responder=CIO)  # noqa: S106
    assert unknown.value.codes == ("TOK-01",)
    with pytest.raises(Refused) as nameless:
        answers.decline(token=acts.token_of(claim), responder=Responder(name="  "))
    assert nameless.value.codes == ("CNS-01",)
    with pytest.raises(Refused) as lineless:
        answers.decline(token=acts.token_of(claim), responder=CIO, line_ids=[])
    assert lineless.value.codes == ("CNS-02",)


def test_the_sweep_is_safe_when_doubled_and_writes_a_row_for_each_run(in_window: Claim) -> None:
    claim = in_window
    with acts.past(claim):
        assert finalise_consent_windows(dry_run=True).acted == 0
        assert acts.fresh(claim).association_state == AssociationState.PROVISIONAL
        assert finalise_consent_windows().acted == 1
        assert finalise_consent_windows().examined == 0
    assert IncentiveHandoff.objects.filter(claim=claim).count() == 1
    runs = JobRun.objects.filter(job="finalise_consent_windows").order_by("pk")
    assert [(run.dry_run, run.examined) for run in runs][:2] == [(True, 1), (False, 1)]


def test_the_sweep_waits_for_answers_that_are_on_their_way(in_window: Claim) -> None:
    """Clock rules: an answer received before the deadline counts though it is processed later."""
    claim = in_window
    assert claim.consent_closes_at is not None
    with time_machine.travel(claim.consent_closes_at + timedelta(minutes=4), tick=False):
        assert finalise_consent_windows().examined == 0
    with time_machine.travel(claim.consent_closes_at + timedelta(minutes=6), tick=False):
        assert finalise_consent_windows().acted == 1


def test_one_failing_claim_never_stops_the_rest(
    in_window: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = [in_window, acts.in_window(), acts.in_window()]
    IncentiveHandoff.objects.create(
        line=claims[1].lines.get(),
        claim=claims[1],
        sequence=1,
        kind="start",
        effective_on="2026-01-01",
        payload={},
        created_at=claims[1].created_at,
    )
    with acts.past(claims[2]):
        run = finalise_consent_windows()
    assert (run.examined, run.acted, run.failed) == (3, 2, 1)
    states = [acts.fresh(claim).association_state for claim in claims]
    assert states == ["active", "provisional", "active"]


def test_a_reviewer_can_not_decline_for_the_customer(in_window: Claim) -> None:
    claim = in_window
    reviewer = factories.make_reviewer()
    with pytest.raises(Refused) as refusal:
        decisions.reject_claim(
            claim_id=claim.pk, actor=actors.reviewer(reviewer), reasons=["R-POE"], text="x"
        )
    assert refusal.value.codes == ("SUBM-03",)


def test_a_letter_that_leaves_after_a_change_of_the_secret_key_holds_the_same_link(
    approved: Claim, settings: Settings
) -> None:
    claim = approved
    token = acts.token_of(claim)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key" * 5

    outbox.send_due()

    assert [f"/consent/{token}/" in str(letter.body) for letter in mail.outbox[-1:]] == [True]
    assert answers.recipient_of(token).request.claim == claim


def test_no_letter_leaves_with_a_link_that_opens_nothing(
    approved: Claim, settings: Settings
) -> None:
    """Silence counts as consent, so the window must not open by such a letter."""
    claim = approved
    mail.outbox.clear()
    settings.SECRET_KEY = "another-key" * 5

    outbox.send_due()

    letter = OutboxMessage.objects.get(kind="consent_request")
    assert (letter.state, letter.tries) == (OutboxMessage.State.QUEUED, 1)
    assert "CPOR_SECRET_KEY_FALLBACKS" in letter.last_error
    assert [each for each in mail.outbox if "/consent/" in str(each.body)] == []
    assert acts.fresh(claim).consent_closes_at is None


def test_the_handed_over_digest_is_of_the_proof_that_was_judged(in_window: Claim) -> None:
    claim = in_window
    judged = digest_of_documents(claim)
    newer = factories.make_document(
        claim, occasion=PoEDocument.Occasion.REFRESH, uploaded_at=clock.now() + timedelta(hours=1)
    )
    with acts.past(claim):
        finalise_consent_windows()

    row = IncentiveHandoff.objects.get(claim=claim)
    assert row.payload["poe_sha256"] == judged
    # A later decision, or a ruling, has looked at the newer one too.
    assert claim.decided_at is not None
    Claim.objects.filter(pk=claim.pk).update(decided_at=newer.uploaded_at)
    with_newer = digest_of_documents(claim)
    Claim.objects.filter(pk=claim.pk).update(decided_at=claim.decided_at)
    assert digest_of_documents(claim) == judged != with_newer
    door.record(claim, kind=door.RULED, actor=actors.SYSTEM, at=newer.uploaded_at)
    assert digest_of_documents(claim) == with_newer
