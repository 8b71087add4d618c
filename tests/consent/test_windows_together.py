"""The set-based path of T11 leaves the same rows as one claim at a time."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from claims.models import Claim
from claims.signals import claim_moved, claims_moved
from consent.models import IncentiveHandoff
from consent.services import windows
from cpor_site.common.jobs import Outcome
from tests import acts, factories
from tests.every_row import rows_after
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def three() -> list[Claim]:
    """Three claims in the windows of their customers, two of them of one office."""
    location = factories.make_location()
    return [
        acts.in_window(),
        acts.in_window(factories.make_claim(location=location)),
        acts.in_window(factories.make_claim(location=location)),
    ]


def test_leaves_the_same_rows_as_one_claim_at_a_time(three: list[Claim]) -> None:
    keys = [claim.pk for claim in three]

    def one_by_one() -> None:
        for key in keys:
            assert windows.close_window(key) == Outcome.ACTED

    with acts.past(three[-1]):
        alone = rows_after(one_by_one)
        together = rows_after(lambda: windows.close_windows_together(keys))
    assert together == alone
    assert alone["consent.IncentiveHandoff"].total() >= len(keys)


def test_needs_no_more_statements_for_more_claims(three: list[Claim]) -> None:
    def statements(claims: list[Claim]) -> int:
        keys = [claim.pk for claim in claims]
        with transaction.atomic():
            with acts.past(claims[-1]), CaptureQueriesContext(connection) as queries:
                assert windows.close_windows_together(keys) == set(keys)
            transaction.set_rollback(True)
        return len(queries)

    assert statements(three) == statements(three[1:])


def test_a_replacement_goes_alone_in_the_same_run() -> None:
    first = acts.in_window()
    with acts.past(first):
        windows.finalise_consent_windows()
        second = acts.in_window(factories.make_claim())
        Claim.objects.filter(pk=second.pk).update(replaces=first)
        third = acts.in_window(factories.make_claim())
    with acts.past(acts.fresh(third)):
        assert windows.close_windows_together([second.pk]) == set()
        run = windows.finalise_consent_windows()
    assert (run.examined, run.acted) == (2, 2)
    assert acts.fresh(first).status == "ended"
    assert IncentiveHandoff.objects.filter(claim=first, kind="termination").exists()


def test_whoever_hears_of_one_claim_hears_of_many() -> None:
    """The news of the set-based path reaches everybody that the news of a single act reaches."""
    single, many = (
        {key[0] for key, *_rest in signal.receivers} for signal in (claim_moved, claims_moved)
    )
    assert single == many
    assert len(single) >= 5
