"""A claim's life as section 2.2 of the rules tells it, in small; imports nothing of the product.

An act that the rules don't allow raises ``No`` and changes nothing. The operator works in Berlin;
``CLOSED`` are the holidays of the year in which the tests play, and one closing day of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
OWN_CLOSING_DAY = date(2026, 5, 8)
CLOSED = {
    OWN_CLOSING_DAY,
    date(2026, 5, 1),
    date(2026, 5, 14),
    date(2026, 5, 25),
    date(2026, 12, 25),
}
DAY = timedelta(days=1)
GRACE = timedelta(minutes=5)
LEASE = timedelta(minutes=30)
UNDECIDED = {"submitted", "under_review", "partner_action_required", "disputed"}
WITH_REVIEWERS = {"submitted", "under_review", "disputed"}


class No(Exception):
    """The rules don't allow it."""


def demand(condition: bool) -> None:
    if not condition:
        raise No


def day_of(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def first_moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


def last_second(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=ZONE).astimezone(UTC)


def is_worked(day: date) -> bool:
    return day.weekday() < 5 and day not in CLOSED


def after_business_days(start: datetime, days: int) -> datetime:
    day = day_of(start)
    while days:
        day += DAY
        days -= is_worked(day)
    return last_second(day)


def after_days(start: datetime, days: int) -> datetime:
    return last_second(day_of(start) + days * DAY)


@dataclass
class Line:
    """One product of a claim, and the association it leads to."""

    product: str
    place: str = "included"  # approved, rejected, ended
    association: str = ""  # provisional, active, ended
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def end(self, now: datetime, reason: str, place: str) -> None:
        self.association, self.reason, self.until, self.place = "ended", reason, now, place


@dataclass
class Claim:
    """One claim; ``contacts`` read the partner's letters, ``customers`` the customer's."""

    organization: str
    tenant: str
    lines: list[Line]
    owner: str
    contacts: list[str]
    customers: list[str]
    leads: list[str]
    changed_at: datetime
    status: str = "editing"
    clock: str = ""
    due_at: datetime | None = None
    reviewer: str = ""
    taken_up_at: datetime | None = None
    asked_at: datetime | None = None
    deciders: set[str] = field(default_factory=set)
    was_submitted: bool = False
    is_archived: bool = False
    on_hold: bool = False
    disputed: bool = False
    dispute_ends_at: datetime | None = None
    asked_in_dispute: bool = False
    barred: set[str] = field(default_factory=set)
    opened_at: datetime | None = None
    closes_at: datetime | None = None
    activated: bool = False
    extended: bool = False
    answered: bool = False
    taken_back: bool = False
    told: set[object] = field(default_factory=set)
    letters: Counter[tuple[str, str]] = field(default_factory=Counter)
    handoffs: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def association_state(self) -> str:
        if self.status == "approved":
            return "active" if self.activated else "provisional"
        return "ended" if self.status == "ended" else "none"

    @property
    def standing(self) -> list[Line]:
        return [line for line in self.lines if line.place == "approved"]

    def keys(self) -> set[tuple[str, str]]:
        """What the claim is in the running for, or holds: one workload at one customer each."""
        if self.status not in UNDECIDED | {"approved"}:
            return set()
        place = "approved" if self.status == "approved" else "included"
        return {(self.tenant, line.product) for line in self.lines if line.place == place}

    def write(self, kind: str, to: Iterable[str] | None = None) -> None:
        for address in self.contacts if to is None else to:
            self.letters[kind, address] += 1

    def go(
        self, status: str, now: datetime, clock: str = "", due_at: datetime | None = None
    ) -> None:
        self.status, self.clock, self.due_at = status, clock, due_at
        self.changed_at, self.is_archived = now, False


class Life:
    """All claims of one desk; every act is a row of the table in section 2.2."""

    def __init__(self) -> None:
        self.claims: list[Claim] = []

    def rivals(self, claim: Claim) -> bool:
        return any(
            each.organization != claim.organization and each.keys() & self._wished(claim)
            for each in self.claims
        )

    def twins(self, claim: Claim) -> bool:
        return any(
            each is not claim
            and each.organization == claim.organization
            and each.keys() & self._wished(claim)
            for each in self.claims
        )

    @staticmethod
    def _wished(claim: Claim) -> set[tuple[str, str]]:
        gone = {"ended"} if claim.status == "rejected" else {"ended", "rejected"}
        return {(claim.tenant, line.product) for line in claim.lines if line.place not in gone}

    # -- the partner ----------------------------------------------------------------------------

    def submit(self, claim: Claim, now: datetime) -> None:  # T2
        demand(claim.status == "editing" and not self.twins(claim))
        claim.was_submitted = True
        claim.go("submitted", now, "pickup", after_business_days(now, 5))
        claim.write("claim_submitted")

    def recall(self, claim: Claim, now: datetime) -> None:  # T4
        demand(claim.status == "submitted" and not claim.reviewer)
        claim.go("editing", now)

    def discard(self, claim: Claim, now: datetime) -> None:  # T20
        demand(claim.status == "editing" and not claim.was_submitted)
        claim.go("cancelled", now)

    def answer(self, claim: Claim, now: datetime) -> None:  # T6
        demand(claim.status == "partner_action_required" and not self.twins(claim))
        if claim.disputed:
            claim.go("disputed", now, "dispute_answer", after_business_days(now, 5))
        else:
            claim.go("submitted", now, "pickup", after_business_days(now, 5))
        claim.write("claim_resubmitted")

    def withdraw(self, claim: Claim, now: datetime) -> None:  # T14
        demand(claim.status in UNDECIDED - {"disputed"})
        self._close(claim, now, disputable=False)
        claim.write("claim_withdrawn")

    def dispute(self, claim: Claim, now: datetime) -> None:  # T15
        demand(claim.status == "rejected" and claim.clock == "dispute_filing")
        demand(claim.due_at is not None and now <= claim.due_at and not self.twins(claim))
        for line in claim.lines:
            if line.place == "rejected":
                line.place = "included"
        claim.go("disputed", now, "dispute_answer", after_business_days(now, 5))
        claim.disputed, claim.dispute_ends_at = True, after_days(now, 30)
        claim.reviewer, claim.barred = "", set(claim.deciders)
        claim.write("claim_disputed")

    def end_association(self, claim: Claim, now: datetime) -> None:  # T13
        demand(claim.status == "approved")
        self._end(claim, claim.standing, now, "partner_disassociated", "ended")
        claim.go("ended", now)
        claim.write("association_ended")
        claim.write("consent_ended", claim.customers)

    # -- reviewers ------------------------------------------------------------------------------

    def _ask_reviewer(self, claim: Claim, who: str, now: datetime) -> None:
        leads = who in claim.leads
        demand(who not in claim.barred and (claim.reviewer in ("", who) or leads))
        if claim.status == "under_review" and claim.reviewer != who:
            # Whoever took the claim up has the case open for half an hour.
            demand(claim.taken_up_at is not None and now >= claim.taken_up_at + LEASE)

    def take_up(self, claim: Claim, who: str, now: datetime) -> None:  # T3
        demand(claim.status == "submitted")
        self._ask_reviewer(claim, who, now)
        claim.reviewer, claim.taken_up_at = who, now
        claim.go("under_review", now, "review", after_business_days(now, 5))
        claim.write("claim_taken_up")

    def ask(self, claim: Claim, who: str, now: datetime) -> None:  # T5, T17
        demand(claim.status in ("under_review", "disputed"))
        self._ask_reviewer(claim, who, now)
        due_at = after_business_days(now, 5)
        if claim.disputed:
            assert claim.dispute_ends_at is not None
            demand(not claim.asked_in_dispute and now < claim.dispute_ends_at)
            claim.asked_in_dispute = True
            due_at = min(due_at, claim.dispute_ends_at)
        claim.reviewer = claim.reviewer or who
        claim.deciders.add(who)
        claim.asked_at = now
        claim.go("partner_action_required", now, "partner_response", due_at)
        claim.write("action_requested")

    def approve(self, claim: Claim, who: str, now: datetime) -> None:  # T8, T16
        demand(claim.status in ("under_review", "disputed"))
        self._ask_reviewer(claim, who, now)
        demand(not self.rivals(claim) and not self.twins(claim))
        for line in claim.lines:
            if line.place == "included":
                line.place, line.association = "approved", "provisional"
        claim.reviewer = claim.reviewer or who
        claim.go("approved", now)
        claim.write("claim_approved")
        claim.write("consent_request", claim.customers)

    def reject(self, claim: Claim, who: str, now: datetime) -> None:  # T9, T18
        demand(claim.status in ("under_review", "disputed"))
        self._ask_reviewer(claim, who, now)
        claim.reviewer = claim.reviewer or who
        claim.deciders.add(who)
        self._close(claim, now)
        claim.write("claim_rejected")

    def extend(self, claim: Claim, who: str, days: int, now: datetime) -> None:  # 7.4
        demand(who in claim.leads and claim.association_state == "provisional")
        demand(not claim.extended and claim.closes_at is not None and now <= claim.closes_at)
        assert claim.closes_at is not None
        claim.extended = True
        claim.closes_at = claim.due_at = after_days(claim.closes_at, days)
        claim.write("consent_extended", claim.customers)

    def hold(self, claim: Claim, who: str) -> None:
        window = claim.status == "approved" and not claim.activated and claim.closes_at
        demand(claim.status == "partner_action_required" or bool(window))
        demand(who in claim.leads and not claim.on_hold)
        claim.on_hold = True

    def lift(self, claim: Claim, who: str) -> None:
        demand(who in claim.leads and claim.on_hold)
        claim.on_hold = False

    # -- the customer ---------------------------------------------------------------------------

    def _window_is_open(self, claim: Claim, now: datetime) -> bool:
        in_time = claim.closes_at is not None and now <= claim.closes_at
        return claim.association_state == "provisional" and in_time

    def agree(self, claim: Claim, now: datetime) -> None:  # 7.3: recorded, the window runs on
        demand(self._window_is_open(claim, now))
        claim.answered = True

    def decline(self, claim: Claim, now: datetime, *, only_first: bool) -> None:  # T10, Q9
        demand(self._window_is_open(claim, now))
        refused = claim.standing[:1] if only_first else claim.standing
        is_all = len(refused) == len(claim.standing)
        self._end(claim, refused, now, "customer_declined", "rejected")
        claim.answered = True
        if is_all:
            claim.go("rejected", now)
        claim.write("consent_declined" if is_all else "line_refused")

    def withdraw_consent(self, claim: Claim, now: datetime) -> None:  # T12
        demand(claim.status == "approved" and not claim.taken_back)
        demand(claim.activated or (claim.closes_at is not None and now > claim.closes_at))
        claim.taken_back = True
        if claim.activated:
            self._carry_out(claim, now)
        else:
            claim.write("withdrawal_announced")
            claim.write("consent_taken_back", claim.customers)

    # -- time -----------------------------------------------------------------------------------

    def mail_leaves(self, now: datetime) -> None:
        for claim in self.claims:
            if claim.association_state == "provisional" and claim.opened_at is None:
                claim.opened_at, claim.closes_at = now, after_days(now, 7)
                claim.clock, claim.due_at = "consent", claim.closes_at

    def sweep(self, now: datetime) -> None:
        for claim in self.claims:
            if not claim.on_hold:
                self._reject_unanswered(claim, now)
                self._close_window(claim, now)
                if claim.taken_back and claim.activated and claim.status == "approved":
                    self._carry_out(claim, now)
                self._close_dispute_window(claim, now)
                self._remind_partner(claim, now)
                self._remind_customer(claim, now)
            self._look_after_draft(claim, now)
        for claim in self.claims:
            self._report_lateness(claim, now)

    def _is_past(self, moment: datetime | None, now: datetime) -> bool:
        return moment is not None and moment + GRACE <= now

    def _reject_unanswered(self, claim: Claim, now: datetime) -> None:  # T7
        if claim.status == "partner_action_required" and self._is_past(claim.due_at, now):
            self._close(claim, now)
            claim.write("claim_rejected")

    def _close_window(self, claim: Claim, now: datetime) -> None:  # T11
        if claim.association_state == "provisional" and self._is_past(claim.closes_at, now):
            claim.activated = True
            for line in claim.standing:
                line.association, line.since = "active", now
                claim.handoffs[line.product, "start"] += 1
            claim.go("approved", now)
            claim.write("window_closed")

    def _close_dispute_window(self, claim: Claim, now: datetime) -> None:  # T19
        runs = claim.status == "rejected" and claim.clock == "dispute_filing"
        if runs and self._is_past(claim.due_at, now):
            claim.clock, claim.due_at = "", None

    def _remind_partner(self, claim: Claim, now: datetime) -> None:  # 2.5
        if claim.status != "partner_action_required":
            return
        assert claim.asked_at is not None
        assert claim.due_at is not None
        last = day_of(claim.due_at)
        days = [day_of(claim.asked_at) + n * DAY for n in range(1, 60)]
        counted = [day for day in days if day <= last and is_worked(day)]
        before = [day for day in days if day < last and is_worked(day)]
        if now >= claim.due_at or len(counted) < 2:
            return
        half, one_left = counted[(len(counted) - 1) // 2], before[-1]
        if now >= first_moment(one_left):
            self._tell_once(claim, ("last day", claim.due_at), "last_day_reminder_sent")
        elif now >= first_moment(half):
            self._tell_once(claim, ("half time", claim.due_at), "half_time_reminder_sent")

    def _remind_customer(self, claim: Claim, now: datetime) -> None:  # 2.5
        if claim.opened_at is None or not self._window_is_open(claim, now) or claim.answered:
            return
        assert claim.closes_at is not None
        if now < claim.closes_at and now >= first_moment(day_of(claim.opened_at) + 4 * DAY):
            self._tell_once(claim, "day 4", "consent_reminder", claim.customers)

    def _look_after_draft(self, claim: Claim, now: datetime) -> None:  # T1, Q16
        if claim.status != "editing" or claim.is_archived:
            return
        idle = now - claim.changed_at
        if idle >= 90 * DAY:
            claim.is_archived = True
        elif idle >= 30 * DAY:
            self._tell_once(claim, claim.changed_at, "draft_reminder_sent", [claim.owner])

    def _report_lateness(self, claim: Claim, now: datetime) -> None:  # 2.5
        if claim.status not in WITH_REVIEWERS or not self._is_past(claim.due_at, now):
            return
        if claim.clock == "review" and self.rivals(claim):
            return
        self._tell_once(claim, (claim.clock, claim.due_at), "late_review_reported", claim.leads)

    def _tell_once(
        self, claim: Claim, occasion: object, kind: str, to: Iterable[str] | None = None
    ) -> None:
        if occasion not in claim.told:
            claim.told.add(occasion)
            claim.write(kind, to)

    # -- what several acts do -------------------------------------------------------------------

    def _close(self, claim: Claim, now: datetime, *, disputable: bool = True) -> None:
        for line in claim.lines:
            if line.place == "included":
                line.place = "rejected"
        if disputable and not claim.disputed:
            claim.go("rejected", now, "dispute_filing", after_days(now, 30))
        else:
            claim.go("rejected", now)

    def _end(self, claim: Claim, lines: list[Line], now: datetime, reason: str, place: str) -> None:
        for line in lines:
            if line.association == "active":
                claim.handoffs[line.product, "termination"] += 1
            line.end(now, reason, place)

    def _carry_out(self, claim: Claim, now: datetime) -> None:
        self._end(claim, claim.standing, now, "customer_withdrew", "ended")
        claim.go("ended", now)
        claim.write("consent_withdrawn")
        claim.write("consent_taken_back", claim.customers)
