"""Delivery of hand-offs by HTTP, after the Standard Webhooks specification.

A row is claimed before it is sent, sent outside any transaction, and marked afterwards. Whoever
dies in between leaves a row that is sent again when its claim has run out, under the same
``webhook-id``. The rows of a claim go one after the other; other claims never wait for one of them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from cpor_site.common import clock, web_posts
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun
from cpor_site.common.web_posts import Answer, OutOfReach, PostFailed

from .. import handoff_format
from ..models import HandoffEndpoint, IncentiveHandoff
from . import waiting

TIMEOUT_SECONDS = 20
LEASE = timedelta(minutes=5)
"""How long a sender holds a row; far above ``TIMEOUT_SECONDS``, for a lost lease posts it twice."""

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
"""Pause after the first, second, ... failure; the failure after the last pause is final."""

JITTER = 0.1
QUIET = timedelta(minutes=1)
LONGEST_QUIET = timedelta(hours=24)
BUDGET_SECONDS = 5 * 60
"""After so long a run begins no further post; the next one goes on."""

GONE = 410
BUSY = frozenset({429, 502, 503, 504})
_chance = random.SystemRandom()


class EndpointTroubled(Exception):
    """The address, and no row, is to blame; the message is a sentence."""


class NotTaken(Exception):
    """The address answered, and not with success."""

    def __init__(self, answer: Answer) -> None:
        said = f" {answer.text}" if answer.text else ""
        super().__init__(
            _("The program's address answered %(status)d.") % {"status": answer.status} + said
        )


def post_handoffs(*, dry_run: bool = False) -> JobRun:
    """Post what is due, row by row; without an address, or while it is to be left alone, nothing.

    Safe when late, doubled or killed. A row that isn't taken is tried again after growing pauses
    and failed after the last, and then waits for ``waiting.retry``; the later ones of its claim
    wait with it. An address that is out of reach costs no row a try: the run ends.
    """
    now = clock.now()
    sender = _Sender(settings.CPOR_HANDOFF_URL)
    return run_sweep(
        "post_handoffs", sender.keys(now), sender.send, dry_run=dry_run, now=now, atomic=False
    )


def is_open(url: str, now: datetime) -> bool:
    """Whether anything may be posted to the address now."""
    known = HandoffEndpoint.objects.filter(url=url).first()
    if not url or known is None:
        return bool(url)
    return known.gone_at is None and (known.quiet_until is None or known.quiet_until <= now)


def reopen(url: str) -> bool:
    """Post again to an address that said it was gone; False if it didn't."""
    return bool(
        HandoffEndpoint.objects.filter(url=url, gone_at__isnull=False).update(
            gone_at=None, quiet_until=None, last_error=""
        )
    )


