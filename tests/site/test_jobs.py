"""Sweeps: every row gets its own chance, and the run is written down."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun, NonWorkingDay
from cpor_site.common.problems import Refused, error

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def days() -> list[NonWorkingDay]:
    return [
        NonWorkingDay.objects.create(day=date(2026, 1, number), name="closed")
        for number in range(1, 6)
    ]


def rename(key: int) -> Outcome:
    NonWorkingDay.objects.filter(pk=key).update(name="renamed")
    return Outcome.ACTED


def counts(run: JobRun) -> tuple[int, int, int, int, int]:
    fresh = JobRun.objects.get(pk=run.pk)
    return fresh.examined, fresh.acted, fresh.skipped, fresh.refused, fresh.failed


def names() -> list[str]:
    return list(NonWorkingDay.objects.order_by("day").values_list("name", flat=True))


def test_one_that_fails_or_is_refused_never_stops_the_rest(
    days: list[NonWorkingDay], caplog: pytest.LogCaptureFixture
) -> None:
    def act(key: int) -> Outcome:
        rename(key)
        if key == days[1].pk:
            raise ZeroDivisionError("half\0way")
        if key == days[2].pk:
            raise Refused(error("SUBM-03", "moved on"))
        if key == days[3].pk:
            return Outcome.SKIPPED
        return Outcome.ACTED

    run = run_sweep("tidy", [day.pk for day in days], act, now=NOW)

    assert counts(run) == (5, 2, 1, 1, 1)
    assert names() == ["renamed", "closed", "closed", "renamed", "renamed"]
    assert JobRun.objects.get(pk=run.pk).problems == [
        {"key": days[1].pk, "problem": "ZeroDivisionError: half�way"},
        {"key": days[2].pk, "problem": "SUBM-03 moved on"},
    ]
    assert run.job == "tidy"
    assert run.started_at == NOW
    assert run.finished_at is not None
    failures = [entry for entry in caplog.records if entry.levelname == "ERROR"]
    assert [(entry.exc_info or (None,))[0] for entry in failures] == [ZeroDivisionError]


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt])
def test_being_told_to_stop_stops_the_run(
    days: list[NonWorkingDay], stop: type[BaseException]
) -> None:
    def act(key: int) -> Outcome:
        if key == days[2].pk:
            raise stop
        return rename(key)

    with pytest.raises(stop):
        run_sweep("tidy", [day.pk for day in days], act)

    assert names() == ["renamed", "renamed", "closed", "closed", "closed"]
    assert JobRun.objects.get().finished_at is None


def test_a_dry_run_acts_on_nothing(days: list[NonWorkingDay]) -> None:
    run = run_sweep("tidy", [day.pk for day in days], rename, dry_run=True)

    assert counts(run) == (5, 0, 5, 0, 0)
    assert run.dry_run is True
    assert names() == ["closed"] * 5


def test_problems_are_kept_up_to_a_limit() -> None:
    def act(key: int) -> Outcome:
        raise ValueError("x" * 10_000)

    run = run_sweep("tidy", range(1, 151), act)

    assert counts(run) == (150, 0, 0, 0, 150)
    assert len(run.problems) == 100
    assert {len(problem["problem"]) for problem in run.problems} == {500}


def test_runs_in_a_row_that_found_nothing_share_one_row(days: list[NonWorkingDay]) -> None:
    def tidy(keys: list[int], *, dry_run: bool = False) -> JobRun:
        return run_sweep("tidy", keys, rename, dry_run=dry_run)

    first = tidy([])
    seen = first.finished_at
    assert tidy([]).pk == first.pk
    first.refresh_from_db()
    assert seen is not None
    assert first.finished_at is not None
    assert first.finished_at > seen
    assert counts(first) == (0, 0, 0, 0, 0)

    rehearsal, other = tidy([], dry_run=True), run_sweep("other", [], rename)
    busy = tidy([days[0].pk])
    again = tidy([])
    runs = [first.pk, rehearsal.pk, other.pk, busy.pk, again.pk]
    assert sorted(JobRun.objects.values_list("pk", flat=True)) == runs
    assert tidy([]).pk == again.pk


def test_the_run_that_was_cut_off_is_not_taken_for_an_idle_one() -> None:
    cut_off = JobRun.objects.create(job="tidy", started_at=NOW)
    assert run_sweep("tidy", [], rename, now=NOW + timedelta(hours=1)).pk != cut_off.pk


def test_keys_come_in_batches_and_rows_done_meanwhile_shift_nothing(
    days: list[NonWorkingDay], django_assert_num_queries: Callable[..., AbstractContextManager[Any]]
) -> None:
    due = NonWorkingDay.objects.filter(name="closed")
    seen = []
    for key in keyset(due, batch_size=2):
        rename(key)
        seen.append(key)
    assert seen == [day.pk for day in days]

    NonWorkingDay.objects.update(name="closed")
    with django_assert_num_queries(3):
        assert list(keyset(due, batch_size=2)) == seen
