"""How often something may be tried."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache
from django.utils import translation

from cpor_site.common import limits
from cpor_site.common.limits import TooMany, allowed
from cpor_site.env import read

MINUTE = timedelta(minutes=1)


@pytest.fixture
def key() -> str:
    return str(uuid4())


@time_machine.travel("2026-06-04T10:00:15+00:00", tick=False)
def test_the_first_tries_of_a_window_are_allowed(key: str) -> None:
    answers = [allowed("looking", key, most=3, within=MINUTE) for _try in range(5)]
    assert answers == [True, True, True, False, False]


def test_the_next_window_counts_anew(key: str) -> None:
    with time_machine.travel("2026-06-04T10:00:59+00:00", tick=False):
        assert [allowed("looking", key, most=1, within=MINUTE) for _try in range(2)] == [
            True,
            False,
        ]
    with time_machine.travel("2026-06-04T10:01:00+00:00", tick=False):
        assert allowed("looking", key, most=1, within=MINUTE)


@time_machine.travel("2026-06-04T10:00:15+00:00", tick=False)
def test_people_and_things_are_counted_apart(key: str) -> None:
    assert allowed("looking", key, most=1, within=MINUTE)
    assert allowed("looking", f"{key}x", most=1, within=MINUTE)
    assert allowed("asking", key, most=1, within=MINUTE)
    assert not allowed("looking", key, most=1, within=MINUTE)


@time_machine.travel("2026-06-04T10:00:15+00:00", tick=False)
def test_threads_that_try_at_once_are_all_counted(key: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _try: allowed("looking", key, most=7, within=MINUTE), range(200))
        )
    assert answers.count(True) == 7


@pytest.mark.redis
@time_machine.travel("2026-06-04T10:00:15+00:00", tick=False)
def test_redis_counts_for_everybody_together(key: str) -> None:
    try:
        with ThreadPoolExecutor(8) as pool:
            answers = list(
                pool.map(lambda _try: allowed("looking", key, most=7, within=MINUTE), range(200))
            )
        assert answers.count(True) == 7
    finally:
        cache.clear()


@time_machine.travel("2026-06-04T10:00:15+00:00", tick=False)
def test_the_counts_of_many_people_don_t_push_each_other_out(key: str) -> None:
    allowed("looking", key, most=1, within=MINUTE)
    for number in range(1000):
        allowed("looking", f"{key}{number}", most=1, within=MINUTE)
    assert not allowed("looking", key, most=1, within=MINUTE)


@pytest.mark.parametrize(
    ("within", "sentence"),
    [
        (timedelta(minutes=1), "That was tried too often. Try again in 1 minute."),
        (timedelta(minutes=15), "That was tried too often. Try again in 5 minutes."),
        (timedelta(hours=24), "That was tried too often. Try again in 14 hours."),
    ],
    ids=["a minute", "minutes", "hours"],
)
@time_machine.travel("2026-06-04T10:10:00+00:00", tick=False)
def test_a_refusal_says_when_to_try_again(key: str, within: timedelta, sentence: str) -> None:
    limits.ask("looking", key, most=1, within=within)
    with pytest.raises(TooMany) as refused, translation.override("en"):
        limits.ask("looking", key, most=1, within=within)
    assert [(each.code, str(each.message)) for each in refused.value.problems] == [
        ("LIM-01", sentence)
    ]
    assert refused.value.again_at == limits.window_end(within)


@time_machine.travel("2026-06-04T10:00:15+00:00", tick=False)
def test_nobody_s_name_lies_in_the_cache(key: str) -> None:
    allowed("looking", f"{key}@people.example", most=1, within=MINUTE)
    entries = getattr(cache, "_cache", {})
    assert not [entry for entry in entries if key in entry]


def test_a_desk_without_redis_runs_one_web_process() -> None:
    """Elsewhere each process would count for itself, so production asks for Redis."""
    assert read({"CPOR_MODE": "demo", "CPOR_WEB_WORKERS": "4"}).web_processes == 1


@pytest.mark.parametrize("begins", ["10:00:00", "10:04:59", "10:55:00"])
def test_a_moving_window_never_holds_more(key: str, begins: str) -> None:
    """Try each minute for three hours: no sixty minutes hold more than the limit."""
    granted: list[int] = []
    start = datetime.fromisoformat(f"2026-06-04T{begins}+00:00")
    for minute in range(180):
        with time_machine.travel(start + minute * MINUTE, tick=False):
            taken = limits.take("looking", key, most=5, within=timedelta(hours=1), wanted=2)
            granted.append(taken.count)
    assert max(sum(granted[at : at + 60]) for at in range(120)) == 5
    assert sum(granted) >= 10


def test_a_moving_window_says_when_it_grants_again(key: str) -> None:
    with time_machine.travel("2026-06-04T10:00:30+00:00", tick=False):
        assert limits.take("looking", key, most=2, within=MINUTE, wanted=5).count == 2
        refused = limits.take("looking", key, most=2, within=MINUTE)
    assert refused.count == 0
    with time_machine.travel(refused.again_at - timedelta(seconds=1), tick=False):
        assert limits.take("looking", key, most=2, within=MINUTE).count == 0
    with time_machine.travel(refused.again_at, tick=False):
        assert limits.take("looking", key, most=2, within=MINUTE).count == 1


@time_machine.travel("2026-06-04T10:00:15+00:00", tick=False)
def test_what_is_given_back_can_be_taken_again(key: str) -> None:
    taken = limits.take("looking", key, most=3, within=MINUTE, wanted=3)
    taken.give_back(2)
    assert limits.take("looking", key, most=3, within=MINUTE, wanted=3).count == 2


def take_at_once(key: str) -> int:
    """Let 200 threads take at once; return how much was granted."""
    with ThreadPoolExecutor(8) as pool:
        taken = pool.map(
            lambda _try: limits.take("looking", key, most=7, within=MINUTE).count, range(200)
        )
        return sum(taken)


@time_machine.travel("2026-06-04T10:00:15+00:00", tick=False)
def test_threads_that_take_at_once_get_no_more_together(key: str) -> None:
    assert 1 <= take_at_once(key) <= 7


@pytest.mark.redis
@time_machine.travel("2026-06-04T10:00:15+00:00", tick=False)
def test_redis_grants_no_more_to_all_together(key: str) -> None:
    try:
        assert 1 <= take_at_once(key) <= 7
    finally:
        cache.clear()
