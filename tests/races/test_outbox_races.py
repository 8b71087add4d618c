"""Several senders, and senders that die, on a database with real row locks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import pytest
from django.db import connection, transaction

from cpor_site.common import clock, outbox
from cpor_site.common.models import NonWorkingDay, OutboxMessage
from tests.smtp_server import Mailroom, mail_server

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

T = TypeVar("T")

SENDER = """
import sys
from datetime import datetime
import django
django.setup()
from django.conf import settings
from cpor_site.common import outbox
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(sys.argv[1])
outbox.send_due(now=datetime.fromisoformat(sys.argv[2]))
"""


@pytest.fixture
def mailroom(settings: Any) -> Iterator[Mailroom]:
    with mail_server() as room:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", room.port
        yield room


@pytest.fixture
def due_at() -> datetime:
    """When the letters become due: not yet, so that none leaves right after its commit."""
    return clock.now() + timedelta(hours=1)


def write(how_many: int, due_at: datetime) -> list[str]:
    """Write letters and return their Message-IDs."""
    with transaction.atomic():
        rows = [
            outbox.enqueue(
                key=f"{number}",
                kind="test",
                recipient=f"{number}@partner.example",
                locale="en",
                subject="Your claim",
                text_body="It moved.",
                now=due_at,
            )
            for number in range(how_many)
        ]
    return [row.message_id for row in rows if row is not None]


def at_once(*acts: Callable[[], T]) -> list[T]:
    """Start all acts at the same moment, each with a database connection of its own."""
    start = Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        try:
            start.wait(timeout=20)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, act) for act in acts]]


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "It didn't happen within 20 seconds."
        time.sleep(0.01)


def test_two_senders_at_once_send_each_letter_once(mailroom: Mailroom, due_at: datetime) -> None:
    ids = write(40, due_at)
    mailroom.may_answer.clear()

    def answer_when_both_are_in_the_middle() -> None:
        wait_for(lambda: len(mailroom.letters) == 2)
        mailroom.may_answer.set()

    first, second, _nothing = at_once(
        lambda: outbox.send_due(now=due_at),
        lambda: outbox.send_due(now=due_at),
        answer_when_both_are_in_the_middle,
    )

    assert sorted(mailroom.ids()) == sorted(ids)
    assert first is not None
    assert second is not None
    assert first.acted + second.acted == 40
    assert (first.failed, second.failed) == (0, 0)
    assert min(first.acted, second.acted) >= 1
    assert set(OutboxMessage.objects.values_list("state", "tries")) == {("sent", 1)}


def test_what_a_killed_sender_held_is_sent_after_the_lease_as_the_same_letter(
    mailroom: Mailroom, due_at: datetime
) -> None:
    in_hand, waiting = write(2, due_at)
    mailroom.may_answer.clear()
    sender = subprocess.Popen(
        [sys.executable, "-c", SENDER, str(mailroom.port), due_at.isoformat()],
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": _this_database()},
        cwd=Path(__file__).parents[2],
    )
    try:
        wait_for(mailroom.got_one.is_set)
    finally:
        sender.kill()
        sender.wait()
    mailroom.may_answer.set()

    run = outbox.send_due(now=due_at)
    assert (run.examined, run.acted) == (1, 1)
    assert mailroom.ids() == [in_hand, waiting]

    before_the_end = due_at + outbox.LEASE - timedelta(seconds=1)
    assert outbox.send_due(now=before_the_end).examined == 0
    run = outbox.send_due(now=due_at + outbox.LEASE)
    assert (run.examined, run.acted) == (1, 1)
    assert mailroom.ids() == [in_hand, waiting, in_hand]
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"sent"}


def test_two_acts_with_the_same_key_write_one_letter_and_both_go_on(due_at: datetime) -> None:
    both_are_inside = Barrier(2)

    def act(day: int) -> bool:
        with transaction.atomic():
            NonWorkingDay.objects.create(day=due_at.date() + timedelta(days=day), name="mine")
            both_are_inside.wait(timeout=20)
            return bool(write(1, due_at))

    assert sorted(at_once(lambda: act(0), lambda: act(1))) == [False, True]
    assert OutboxMessage.objects.count() == 1
    assert NonWorkingDay.objects.count() == 2


def _this_database() -> str:
    """The address of the test database, for another process."""
    given = connection.settings_dict
    options = {"host": given["HOST"], "port": given["PORT"]}
    return (
        f"postgresql://{quote(given['USER'])}:{quote(given['PASSWORD'])}@/{quote(given['NAME'])}"
        f"?{urlencode({key: value for key, value in options.items() if value})}"
    )
