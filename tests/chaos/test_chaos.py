"""Worker, Redis, PostgreSQL and mail server die, hang and come back; beats and sweeps are doubled.

The tests share one desk and go on in the file's order; each has claims of its own, which become due
when it sets the clock. What must be true of them afterwards stands in ``assert_right``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import pytest

from .desk import Desk, running_desk, wait_until

pytestmark = pytest.mark.stack

REJECT = "claims.tasks.reject_stale_claims"
FINALISE = "consent.tasks.finalise_consent_windows"
SEND = "cpor_site.common.tasks.send_outbox"
GROUPS = {
    "killed": {"claims": 100, "replacements": 10},
    "doubled": {"claims": 20},
    "no redis": {"claims": 20},
    "restarted": {"claims": 20},
    "crashed": {"claims": 20},
    "no mail": {"claims": 20},
}
REJECTED = "status = 'rejected' AND deadline_kind = 'dispute_filing'"
IN_FORCE = "status = 'approved' AND association_state = 'active'"
ASKED = "status = 'partner_action_required'"
IN_WINDOW = "status = 'approved' AND association_state = 'provisional'"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with running_desk(tmp_path_factory.mktemp("desk"), GROUPS) as found:
        yield found


@pytest.fixture(autouse=True)
def _what_the_programs_said(desk: Desk, request: pytest.FixtureRequest) -> Iterator[None]:
    """Put what worker and beat printed beside a failure."""
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed > failed:
        print(desk.said)  # noqa: T201


def is_done(desk: Desk, group: Any) -> bool:
    in_force = group["windows"] + group["replacing"]
    return desk.all_are(REJECTED, group["stale"]) and desk.all_are(IN_FORCE, in_force)


def letters_left(desk: Desk) -> bool:
    return not desk.count("SELECT count(*) FROM common_outboxmessage WHERE state = 'queued'")


def no_letter_is_due(desk: Desk) -> bool:
    return not desk.count(
        "SELECT count(*) FROM common_outboxmessage WHERE state = 'queued' AND "
        "(claimed_until IS NOT NULL OR next_try_at <= now() + %s * interval '1 second')",
        desk.ahead(),
    )


def assert_right(desk: Desk, group: Any) -> None:
    """Every claim in the right state; one event, history row and letter an act; no second short."""
    stale, replaced = group["stale"], group["replaced"]
    in_force = group["windows"] + group["replacing"]
    assert is_done(desk, group)
    assert desk.all_are("status = 'ended' AND association_state = 'ended'", replaced)

    acts = {
        "claim_rejected": (stale, "no_partner_response"),
        "window_closed": (in_force, "window_closed"),
        "association_ended": (replaced, "association_ended"),
    }
    for kind, (keys, reason) in acts.items():
        once = dict.fromkeys(keys, 1)
        events = "SELECT claim_id FROM claims_claimevent WHERE kind = %s AND claim_id = ANY(%s)"
        assert Counter(key for (key,) in desk.rows(events, kind, keys)) == once
        history = (
            "SELECT id FROM claims_historicalclaim "
            "WHERE history_change_reason = %s AND id = ANY(%s)"
        )
        assert Counter(key for (key,) in desk.rows(history, reason, keys)) == once
        letters = (
            "SELECT c.id FROM common_outboxmessage m "
            "JOIN claims_claim c ON c.number = m.claim_number WHERE m.kind = %s AND c.id = ANY(%s)"
        )
        assert Counter(key for (key,) in desk.rows(letters, kind, keys)) == once

    rows = desk.rows(
        "SELECT claim_id, line_id, kind, sequence FROM consent_incentivehandoff "
        "WHERE claim_id = ANY(%s) ORDER BY claim_id, sequence",
        in_force + replaced,
    )
    by_claim = {
        key: [(kind, number) for _claim, _line, kind, number in each]
        for key, each in groupby(rows, key=lambda row: row[0])
    }
    assert by_claim == dict.fromkeys(in_force, [("start", 1)]) | dict.fromkeys(
        replaced, [("start", 1), ("termination", 2)]
    )
    assert not desk.count(
        "SELECT count(*) FROM claims_claimline WHERE claim_id = ANY(%s) "
        "AND line_status <> 'rejected'",
        stale,
    )
    assert not desk.count(
        "SELECT count(*) FROM consent_consentrequest WHERE claim_id = ANY(%s) "
        "AND closed_at IS NULL",
        in_force + replaced,
    )
    # By at most one holder each, and without a gap where one claim follows the other.
    assert not desk.rows(
        "SELECT hold_id FROM claims_association WHERE state <> 'ended' "
        "GROUP BY hold_id HAVING count(*) > 1"
    )
    assert not desk.rows(
        "SELECT a.id FROM claims_association a JOIN claims_claim c ON c.id = a.claim_id "
        "JOIN claims_association b ON b.claim_id = c.replaces_id "
        "WHERE a.claim_id = ANY(%s) AND a.effective_from <> b.effective_to",
        in_force,
    )
    # The customer had seven whole days, the partner all of its last one, and five minutes more.
    assert not desk.rows(
        "SELECT id FROM claims_claim WHERE id = ANY(%s) AND NOT ("
        "  consent_closes_at = ((consent_sent_at AT TIME ZONE 'Europe/Stockholm')::date + 8)"
        "    ::timestamp AT TIME ZONE 'Europe/Stockholm' - interval '1 second'"
        "  AND activated_at >= consent_closes_at + interval '5 minutes')",
        in_force,
    )
    assert not desk.rows(
        "SELECT id FROM claims_claimevent WHERE kind = 'claim_rejected' AND claim_id = ANY(%s) "
        "AND NOT (at >= nominal_due_at + interval '5 minutes')",
        stale,
    )


def assert_every_letter_left(desk: Desk) -> None:
    """Each letter that the desk wrote has arrived once; the same letter again for an answer lost.

    An answer was lost where a letter was tried again without having been refused, and where its
    sender was killed.
    """
    sql = "SELECT message_id, tries FROM common_outboxmessage"
    tries = {key: number for key, number in desk.rows(sql) if key not in desk.sent_before}
    arrived = Counter(desk.mailroom.ids())
    assert set(arrived) == set(tries)
    assert not [
        key
        for key, copies in arrived.items()
        if copies > tries[key] - (key in desk.refused) + (key in desk.in_hand)
    ]


def test_a_worker_killed_in_the_middle_of_its_sweeps(desk: Desk) -> None:
    group, room = desk.groups["killed"], desk.mailroom
    desk.set_clock(group["at"])
    worker = desk.start_worker()
    with desk.nobody_writes_letters():
        desk.ask(REJECT, FINALISE)
        wait_until("both sweeps are in the middle", lambda: desk.waiting() == 2)
        worker.kill()
    wait_until("what the dead worker began is undone", lambda: desk.waiting() == 0)
    assert desk.all_are(ASKED, group["stale"])
    assert desk.all_are(IN_WINDOW, group["windows"] + group["replacing"])

    # Now one sweep is half done, the other finished, and a letter is in the mail server's hands.
    room.may_answer.clear()
    middle = len(group["replaced"]) // 2
    with desk.nobody_passes(group["replaced"][middle]):
        worker = desk.start_worker()
        desk.ask(REJECT, FINALISE)
        wait_until("one sweep is done", lambda: desk.all_are(REJECTED, group["stale"]))
        wait_until("the other is half done", lambda: desk.waiting() == 1)
        wait_until("a letter is being sent", room.got_one.is_set)
        worker.kill()
    wait_until("what the dead worker began is undone", lambda: desk.waiting() == 0)
    room.may_answer.set()
    held = "SELECT message_id FROM common_outboxmessage WHERE claimed_until IS NOT NULL"
    desk.in_hand = {key for (key,) in desk.rows(f"{held} AND state = 'queued'")}
    assert len(desk.in_hand) == 1
    assert desk.all_are(IN_FORCE, group["windows"] + group["replacing"][:middle])
    assert desk.all_are(IN_WINDOW, group["replacing"][middle:])
    assert desk.all_are(IN_FORCE, group["replaced"][middle:])
    assert desk.count("SELECT count(*) FROM common_jobrun WHERE finished_at IS NULL") >= 1

    desk.start_worker()
    desk.ask(REJECT, FINALISE, SEND)
    wait_until("the next run does the rest", lambda: is_done(desk, group))
    queued = "SELECT count(*) FROM common_outboxmessage WHERE state = 'queued'"
    wait_until("all other letters have left", lambda: desk.count(queued) == 1)
    desk.move_clock(minutes=11)
    desk.ask(SEND)
    wait_until("every letter has left", lambda: letters_left(desk))
    assert_right(desk, group)
    assert [room.ids().count(key) for key in desk.in_hand] == [2]


def test_two_beats_and_the_command_by_hand_at_the_same_time(desk: Desk) -> None:
    group = desk.groups["doubled"]
    desk.start_beat("first")
    desk.start_beat("second")
    ((due_at,),) = desk.rows(
        "SELECT DISTINCT due_at FROM claims_claim WHERE id = ANY(%s)", group["stale"]
    )
    wait_until(
        "the beats have begun",
        lambda: desk.count("SELECT count(*) FROM common_jobrun WHERE job = 'deliver_handoffs'") > 0,
    )
    with desk.nobody_writes_letters():
        three_seconds_too_early = due_at + timedelta(minutes=5, seconds=-3)
        desk.set_clock((three_seconds_too_early - datetime.now(UTC)) / timedelta(hours=1))
        wait_until("the worker's sweep is in the middle", lambda: desk.waiting() >= 1)
        said = desk.by_hand("reject_stale_claims")
        number = len(group["stale"])
        assert said == (
            f"reject_stale_claims: {number} due, 0 done, {number} skipped, 0 refused, 0 failed"
        )
    wait_until("all are rejected", lambda: desk.all_are(REJECTED, group["stale"]))
    # A leap of the clock would take a letter from the sender who has it in hand.
    wait_until("their letters have left", lambda: letters_left(desk))
    desk.set_clock(group["at"])
    wait_until("all is done", lambda: is_done(desk, group))
    wait_until("every letter has left", lambda: letters_left(desk))
    assert_right(desk, group)
    late = desk.rows(
        "SELECT max(at - nominal_due_at) < interval '6 minutes' FROM claims_claimevent "
        "WHERE kind = 'claim_rejected' AND claim_id = ANY(%s)",
        group["stale"],
    )
    assert late == [(True,)]


def test_redis_stops_and_comes_back(desk: Desk) -> None:
    group = desk.groups["no redis"]
    desk.redis.stop()
    desk.set_clock(group["at"])
    number = len(group["windows"])
    said = desk.by_hand("finalise_consent_windows")
    assert said.startswith(f"finalise_consent_windows: {number} due, {number} done")
    desk.redis.start()
    wait_until("the sweeps go on", lambda: is_done(desk, group))
    wait_until("every letter has left", lambda: letters_left(desk))
    assert_right(desk, group)


@pytest.mark.parametrize("how", ["restarted", "crashed"])
def test_postgresql_goes_away_in_the_middle_of_the_sweeps(desk: Desk, how: str) -> None:
    group = desk.groups[how]
    with desk.nobody_writes_letters():
        desk.set_clock(group["at"])
        wait_until("the sweeps are in the middle", lambda: desk.waiting() == 2)
        if how == "crashed":
            desk.postgres.kill()
        else:
            desk.postgres.stop()
    desk.postgres.start()
    wait_until("the sweeps go on", lambda: is_done(desk, group))
    wait_until("every letter has left", lambda: letters_left(desk))
    assert_right(desk, group)


def test_the_mail_server_refuses_then_hangs_then_works(desk: Desk) -> None:
    group, room = desk.groups["no mail"], desk.mailroom
    queued = "SELECT count(*) FROM common_outboxmessage WHERE state = 'queued'"
    before = len(room.ids())
    readers = "SELECT DISTINCT email FROM claims_claimcontact WHERE claim_id = ANY(%s)"
    for (address,) in desk.rows(readers, group["stale"] + group["windows"]):
        room.refuse[address] = "451 4.7.1 try again later"
    desk.set_clock(group["at"])
    wait_until("every letter was refused once", lambda: desk.count(f"{queued} AND tries = 1") == 40)
    refused = "SELECT message_id FROM common_outboxmessage WHERE state = 'queued'"
    desk.refused = {key for (key,) in desk.rows(refused)}
    room.refuse.clear()
    room.may_answer.clear()
    greeting, room.greeting = room.greeting, ""
    desk.move_clock(minutes=2)
    wait_until(
        "the sender gives up on the silent server",
        lambda: desk.count(f"{queued} AND last_error LIKE '%can''t be reached%'") > 0,
    )
    assert not desk.count(f"{queued} AND tries > 1")
    room.greeting = greeting
    desk.move_clock(minutes=2)
    wait_until(
        "the sender gives up on an answer", lambda: desk.count(f"{queued} AND tries = 2") > 0
    )
    # A run ends with the first letter that isn't answered: the sweeps need their workers.
    assert len(room.ids()[before:]) < 10
    room.may_answer.set()
    wait_until("nobody has a letter in hand", lambda: no_letter_is_due(desk))
    desk.move_clock(minutes=20)
    wait_until("every letter has left", lambda: letters_left(desk))
    assert_right(desk, group)


def test_in_the_end_each_letter_and_each_hand_off_has_left(desk: Desk) -> None:
    """Hand-offs are delivered in files, each row in one of them."""
    undelivered = "SELECT count(*) FROM consent_incentivehandoff WHERE state = 'pending'"
    wait_until("every hand-off is in a file", lambda: desk.count(undelivered) == 0)
    delivered = Counter(
        (line["claim_number"], line["sequence"])
        for file in (desk.folder / "handoffs").rglob("*.jsonl")
        for line in map(json.loads, file.read_text().splitlines())
    )
    rows = desk.rows(
        "SELECT c.number, h.sequence FROM consent_incentivehandoff h "
        "JOIN claims_claim c ON c.id = h.claim_id"
    )
    assert delivered == dict.fromkeys(rows, 1)
    assert_every_letter_left(desk)
    # Nothing but the test has ended worker or beat.
    assert all(program.runs for program in desk.programs[-3:])
