"""Two senders of hand-offs in the same instant, by file and by post."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from claims.models import Claim
from consent.models import HandoffBatch, IncentiveHandoff
from consent.services.delivery import deliver_handoffs
from consent.services.webhook import post_handoffs
from tests import factories
from tests.consent import handing
from tests.races import rounds
from tests.web_server import Program, web_server

from .test_outbox_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = rounds(5)


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGES = settings.STORAGES | {
        "handoffs": {
            "BACKEND": "cpor_site.common.whole_files.WholeFileStorage",
            "OPTIONS": {"location": tmp_path / "handoffs"},
        }
    }


@pytest.fixture
def program(settings: Settings) -> Iterator[Program]:
    settings.CPOR_HANDOFF_ALLOW_PRIVATE = True
    with web_server() as server:
        settings.CPOR_HANDOFF_URL = server.url
        yield server


def two_claims() -> Callable[[], list[Claim]]:
    """Return what makes two claims of one partner, of two lines each, for customers of their own.

    What doesn't take part in the race is made once.
    """
    location, user = factories.make_location(), factories.make_user()

    def make() -> list[Claim]:
        return [
            handing.handed_over("exchange_online", "teams", location=location, user=user)
            for _ in range(2)
        ]

    return make


def test_two_writers_of_files_put_each_row_into_one_file() -> None:
    expected: list[str] = []
    more = two_claims()
    for _round in range(ROUNDS):
        claims = more()
        handing.ended(claims[0])
        expected += handing.ids_of(*claims)
        runs = at_once(deliver_handoffs, deliver_handoffs)
        assert [run.failed for run in runs] == [0, 0]
        for claim in claims:
            assert set(handing.states_of(claim)) == {"sent"}
    found = handing.all_ids()
    assert Counter(found) == Counter(expected)
    by_claim: dict[str, list[int]] = {}
    for each in found:
        number, _dash, sequence = each.rpartition("-")
        by_claim.setdefault(number, []).append(int(sequence))
    assert [each for each in by_claim.values() if each != sorted(each)] == []
    numbers = list(HandoffBatch.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def test_two_posters_send_each_row_once_and_in_order(program: Program) -> None:
    more = two_claims()
    for _round in range(ROUNDS):
        program.posts.clear()
        claims = more()
        expected = handing.ids_of(*claims)
        for _again in range(10):
            runs = at_once(post_handoffs, post_handoffs)
            assert [run.failed for run in runs] == [0, 0]
            if not IncentiveHandoff.objects.filter(posted_at=None).exists():
                break
        assert Counter(program.ids()) == Counter(expected)
        for claim in claims:
            own = handing.ids_of(claim)
            assert [each for each in program.ids() if each in own] == own


def test_a_file_and_a_post_at_once_leave_every_row_sent(program: Program) -> None:
    for _round in range(ROUNDS // 5):
        claim = handing.handed_over(*handing.NAMES)
        at_once(deliver_handoffs, post_handoffs, deliver_handoffs)
        deliver_handoffs()
        post_handoffs()
        deliver_handoffs()
        assert handing.states_of(claim) == ["sent"] * 3
