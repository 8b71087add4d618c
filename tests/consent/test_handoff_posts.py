"""Hand-offs by HTTP, to a real server that takes them, refuses them, hangs and talks nonsense."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from pytest_django import Settings

from claims.models import Claim
from consent import handoff_format
from consent.models import HandoffEndpoint, IncentiveHandoff
from consent.services import waiting, webhook
from consent.services.delivery import deliver_handoffs
from consent.services.webhook import PAUSES, post_handoffs
from cpor_site.common import clock
from cpor_site.common.models import JobRun
from tests.shared import shared
from tests.web_server import Post, Program, web_server

from . import handing

pytestmark = pytest.mark.django_db
State = IncentiveHandoff.State
NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD = "whsec_b2xkLWtleS1vZi10d2VudHktZm91ci1ieXRlcw=="


@pytest.fixture(autouse=True)
def program(settings: Settings, tmp_path: Path) -> Iterator[Program]:
    settings.CPOR_HANDOFF_SECRETS = (NEW, OLD)
    settings.CPOR_HANDOFF_ALLOW_PRIVATE = True
    settings.STORAGES = settings.STORAGES | {
        "handoffs": {
            "BACKEND": "cpor_site.common.whole_files.WholeFileStorage",
            "OPTIONS": {"location": tmp_path / "handoffs"},
        }
    }
    with web_server() as server:
        settings.CPOR_HANDOFF_URL = server.url
        yield server


def counts(run: JobRun) -> tuple[int, int, int, int]:
    return run.examined, run.acted, run.skipped, run.failed


def problem(run: JobRun) -> str:
    (only,) = run.problems
    return str(only["problem"])


def endpoint() -> HandoffEndpoint:
    return HandoffEndpoint.objects.get()


def refusing(*ids: str, status: int = 500) -> object:
    return lambda post: status if post.id in ids else 204


@shared
def one() -> Claim:
    """A claim whose only line came into force now."""
    return handing.handed_over()


@shared
def two() -> Claim:
    """A claim whose two lines came into force now."""
    return handing.handed_over("exchange_online", "teams")


class TestTaken:
    def test_each_row_is_a_signed_post_with_its_fields(self, two: Claim, program: Program) -> None:
        claim = two
        assert counts(post_handoffs()) == (2, 2, 0, 0)

        assert program.ids() == handing.ids_of(claim)
        first, row = program.posts[0], handing.rows_of(claim)[0]
        for key in (NEW, OLD):
            assert first.checked(key) == {
                "type": "handoff.start",
                "timestamp": handoff_format.record(row)["written_at"],
                "data": handoff_format.record(row),
            }
        assert first.headers["content-type"] == "application/json"
        assert len(first.headers["webhook-signature"].split()) == 2
        assert first.path == "/handoffs"

    def test_a_row_is_sent_when_file_and_post_have_both_gone(
        self, one: Claim, program: Program
    ) -> None:
        claim = one
        post_handoffs()
        row = handing.rows_of(claim)[0]
        assert (row.state, row.tries) == (State.PENDING, 1)
        assert row.posted_at is not None
        deliver_handoffs()
        assert handing.states_of(claim) == [State.SENT]

        other = handing.handed_over()
        deliver_handoffs()
        assert handing.states_of(other) == [State.PENDING]
        post_handoffs()
        assert handing.states_of(other) == [State.SENT]
        assert program.ids() == handing.ids_of(claim, other)
        assert counts(post_handoffs()) == (0, 0, 0, 0)

    def test_without_an_address_nothing_is_posted_and_nothing_waits_for_it(
        self, one: Claim, program: Program, settings: Settings
    ) -> None:
        claim = one
        deliver_handoffs()
        assert handing.states_of(claim) == [State.PENDING]

        settings.CPOR_HANDOFF_URL = ""
        assert counts(post_handoffs()) == (0, 0, 0, 0)
        deliver_handoffs()

        assert handing.states_of(claim) == [State.SENT]
        assert program.posts == []

    def test_a_dry_run_posts_nothing(self, program: Program) -> None:
        handing.handed_over()
        assert counts(post_handoffs(dry_run=True)) == (1, 0, 1, 0)
        assert program.posts == []

    def test_rows_wait_for_the_enrolment_here_too(self, program: Program) -> None:
        held, other = handing.handed_over(), handing.handed_over()
        assert held.location is not None
        handing.lapse(held.location)
        handing.ended(held)
        assert counts(post_handoffs()) == (1, 1, 0, 0)
        handing.enrol_again(held.location)
        post_handoffs()
        assert program.ids() == handing.ids_of(other, held)


class TestRefused:
    def test_a_failing_claim_keeps_its_order_and_stops_nobody(self, program: Program) -> None:
        bad, good = handing.handed_over("exchange_online", "teams"), handing.handed_over()
        program.text = b"no\x00 such\n customer " + b"x" * 10_000
        program.answer = refusing(f"{bad.number}-1")  # type: ignore[assignment]

        run = post_handoffs()

        assert counts(run) == (3, 1, 1, 1)
        assert program.ids() == [f"{bad.number}-1", f"{good.number}-1"]
        row = handing.rows_of(bad)[0]
        assert (row.state, row.tries, row.claimed_until) == (State.PENDING, 1, None)
        assert row.last_error.startswith("The program's address answered 500. no such customer xxx")
        assert len(row.last_error) < 400
        assert row.next_try_at is not None
        assert timedelta(0) < row.next_try_at - clock.now() <= PAUSES[0] * 1.1
        assert counts(post_handoffs()) == (0, 0, 0, 0)

        program.answer = lambda _post: 200
        with time_machine.travel(row.next_try_at, tick=False):
            assert counts(post_handoffs()) == (2, 2, 0, 0)
        assert program.ids()[2:] == handing.ids_of(bad)

    def test_pauses_grow_and_after_the_last_try_the_row_is_failed_until_retried(
        self, two: Claim, program: Program
    ) -> None:
        claim = two
        program.answer = lambda _post: 404
        row = handing.rows_of(claim)[0]
        pauses = []
        with time_machine.travel(clock.now(), tick=False) as now:
            while True:
                assert counts(post_handoffs())[3] == 1
                row = handing.rows_of(claim)[0]
                if row.next_try_at is None:
                    break
                pauses.append(row.next_try_at - clock.now())
                now.move_to(row.next_try_at)
            assert [
                wanted <= pause <= wanted * 1.1
                for wanted, pause in zip(PAUSES, pauses, strict=True)
            ] == [True] * len(PAUSES)
            assert (row.state, row.tries) == (State.FAILED, len(PAUSES) + 1)
            assert set(program.ids()) == {f"{claim.number}-1"}

            now.shift(timedelta(days=30))
            assert counts(post_handoffs()) == (0, 0, 0, 0)
            program.answer = lambda _post: 202
            assert waiting.retry(row.pk)
            assert not waiting.retry(row.pk)
            assert counts(post_handoffs()) == (2, 2, 0, 0)
        assert program.ids()[-2:] == handing.ids_of(claim)

    def test_redirects_are_not_followed(self, one: Claim, program: Program) -> None:
        claim = one
        program.extra = {"Location": f"http://127.0.0.1:{program.port}/elsewhere"}
        program.answer = lambda _post: 307
        assert problem(post_handoffs()) == "NotTaken: The program's address answered 307."
        assert [post.path for post in program.posts] == ["/handoffs"]
        assert handing.states_of(claim) == [State.PENDING]

    def test_gone_stops_all_posts_until_somebody_opens_the_address(
        self, program: Program, settings: Settings
    ) -> None:
        first, second = handing.handed_over(), handing.handed_over()
        program.answer = lambda _post: 410
        run = post_handoffs()
        assert counts(run) == (1, 0, 0, 1)
        assert endpoint().gone_at is not None
        row = handing.rows_of(first)[0]
        assert (row.state, row.tries) == (State.PENDING, 0)

        program.answer = lambda _post: 204
        with time_machine.travel(clock.now() + timedelta(days=30), tick=False):
            assert counts(post_handoffs()) == (0, 0, 0, 0)
        assert len(program.posts) == 1
        assert webhook.reopen(settings.CPOR_HANDOFF_URL)
        assert not webhook.reopen(settings.CPOR_HANDOFF_URL)
        assert counts(post_handoffs()) == (2, 2, 0, 0)
        assert program.ids()[1:] == handing.ids_of(first, second)

    def test_another_address_is_not_gone_because_the_first_one_is(
        self, program: Program, settings: Settings
    ) -> None:
        handing.handed_over()
        program.answer = lambda post: 410 if post.path == "/handoffs" else 204
        post_handoffs()
        settings.CPOR_HANDOFF_URL = f"http://127.0.0.1:{program.port}/new?x=1"
        assert counts(post_handoffs()) == (1, 1, 0, 0)
        assert [post.path for post in program.posts] == ["/handoffs", "/new?x=1"]

    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    def test_a_busy_address_is_left_alone_for_as_long_as_it_asks(
        self, program: Program, status: int
    ) -> None:
        first, second = handing.handed_over(), handing.handed_over()
        program.extra = {"Retry-After": "600"}
        program.answer = lambda _post: status
        with time_machine.travel(clock.now(), tick=False) as now:
            assert counts(post_handoffs()) == (1, 0, 0, 1)
            assert endpoint().quiet_until == clock.now() + timedelta(minutes=10)
            row = handing.rows_of(first)[0]
            assert (row.tries, row.next_try_at) == (1, clock.now() + timedelta(minutes=10))
            now.shift(timedelta(minutes=9))
            assert counts(post_handoffs()) == (0, 0, 0, 0)
            now.shift(timedelta(minutes=1))
            program.answer = lambda _post: 204
            assert counts(post_handoffs()) == (2, 2, 0, 0)
        assert program.ids()[1:] == handing.ids_of(first, second)


class TestTrouble:
    def test_an_address_out_of_reach_costs_no_row_a_try(
        self, two: Claim, program: Program, settings: Settings
    ) -> None:
        claim = two
        settings.CPOR_HANDOFF_URL = "http://127.0.0.1:1/"
        with time_machine.travel(clock.now(), tick=False) as now:
            run = post_handoffs()
            assert counts(run) == (1, 0, 0, 1)
            assert problem(run).startswith("EndpointTroubled: 127.0.0.1 can't be reached: Conn")
            assert counts(post_handoffs()) == (0, 0, 0, 0)
            row = handing.rows_of(claim)[0]
            assert (row.tries, row.next_try_at, row.claimed_until) == (0, None, None)
            now.shift(webhook.QUIET)
            assert counts(post_handoffs()) == (1, 0, 0, 1)

    def test_private_addresses_get_nothing_unless_a_setting_allows_them(
        self, program: Program, settings: Settings
    ) -> None:
        handing.handed_over()
        settings.CPOR_HANDOFF_ALLOW_PRIVATE = False
        run = post_handoffs()
        assert problem(run) == (
            "EndpointTroubled: 127.0.0.1 is at 127.0.0.1, an address that isn't public, where "
            "nothing is posted."
        )
        assert program.posts == []

    def test_a_slow_answer_is_a_failure_and_the_others_go_on(
        self, program: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 1)
        first, second = handing.handed_over(), handing.handed_over()
        program.drip = True
        begun = time.monotonic()
        run = post_handoffs()
        assert time.monotonic() - begun < 5
        assert counts(run) == (2, 0, 0, 2)
        assert [each["problem"] for each in run.problems] == [
            "PostFailed: 127.0.0.1 gave no answer within 1 s."
        ] * 2
        assert program.ids() == handing.ids_of(first, second)

    @pytest.mark.parametrize(
        "raw",
        [b"gar\x00bage\r\n\r\n", b"\r\n", b"HTTP/1.1 99999 no\r\n\r\n", b"\xff\xfe" * 50_000],
    )
    def test_an_answer_that_is_no_http_is_a_failure(
        self, one: Claim, program: Program, raw: bytes
    ) -> None:
        claim = one
        program.raw = raw
        run = post_handoffs()
        assert counts(run) == (1, 0, 0, 1)
        assert "gave no answer that can be read" in problem(run)
        assert handing.rows_of(claim)[0].tries == 1

    def test_a_row_that_was_taken_but_not_noted_goes_again_under_the_same_id(
        self, two: Claim, program: Program
    ) -> None:
        """Killed between the answer and the commit: the lease ends, and the same post is made."""
        claim = two
        with time_machine.travel(clock.now(), tick=False) as now:
            row = webhook._claim(handing.rows_of(claim)[0].pk, clock.now())
            assert row is not None
            webhook._Sender(program.url)._post(row)
            assert counts(post_handoffs()) == (0, 0, 0, 0)

            now.shift(webhook.LEASE)
            assert counts(post_handoffs()) == (2, 2, 0, 0)
        first, second = handing.ids_of(claim)
        assert program.ids() == [first, first, second]

    def test_a_run_ends_when_its_time_is_up(
        self, program: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        handing.handed_over()
        monkeypatch.setattr(webhook, "BUDGET_SECONDS", -1)
        assert counts(post_handoffs()) == (0, 0, 0, 0)


def sent_at(post: Post) -> datetime:
    return datetime.fromtimestamp(int(post.headers["webhook-timestamp"]), tz=clock.now().tzinfo)


def test_the_timestamp_is_that_of_the_try(program: Program) -> None:
    handing.handed_over()
    program.answer = lambda _post: 500
    moment = clock.now().replace(microsecond=0)
    with time_machine.travel(moment, tick=False) as now:
        post_handoffs()
        now.shift(timedelta(hours=1))
        post_handoffs()
    assert [sent_at(post) for post in program.posts] == [moment, moment + timedelta(hours=1)]
