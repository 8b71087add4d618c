"""A person's coming deadlines as calendar entries (RFC 5545).

An entry is told to whoever holds the calendar's address, so it names a claim by its number and its
own name and nobody else by anything. Nothing relative stands in it ("3 days left"), because
calendar programs keep what they have read for hours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import icalendar
from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cpor_site.common.business_calendar import BusinessCalendar
from cpor_site.common.models import User
from cpor_site.common.operator_calendar import operator_calendar
from cpor_site.common.reader import zone_named

from . import deadlines, selectors, standing
from .models import Claim, ClaimLine, ProofRequest, Subscription
from .states import DeadlineKind, LineStatus, RejectionReason, Status
from .wording import date_words

SUBSCRIPTION_ENDS = "subscription"
ASKING_AGAIN_ENDS = "asking_again"
DAYS_AHEAD = 60
"""How long before its end a subscription stands in the calendar, which is when SUB-12 begins."""

MOST_ENTRIES = 500
DECLINED_WITHIN = timedelta(days=70)
"""No rule gives the partner longer than this to ask that a customer be asked again."""

LENGTH = timedelta(minutes=30)
"""How long before its deadline an entry begins that isn't a whole day's."""

ALARM_TIME = time(9)
REFRESH = timedelta(hours=4)
END_OF_DAY = (23, 59)
OWN_MOVES = (DeadlineKind.PARTNER_RESPONSE, DeadlineKind.DISPUTE_FILING)
NEWER_PROOF = "newer-proof"

WHAT = {
    DeadlineKind.PARTNER_RESPONSE: _("Answer the reviewers"),
    DeadlineKind.DISPUTE_FILING: _("Time to dispute ends"),
    DeadlineKind.CONSENT: _("Customer's time to decline ends"),
    DeadlineKind.PICKUP: _("A reviewer takes it up"),
    DeadlineKind.REVIEW: _("The reviewers decide or ask"),
    DeadlineKind.DISPUTE_ANSWER: _("The reviewers answer the dispute"),
    NEWER_PROOF: _("Add newer proof"),
    SUBSCRIPTION_ENDS: _("Subscription ends"),
    ASKING_AGAIN_ENDS: _("Time to ask for another letter to the customer ends"),
}
EXPLANATIONS = {
    NEWER_PROOF: _(
        "Your move: we asked you for newer proof of what you are partner of record for. Add it, or "
        "say that there is nothing to add, by %(by)s."
    ),
    DeadlineKind.PARTNER_RESPONSE: _(
        "Your move: answer by %(by)s. Without an answer by then the claim is rejected without "
        "further notice."
    ),
    DeadlineKind.DISPUTE_FILING: _(
        "Your move, if you don't agree: dispute the decision by %(by)s. After that only a new "
        "claim with better proof is possible."
    ),
    DeadlineKind.CONSENT: _(
        "The customer may decline until %(by)s. If they don't, you become partner of record by "
        "itself; there is nothing for you to do."
    ),
    DeadlineKind.PICKUP: _(
        "With the reviewers: somebody should take the claim up by %(by)s. There is nothing for you "
        "to do, and nothing is decided by silence on their side."
    ),
    DeadlineKind.REVIEW: _(
        "With the reviewers: a decision or a question should come by %(by)s. There is nothing for "
        "you to do, and nothing is decided by silence on their side."
    ),
    DeadlineKind.DISPUTE_ANSWER: _(
        "With the reviewers: their answer to your dispute should come by %(by)s. There is nothing "
        "for you to do, and nothing is decided by silence on their side."
    ),
    SUBSCRIPTION_ENDS: _(
        "Your move, if the customer renews: a subscription of this claim ends on %(by)s, and the "
        "association for it ends with it. A new subscription needs a new claim."
    ),
    ASKING_AGAIN_ENDS: _(
        "Your move, if the customer declined by mistake: ask by %(by)s that they get another "
        "letter. That is possible once; after that only a new claim is."
    ),
}


@dataclass(frozen=True)
class Entry:
    """One deadline. ``begins`` and ``ends`` are moments, or dates of a whole day (end excluded).

    ``due`` is when it is due, in words for the reader; ``alarm_at`` when they are reminded.
    """

    uid: str
    what: str
    claim: str
    text: str
    url: str
    due: str
    begins: datetime | date
    ends: datetime | date
    changed_at: datetime
    sequence: int
    alarm_at: datetime | None = None

    @property
    def title(self) -> str:
        return f"{self.what}: {self.claim}"


def entries_for(user: User, now: datetime) -> list[Entry]:
    """Return the coming deadlines of the claims that the user may see, then subscriptions' ends.

    Each soonest first, in the language and the time zone that are active, which are to be the
    user's. The number of queries doesn't depend on the number of claims.
    """
    calendar, zone = operator_calendar(), zone_named(user.time_zone)
    mine = selectors.claims_for(user)
    running = mine.filter(due_at__gt=now, deadline_kind__in=DeadlineKind.values)
    claims = running.order_by("due_at", "pk")[:MOST_ENTRIES]
    today = calendar.day_of(now)
    lines = (
        ClaimLine.objects.filter(
            claim__in=mine.filter(status=Status.APPROVED),
            line_status=LineStatus.APPROVED,
            subscription__ends_on__range=(today, today + timedelta(days=DAYS_AHEAD)),
        )
        .select_related("claim", "subscription")
        .order_by("subscription__ends_on", "pk")[:MOST_ENTRIES]
    )
    # A subscription that is claimed for two activities ends once.
    ends = {(line.claim_id, line.subscription_id): line for line in lines}
    return [
        *(_deadline(claim, now, calendar, zone) for claim in claims),
        *_newer_proof(mine, now, calendar, zone),
        *(_end(line.claim, line.subscription) for line in ends.values()),
        *_asking_again(mine, now, zone),
    ]


def _newer_proof(
    mine: QuerySet[Claim], now: datetime, calendar: BusinessCalendar, zone: ZoneInfo
) -> list[Entry]:
    """Return until when the partner may answer requests for newer proof (5.3)."""
    asked = (
        ProofRequest.objects.filter(
            claim__in=mine.filter(status=Status.APPROVED), answer="", closed_at=None, due_at__gt=now
        )
        .select_related("claim")
        .order_by("due_at", "pk")[:MOST_ENTRIES]
    )
    return [
        _timed(
            each.claim, NEWER_PROOF, each.due_at, now, calendar, zone, of=f"-{each.pk}", own=True
        )
        for each in asked
    ]


def _asking_again(mine: QuerySet[Claim], now: datetime, zone: ZoneInfo) -> list[Entry]:
    """Return until when the partner may ask that a customer who declined be asked again (Q8)."""
    declined = (
        mine.filter(
            status=Status.REJECTED, consent_renewal=None, decided_at__gt=now - DECLINED_WITHIN
        )
        .select_related("rule_profile")
        .order_by("decided_at", "pk")[:MOST_ENTRIES]
    )
    found = []
    for claim in declined:
        last = deadlines.renewal_end(claim)
        if RejectionReason.CUSTOMER in claim.rejection_reasons and last and last > now:
            begins = last.astimezone(zone).date()
            found.append(
                _entry(
                    claim,
                    ASKING_AGAIN_ENDS,
                    due=standing.until(last),
                    begins=begins,
                    ends=begins + timedelta(days=1),
                )
            )
    return found


def as_ical(entries: Iterable[Entry]) -> bytes:
    """Return the calendar as a file."""
    name = gettext("Deadlines of claims")
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//CPOR claims desk//Deadlines//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", icalendar.vDuration(REFRESH))
    for entry in entries:
        calendar.add_component(_event(entry))
    return calendar.to_ical()


def _deadline(claim: Claim, now: datetime, calendar: BusinessCalendar, zone: ZoneInfo) -> Entry:
    """Return the entry of the clock that runs on a claim."""
    assert claim.due_at is not None
    kind = DeadlineKind(claim.deadline_kind)
    return _timed(claim, kind, claim.due_at, now, calendar, zone, own=kind in OWN_MOVES)


def _timed(
    claim: Claim,
    kind: str,
    due_at: datetime,
    now: datetime,
    calendar: BusinessCalendar,
    zone: ZoneInfo,
    *,
    own: bool,
    of: str = "",
) -> Entry:
    """Return the entry of a deadline, with a reminder if it is an own move of the partner.

    A deadline at the end of the reader's own day takes the whole day, which calendars show on top;
    seen from another zone it is an hour of a day, and stands there.
    """
    local = due_at.astimezone(zone)
    begins: datetime | date = due_at - LENGTH
    ends: datetime | date = due_at
    if (local.hour, local.minute) == END_OF_DAY:
        begins, ends = local.date(), local.date() + timedelta(days=1)
    alarm_at = None
    if own:
        before = calendar.day_of(calendar.one_business_day_before(due_at))
        alarm_at = datetime.combine(before, ALARM_TIME, zone)
    return _entry(
        claim,
        kind,
        of=of,
        due=standing.until(due_at),
        begins=begins,
        ends=ends,
        alarm_at=alarm_at if alarm_at and alarm_at > now else None,
    )


def _end(claim: Claim, subscription: Subscription | None) -> Entry:
    assert subscription is not None
    assert subscription.ends_on is not None
    day = subscription.ends_on
    return _entry(
        claim,
        SUBSCRIPTION_ENDS,
        of=f"-{subscription.pk}",
        due=date_words(day),
        begins=day,
        ends=day + timedelta(days=1),
    )


def _entry(
    claim: Claim,
    kind: str,
    *,
    due: str,
    begins: datetime | date,
    ends: datetime | date,
    of: str = "",
    alarm_at: datetime | None = None,
) -> Entry:
    host = urlsplit(settings.CPOR_PUBLIC_URL).hostname or "localhost"
    return Entry(
        uid=f"claim-{claim.pk}-{kind}{of}@{host}",
        what=str(WHAT[kind]),
        claim=f"{claim.number} {claim.name}".strip(),
        text=str(EXPLANATIONS[kind]) % {"by": due},
        url=settings.CPOR_PUBLIC_URL + reverse("claim_page", args=[claim.pk]),
        due=due,
        begins=begins,
        ends=ends,
        changed_at=claim.changed_at,
        sequence=claim.version,
        alarm_at=alarm_at,
    )


def _event(entry: Entry) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", entry.uid)
    # Not the moment of the request: a calendar that has not changed is the same to the letter.
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("sequence", entry.sequence)
    event.add("dtstart", _utc(entry.begins))
    event.add("dtend", _utc(entry.ends))
    event.add("summary", entry.title)
    event.add("description", f"{entry.text}\n\n{entry.url}")
    event.add("url", entry.url)
    event.add("transp", "TRANSPARENT")
    if entry.alarm_at is not None:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", entry.title)
        alarm.add("trigger", _utc(entry.alarm_at), parameters={"VALUE": "DATE-TIME"})
        event.add_component(alarm)
    return event


def _utc(value: datetime | date) -> datetime | date:
    if not isinstance(value, datetime):
        return value
    return value.astimezone(ZoneInfo("UTC")).replace(microsecond=0)
