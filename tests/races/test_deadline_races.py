"""What arrived before the deadline counts, even if it is still in hand when a sweep comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import pytest
import time_machine
from django.db import connection, transaction

from claims import actors, deadlines, door
from claims.models import Claim, ClaimEvent
from claims.services.submission import resubmit_claim
from claims.services.sweeps import reject_stale_claims, reject_unanswered
from consent.models import IncentiveHandoff
from consent.services import answers
from consent.services.answers import Responder
from consent.services.windows import close_window, finalise_consent_windows
from tests import acts

from .test_outbox_races import wait_for

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

SECOND = timedelta(seconds=1)
T = TypeVar("T")


def waiting_for_locks() -> int:
    with connection.cursor() as cursor:
        # Within one transaction PostgreSQL shows the sessions as they were at the first look.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def elsewhere(run: Callable[[], T]) -> T:
    """Run it in a session of its own."""
    try:
        return run()
    finally:
        connection.close()


def in_a_thread(run: Callable[[], T]) -> T:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(elsewhere, run).result(timeout=20)


@contextmanager
def in_hand(claim: Claim, *runners: Callable[[], Any]) -> Iterator[None]:
    """Start the runners one after the other; each waits for the claim until the block is left."""

    with ThreadPoolExecutor(len(runners)) as pool:
        with transaction.atomic():
            door.locked(claim.pk)
            found = []
            for number, runner in enumerate(runners, start=1):
                found.append(pool.submit(elsewhere, runner))
                wait_for(lambda number=number: waiting_for_locks() == number)  # type: ignore[misc]
            yield
        for each in found:
            each.result(timeout=20)


def kinds(claim: Claim, *names: str) -> list[str]:
    events = ClaimEvent.objects.filter(claim=claim, kind__in=names)
    return list(events.values_list("kind", flat=True))


def test_an_answer_of_the_last_second_counts() -> None:
    claim = acts.asked()
    assert claim.due_at is not None

    def answer() -> None:
        actor = actors.partner(claim.created_by)
        resubmit_claim(claim_id=claim.pk, actor=actor, version=claim.version, reply="Here.")

    with time_machine.travel(claim.due_at, tick=False) as clock:
        for too_early in (claim.due_at, claim.due_at + deadlines.ARRIVAL_GRACE - SECOND):
            clock.move_to(too_early)
            assert reject_stale_claims().examined == 0
        clock.move_to(claim.due_at)
        with in_hand(claim, answer, lambda: reject_unanswered(claim.pk)):
            clock.move_to(claim.due_at + deadlines.ARRIVAL_GRACE)
            run = in_a_thread(reject_stale_claims)
            assert (run.examined, run.skipped) == (1, 1)
        assert reject_stale_claims().examined == 0
    assert acts.fresh(claim).status == "submitted"
    assert kinds(claim, "claim_resubmitted", "claim_rejected") == ["claim_resubmitted"]
    assert acts.letters(claim, "claim_rejected") == []


def test_a_refusal_of_the_last_second_counts() -> None:
    claim = acts.in_window()
    token = acts.token_of(claim)
    assert claim.consent_closes_at is not None
    closes_at = claim.consent_closes_at
    with time_machine.travel(closes_at, tick=False) as clock:
        for too_early in (closes_at, closes_at + deadlines.ARRIVAL_GRACE - SECOND):
            clock.move_to(too_early)
            assert finalise_consent_windows().examined == 0
        clock.move_to(closes_at)
        with in_hand(
            claim,
            lambda: answers.decline(token=token, responder=Responder("J. Meier")),
            lambda: close_window(claim.pk),
        ):
            clock.move_to(closes_at + deadlines.ARRIVAL_GRACE)
            run = in_a_thread(finalise_consent_windows)
            assert (run.examined, run.skipped) == (1, 1)
        assert finalise_consent_windows().examined == 0
    assert acts.fresh(claim).status == "rejected"
    assert kinds(claim, "consent_declined", "window_closed") == ["consent_declined"]
    assert not IncentiveHandoff.objects.filter(claim=claim).exists()
    assert acts.letters(claim, "window_closed") == []