class _Sender:
    """Posts rows one by one until the address or the time says stop."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stopped = False
        self._answers = False
        self._ends_at = time.monotonic() + BUDGET_SECONDS

    def keys(self, now: datetime) -> Iterator[int]:
        if not is_open(self._url, now):
            return
        for key in keyset(waiting.due_for_post(now).exclude(waiting.behind_held(now))):
            if self._stopped or time.monotonic() > self._ends_at:
                return
            yield key

    def send(self, key: int) -> Outcome:
        """Post one row; raise what went wrong after noting it."""
        row = _claim(key, clock.now())
        if row is None:
            return Outcome.SKIPPED
        try:
            answer = self._post(row)
        except OutOfReach as error:
            self._leave_alone(row, str(error), QUIET)
            raise EndpointTroubled(str(error)) from error
        except PostFailed as error:
            _note_failure(row, str(error))
            raise
        if answer.is_success:
            _note_posted(row)
            self._forget_trouble()
            return Outcome.ACTED
        refusal = NotTaken(answer)
        if answer.status == GONE:
            self._close(row, str(refusal))
            raise refusal
        _note_failure(row, str(refusal), pause=answer.retry_after)
        if answer.status in BUSY:
            self._leave_alone(None, str(refusal), _asked_for(answer))
        raise refusal

    def _forget_trouble(self) -> None:
        if not self._answers:
            HandoffEndpoint.objects.filter(url=self._url).exclude(last_error="").update(
                last_error="", quiet_until=None
            )
        self._answers = True

    def _post(self, row: IncentiveHandoff) -> Answer:
        body = handoff_format.message(row)
        headers = handoff_format.signed_headers(handoff_format.row_id(row), clock.now(), body)
        return web_posts.post(
            self._url,
            body.encode("utf-8"),
            headers | {"Content-Type": "application/json", "User-Agent": "cpor-claims-desk"},
            seconds=TIMEOUT_SECONDS,
            allow_private=settings.CPOR_HANDOFF_ALLOW_PRIVATE,
        )

    def _leave_alone(self, row: IncentiveHandoff | None, why: str, pause: timedelta) -> None:
        """Post nothing there for a while; ``row`` keeps its try."""
        self._stopped = True
        HandoffEndpoint.objects.update_or_create(
            url=self._url, defaults={"quiet_until": clock.now() + pause, "last_error": why}
        )
        if row is not None:
            _release(row, why)

    def _close(self, row: IncentiveHandoff, why: str) -> None:
        """The address wants nothing any more: stop until somebody opens it again."""
        self._stopped = True
        HandoffEndpoint.objects.update_or_create(
            url=self._url, defaults={"gone_at": clock.now(), "last_error": why}
        )
        _release(row, why)


def _asked_for(answer: Answer) -> timedelta:
    asked = timedelta(seconds=answer.retry_after or 0)
    return min(max(asked, QUIET), LONGEST_QUIET)


def _claim(key: int, now: datetime) -> IncentiveHandoff | None:
    """Hold the row for ``LEASE``; None if it is not due (any more) or not the claim's next.

    One conditional UPDATE: of two senders the second waits for the first one's commit, asks the
    condition again and changes no row.
    """
    due = waiting.due_for_post(now).exclude(waiting.behind_unposted())
    with transaction.atomic():
        row = (
            due.filter(pk=key)
            .select_related("claim")
            .select_for_update(of=("self",), skip_locked=True)
            .first()
        )
        if row is None:
            return None
        row.claimed_until = now + LEASE
        row.save(update_fields=["claimed_until"])
    return row


def _note_posted(row: IncentiveHandoff) -> None:
    now = clock.now()
    with transaction.atomic():
        held = IncentiveHandoff.objects.select_for_update().get(pk=row.pk)
        held.posted_at = held.posted_at or now
        held.tries += 1
        held.claimed_until = held.next_try_at = None
        held.last_error = ""
        if held.state == IncentiveHandoff.State.FAILED and held.sent_at is None:
            held.state = IncentiveHandoff.State.PENDING
        held.save()
    waiting.settle(now)


def _note_failure(row: IncentiveHandoff, why: str, *, pause: int | None = None) -> None:
    """Count a try; ``pause`` in seconds is what the address asked for."""
    with transaction.atomic():
        held = IncentiveHandoff.objects.select_for_update().get(pk=row.pk)
        if held.claimed_until != row.claimed_until:
            return
        held.claimed_until = None
        held.last_error = why
        if held.tries >= len(PAUSES):
            held.state = IncentiveHandoff.State.FAILED
            held.next_try_at = None
        else:
            wanted = PAUSES[held.tries] * (1 + _chance.uniform(0, JITTER))
            asked = min(timedelta(seconds=pause or 0), LONGEST_QUIET)
            held.next_try_at = clock.now() + max(wanted, asked)
        held.tries += 1
        held.save()


def _release(row: IncentiveHandoff, why: str) -> None:
    IncentiveHandoff.objects.filter(pk=row.pk, claimed_until=row.claimed_until).update(
        claimed_until=None, last_error=why
    )
