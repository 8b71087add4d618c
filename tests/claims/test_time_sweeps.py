"""What time does besides the two great sweeps: T22, T19, the archive of drafts, old registries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from claims.models import Association, Claim, ClaimEvent, ClockHold, ExclusivityHold, Subscription
from claims.services import archive, dispute_windows, registry_age, subscription_ends
from claims.services.drafting import ClaimChanges
from claims.states import AssociationState, LineStatus, Status
from consent.models import IncentiveHandoff
from consent.services.windows import finalise_consent_windows
from cpor_site.common import clock
from cpor_site.common.jobs import Outcome
from tests import acts, factories
from tests.shared import shared

pytestmark = pytest.mark.django_db


InForce = tuple[Claim, list[Subscription]]


def in_force_until(*days: int) -> InForce:
    """A claim in force with a line for each subscription, which ends so many days from now."""
    tenant = factories.make_tenant()
    sales = factories.product("d365_sales")
    today = factories.today()
    subscriptions = [
        factories.make_subscription(tenant, sales, ends_on=today + timedelta(days=each))
        for each in days
    ]
    claim = factories.make_claim(
        tenant=tenant,
        area_code=factories.BIZAPPS,
        products=("d365_sales",) * len(days),
        subscriptions=tuple(subscriptions),
    )
    claim = acts.in_window(claim)
    with acts.past(claim):
        finalise_consent_windows()
    return acts.fresh(claim), subscriptions


@shared
def two() -> InForce:
    return in_force_until(60, 400)


@shared
def one() -> InForce:
    return in_force_until(60)


def after(days: float) -> time_machine.travel:
    return time_machine.travel(clock.now() + timedelta(days=days), tick=False)


def states(claim: Claim) -> list[str]:
    return [each.state for each in Association.objects.filter(claim=claim).order_by("line")]


def run_of(run: Any) -> tuple[int, int, int]:
    return run.examined, run.acted, run.failed


def test_only_the_line_whose_subscription_is_over_ends(two: InForce) -> None:
    claim, (ends, _goes_on) = two
    with after(90):
        assert run_of(subscription_ends.end_expired_subscriptions()) == (0, 0, 0)
    with after(91):
        assert run_of(subscription_ends.end_expired_subscriptions()) == (1, 1, 0)
        assert run_of(subscription_ends.end_expired_subscriptions()) == (0, 0, 0)
    claim = acts.fresh(claim)
    assert (claim.status, claim.association_state) == (Status.APPROVED, AssociationState.ACTIVE)
    assert states(claim) == ["ended", "active"]
    ended = Association.objects.get(claim=claim, state=AssociationState.ENDED)
    assert ended.end_reason == "subscription_expired"
    assert ended.line.line_status == LineStatus.ENDED
    assert ended.hold.released_at is not None
    assert ExclusivityHold.objects.filter(released_at=None).count() == 1
    assert ClaimEvent.objects.filter(claim=claim, kind="line_expired").count() == 1
    (row,) = IncentiveHandoff.objects.filter(claim=claim, kind="termination")
    assert (row.line, row.payload["end_reason"]) == (ended.line, "subscription_expired")
    for letter in acts.letters(claim, "line_expired"):
        assert reverse("claim_renew", args=[claim.pk]) in letter.text_body
        assert str(ends.subscription_id) in letter.text_body
    assert acts.letters(claim, "line_expired")


def test_without_a_line_left_the_claim_ends(two: InForce) -> None:
    claim, (_ends, goes_on) = two
    Subscription.objects.filter(pk=goes_on.pk).update(
        ends_on=factories.today() + timedelta(days=61)
    )
    with after(100):
        call_command("end_expired_subscriptions")
    claim = acts.fresh(claim)
    assert (claim.status, claim.association_state) == (Status.ENDED, AssociationState.ENDED)
    assert claim.ended_reason == "the subscription ended"
    assert states(claim) == ["ended", "ended"]
    assert IncentiveHandoff.objects.filter(claim=claim, kind="termination").count() == 2
    assert acts.letters(claim, "association_expired")


@pytest.mark.parametrize("state", ["expired", "cancelled"])
def test_what_the_registry_calls_over_is_over(one: InForce, state: str) -> None:
    claim, (subscription,) = one
    Subscription.objects.filter(pk=subscription.pk).update(state=state)
    with after(15):
        subscription_ends.end_expired_subscriptions()
    assert acts.fresh(claim).status == Status.ENDED


def test_a_hold_a_dry_run_and_a_renewed_subscription_keep_it(one: InForce) -> None:
    claim, (subscription,) = one
    lead = factories.make_reviewer(role="Lead reviewer")
    with after(95):
        run = subscription_ends.end_expired_subscriptions(dry_run=True)
        assert (run.examined, run.skipped) == (1, 1)
        due = list(subscription_ends.ended(clock.now()))
        ((key, moment),) = subscription_ends.claims_ending(clock.now()).items()
        assert key == claim.pk
        assert clock.now() - timedelta(days=5) < moment < clock.now()
        hold = ClockHold.objects.create(
            claim=claim, reason="Wait.", placed_by=lead, placed_at=clock.now()
        )
        assert subscription_ends.end_expired(claim.pk) == Outcome.SKIPPED
        hold.delete()
        Subscription.objects.filter(pk=subscription.pk).update(
            ends_on=factories.today() + timedelta(days=365)
        )
        assert [subscription_ends.end_expired(key) for key in due] == [Outcome.SKIPPED]
    assert acts.fresh(claim).status == Status.APPROVED


def test_the_time_to_dispute_ends_without_a_letter() -> None:
    claim = acts.rejected()
    letters = len(acts.letters(claim))
    assert claim.due_at is not None
    with time_machine.travel(claim.due_at + timedelta(minutes=4), tick=False):
        assert run_of(dispute_windows.close_dispute_windows()) == (0, 0, 0)
    with acts.past(claim):
        call_command("close_dispute_windows")
        assert run_of(dispute_windows.close_dispute_windows()) == (0, 0, 0)
        assert dispute_windows.close_dispute_window(claim.pk) == Outcome.SKIPPED
    closed = acts.fresh(claim)
    assert (closed.status, closed.deadline_kind, closed.due_at) == (Status.REJECTED, "", None)
    event = ClaimEvent.objects.get(claim=claim, kind="dispute_window_closed")
    assert event.nominal_due_at == claim.due_at
    assert len(acts.letters(claim)) == letters


def test_an_idle_draft_is_archived_and_a_touch_recovers_it(client: Client) -> None:
    draft = factories.make_claim()
    with after(89):
        assert run_of(archive.archive_idle_drafts()) == (0, 0, 0)
    with after(91):
        client.force_login(draft.created_by)
        call_command("archive_idle_drafts")
        archived = acts.fresh(draft)
        assert archived.archived_at == clock.now()
        assert archived.changed_at == draft.changed_at
        assert run_of(archive.archive_idle_drafts()) == (0, 0, 0)
        listed = reverse("claim_list")
        assert draft.number not in client.get(listed).content.decode()
        assert draft.number in client.get(listed, {"archived": "on"}).content.decode()
        assert draft.number in client.get(listed, {"q": draft.number}).content.decode()
        page = reverse("claim_page", args=[draft.pk])
        assert reverse("claim_recover", args=[draft.pk]) in client.get(page).content.decode()
        assert client.get(reverse("claim_recover", args=[draft.pk])).status_code == 405
        answer = client.post(reverse("claim_recover", args=[draft.pk]))
        assert (answer.status_code, answer["Location"]) == (302, page)
        recovered = acts.fresh(draft)
        assert (recovered.archived_at, recovered.changed_at) == (None, clock.now())
        assert draft.number in client.get(listed).content.decode()
        kinds = ClaimEvent.objects.filter(claim=draft).order_by("pk").values_list("kind", flat=True)
        assert list(kinds)[-2:] == ["draft_archived", "draft_recovered"]


def test_an_edit_takes_a_draft_out_of_the_archive_and_so_does_submitting_it() -> None:
    edited, submitted = factories.make_claim(), factories.make_claim()
    with after(91):
        archive.archive_idle_drafts()
        acts.edit(acts.fresh(edited), ClaimChanges(name="Again"))
        assert acts.fresh(edited).archived_at is None
        Subscription.objects.update(last_synced_at=clock.now())
        acts.submit(acts.fresh(submitted))
        assert acts.fresh(submitted).archived_at is None


def test_strangers_recover_nothing(client: Client) -> None:
    draft = factories.make_claim()
    stranger = factories.make_membership().user
    with after(91):
        client.force_login(stranger)
        archive.archive_idle_drafts()
        assert client.post(reverse("claim_recover", args=[draft.pk])).status_code == 404
        assert acts.fresh(draft).archived_at is not None


def test_an_old_registry_is_a_problem_of_the_run() -> None:
    run = registry_age.check_registry()
    assert run.refused == 0
    factories.make_subscription(factories.make_tenant())
    with after(1.9):
        assert registry_age.check_registry().refused == 0
    with after(2.1):
        run = registry_age.check_registry()
        assert (run.examined, run.refused, run.failed) == (1, 1, 0)
        (problem,) = run.problems
        assert "more than 48 hours ago" in problem["problem"]
        assert registry_age.check_registry(dry_run=True).refused == 0
