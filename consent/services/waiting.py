"""Which hand-offs wait, and for what: their turn within the claim, or an enrolment (Q18)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from claims.models import ProgramEnrollment
from cpor_site.common.operator_calendar import operator_day

from ..models import IncentiveHandoff

SETTLED_AT_ONCE = 500

Kind, State = IncentiveHandoff.Kind, IncentiveHandoff.State


def suspended(now: datetime) -> Q:
    """Return the condition of a row that is held because the location isn't enrolled today.

    Only starts are held: an end that the program must learn of goes, once its start has gone.
    """
    today = operator_day(now)
    enrolled = ProgramEnrollment.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=today),
        location=OuterRef("line__association__location"),
        program=OuterRef("line__association__activity__program"),
        enrollment_status=ProgramEnrollment.Status.ENROLLED,
        starts_on__lte=today,
    )
    return Q(~Exists(enrolled), kind=Kind.START)


def with_standing(rows: QuerySet[IncentiveHandoff], now: datetime) -> QuerySet[IncentiveHandoff]:
    """Add to each row whether it is held (``is_suspended``), for ``standing_of``."""
    return rows.annotate(
        is_suspended=Case(When(suspended(now), then=Value(True)), default=Value(False))
    )


def standing_of(row: IncentiveHandoff) -> str:
    """Say for the operator's people why a row of ``with_standing`` is where it is."""
    if row.state == State.FAILED and row.acknowledged_at is not None:
        return _("refused by the program: %(reason)s") % {"reason": row.acknowledgement}
    if row.state == State.FAILED:
        return _("given up: %(reason)s") % {"reason": row.last_error}
    if row.state != State.PENDING:
        return row.acknowledgement
    if getattr(row, "is_suspended", False):
        return _("suspended: the location isn't enrolled in the program")
    if row.next_try_at is not None:
        moment = date_format(timezone.localtime(row.next_try_at), "SHORT_DATETIME_FORMAT")
        return _("next try after %(moment)s: %(reason)s") % {
            "moment": moment,
            "reason": row.last_error,
        }
    if row.batch_id is None:
        return _("waits for the next file")
    return _("in a file, waits to be posted")


def due_for_file(now: datetime) -> QuerySet[IncentiveHandoff]:
    """Return the rows that the next file holds: in no file yet, not held, nor behind a held one."""
    unplanned = IncentiveHandoff.objects.filter(batch=None, sent_at=None)
    held = unplanned.filter(
        Q(state=State.FAILED) | suspended(now),
        claim=OuterRef("claim"),
        sequence__lt=OuterRef("sequence"),
    )
    pending = IncentiveHandoff.objects.filter(state=State.PENDING, batch=None)
    return pending.filter(~suspended(now) & ~Exists(held))


def in_unstored_file() -> QuerySet[IncentiveHandoff]:
    """Return the rows of planned files that never got into the storage."""
    return IncentiveHandoff.objects.filter(batch__isnull=False, batch__stored_at=None)


def due_for_post(now: datetime) -> QuerySet[IncentiveHandoff]:
    """Return the rows whose turn to be posted has come, whatever stands before them."""
    return IncentiveHandoff.objects.filter(_ready(now) & ~suspended(now))


def behind_unposted() -> Exists:
    """Return the condition of a row before which another one of its claim has to be posted."""
    return Exists(_earlier())


def behind_held(now: datetime) -> Exists:
    """Return the condition of a row before which stands one that can't be posted now."""
    return Exists(_earlier().exclude(_ready(now) & ~suspended(now)))


def _earlier() -> QuerySet[IncentiveHandoff]:
    return IncentiveHandoff.objects.filter(
        claim=OuterRef("claim"), sequence__lt=OuterRef("sequence"), posted_at=None, sent_at=None
    )


def _ready(now: datetime) -> Q:
    return (
        Q(state=State.PENDING, posted_at=None)
        & (Q(next_try_at=None) | Q(next_try_at__lte=now))
        & (Q(claimed_until=None) | Q(claimed_until__lte=now))
    )


def settle(now: datetime) -> int:
    """Mark as sent what has gone every way that is set up; return how many rows that were.

    That is the file and, with an address, the post. Rows that another sender is settling are left
    to it.
    """
    gone = IncentiveHandoff.objects.filter(state=State.PENDING, batch__stored_at__isnull=False)
    if settings.CPOR_HANDOFF_URL:
        gone = gone.filter(posted_at__isnull=False)
    free = gone.order_by("pk").select_for_update(of=("self",), skip_locked=True)
    settled = 0
    while True:
        with transaction.atomic():
            keys = list(free.values_list("pk", flat=True)[:SETTLED_AT_ONCE])
            settled += IncentiveHandoff.objects.filter(pk__in=keys).update(
                state=State.SENT, sent_at=now, claimed_until=None, next_try_at=None
            )
        if len(keys) < SETTLED_AT_ONCE:
            return settled


def retry(row_id: int) -> bool:
    """Queue a failed row anew, with all its tries; False if it isn't failed (any more).

    A row that the program refused goes all ways again; one that couldn't be posted is posted.
    """
    with transaction.atomic():
        row = IncentiveHandoff.objects.select_for_update().filter(pk=row_id).first()
        if row is None or row.state != State.FAILED:
            return False
        if row.sent_at is not None:
            row.batch = None
            row.posted_at = None
        row.state = State.PENDING
        row.sent_at = row.acknowledged_at = row.next_try_at = row.claimed_until = None
        row.acknowledgement = row.last_error = ""
        row.tries = 0
        row.save()
        return True


def has_been_delivered(row: IncentiveHandoff) -> bool:
    """Whether the program can know of the row, by whichever way."""
    stored = row.batch is not None and row.batch.stored_at is not None
    return stored or row.posted_at is not None or row.sent_at is not None
