"""The calendar of deadlines: what stands in it, when, for whom, and who gets it at all."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.calendar import as_ical, entries_for
from claims.models import CalendarFeed, Claim, Subscription
from claims.services import calendar as feeds
from claims.states import DeadlineKind
from cpor_site.common import clock
from cpor_site.common.models import User
from tests import acts, factories
from tests.claims.pages import browser_of, text_of
from tests.shared import shared

pytestmark = pytest.mark.django_db

FEED_QUERIES = 9
NOON = "2026-03-25T12:00+01:00"
"""A Wednesday in Berlin, four days before the clocks go forward."""


@pytest.fixture(autouse=True)
def berlin(settings: Any) -> None:
    settings.CPOR_OPERATOR_COUNTRY = "DE"
    settings.CPOR_OPERATOR_TIME_ZONE = "Europe/Berlin"


def person(**fields: Any) -> User:
    return factories.make_user(**({"time_zone": "Europe/Berlin"} | fields))


def read(user: User, now: datetime | None = None) -> list[icalendar.Event]:
    """Return the entries as a calendar program reads them."""
    calendar = icalendar.Calendar.from_ical(as_ical(entries_for(user, now or clock.now())))
    return calendar.events


def with_deadline(user: User, kind: str, due_at: str, **fields: Any) -> Claim:
    """Return a claim on which this clock runs, as an act would have set it."""
    claim = factories.make_claim(user=user, document=False, contacts=False, **fields)
    set_clock(claim, kind, due_at)
    return Claim.objects.get(pk=claim.pk)


Due = tuple[User, Claim]


@shared
def due() -> Due:
    """A person in Berlin, and a claim without a name of theirs that is under review."""
    user = person()
    return user, with_deadline(user, DeadlineKind.REVIEW, "2026-04-01T23:59:59+02:00", name="")


def set_clock(claim: Claim, kind: str, due_at: str) -> None:
    Claim.objects.filter(pk=claim.pk).update(deadline_kind=kind, due_at=factories.at(due_at))


def open_feed(user: User) -> str:
    return reverse("calendar_feed", args=[feeds.make_feed(user)])


# -- what stands in it -----------------------------------------------------------------------------


def test_an_answer_that_is_due() -> None:
    with time_machine.travel(factories.at(NOON), tick=False):
        claim = acts.asked()
        user = claim.created_by
        User.objects.filter(pk=user.pk).update(time_zone="Europe/Berlin")
        user.refresh_from_db()
        claim = acts.fresh(claim)
        (event,) = read(user)

    # Five business days from Wednesday, over the end of winter time.
    assert event.decoded("dtstart") == date(2026, 4, 1)
    assert event.decoded("dtend") == date(2026, 4, 2)
    assert str(event["summary"]) == f"Answer the reviewers: {claim.number} Test claim"
    assert str(event["uid"]) == f"claim-{claim.pk}-partner_response@127.0.0.1"
    assert str(event["url"]) == (
        f"{django_settings.CPOR_PUBLIC_URL}{reverse('claim_page', args=[claim.pk])}"
    )
    assert str(event["description"]) == (
        "Your move: answer by Wed 1 April 2026. Without an answer by then the claim is rejected "
        f"without further notice.\n\n{event['url']}"
    )
    assert event.decoded("sequence") == claim.version
    assert event.decoded("last-modified") == claim.changed_at.replace(microsecond=0)
    assert event.decoded("dtstamp") == event.decoded("last-modified")
    assert str(event["transp"]) == "TRANSPARENT"
    (alarm,) = event.walk("VALARM")
    # Nine in the morning of the business day before, when summer time has begun.
    assert alarm.decoded("trigger") == datetime(2026, 3, 31, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "due_at", "begins", "ends"),
    [
        # The end of the operator's day in winter and in summer is the end of this reader's too.
        ("Europe/Berlin", "2026-03-28T23:59:59+01:00", date(2026, 3, 28), date(2026, 3, 29)),
        ("Europe/Berlin", "2026-03-29T23:59:59+02:00", date(2026, 3, 29), date(2026, 3, 30)),
        ("Europe/Stockholm", "2026-03-29T23:59:59+02:00", date(2026, 3, 29), date(2026, 3, 30)),
        # Elsewhere it is a moment of a day.
        (
            "Asia/Taipei",
            "2026-03-28T23:59:59+01:00",
            datetime(2026, 3, 28, 22, 29, 59, tzinfo=UTC),
            datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC),
        ),
        (
            "America/Los_Angeles",
            "2026-03-29T23:59:59+02:00",
            datetime(2026, 3, 29, 21, 29, 59, tzinfo=UTC),
            datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC),
        ),
        (
            "No/Where",
            "2026-03-29T12:00:00+02:00",
            datetime(2026, 3, 29, 9, 30, tzinfo=UTC),
            datetime(2026, 3, 29, 10, tzinfo=UTC),
        ),
    ],
)
def test_when_an_entry_stands_across_zones_and_the_change_of_clocks(
    due: Due, zone: str, due_at: str, begins: Any, ends: Any
) -> None:
    user, claim = due
    user.time_zone = zone
    user.save()
    set_clock(claim, DeadlineKind.REVIEW, due_at)
    (event,) = read(user, factories.at(NOON))
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (begins, ends)


@pytest.mark.parametrize(
    ("kind", "what", "alarms"),
    [
        (DeadlineKind.PARTNER_RESPONSE, "Answer the reviewers", 1),
        (DeadlineKind.DISPUTE_FILING, "Time to dispute ends", 1),
        (DeadlineKind.CONSENT, "Customer's time to decline ends", 0),
        (DeadlineKind.PICKUP, "A reviewer takes it up", 0),
        (DeadlineKind.REVIEW, "The reviewers decide or ask", 0),
        (DeadlineKind.DISPUTE_ANSWER, "The reviewers answer the dispute", 0),
    ],
)
def test_each_clock_says_whose_move_it_is_and_only_the_reader_s_own_wakes_them(
    due: Due, kind: str, what: str, alarms: int
) -> None:
    user, claim = due
    set_clock(claim, kind, "2026-04-01T23:59:59+02:00")
    (event,) = read(user, factories.at(NOON))
    assert str(event["summary"]) == f"{what}: {claim.number}"
    assert "1 April 2026" in str(event["description"])
    assert len(event.walk("VALARM")) == alarms


def test_an_alarm_that_would_be_over_is_left_out(due: Due) -> None:
    user, claim = due
    set_clock(claim, DeadlineKind.PARTNER_RESPONSE, "2026-03-26T23:59:59+01:00")
    (event,) = read(user, factories.at(NOON))
    assert event.walk("VALARM") == []


def test_what_is_over_and_what_has_no_deadline_is_left_out(due: Due) -> None:
    user, claim = due
    set_clock(claim, DeadlineKind.REVIEW, NOON)
    factories.make_claim(user=user)
    assert read(user, factories.at(NOON)) == []


def test_subscriptions_of_approved_claims_that_end_within_sixty_days() -> None:
    now = factories.at(NOON)
    with time_machine.travel(now, tick=False):
        tenant = factories.make_tenant()
        soon, later = (
            factories.make_subscription(tenant, factories.product(code), ends_on=ends_on)
            for code, ends_on in (
                ("d365_sales", date(2026, 5, 24)),
                ("d365_finance", date(2026, 5, 25)),
            )
        )
        claim = factories.make_claim(
            tenant=tenant,
            area_code=factories.BIZAPPS,
            activities=("usage", "presales"),
            products=("d365_sales", "d365_finance"),
            subscriptions=(soon, later),
            transaction_on=date(2026, 3, 1),
        )
        claim = acts.in_window(claim)
        user = claim.created_by
        events = read(user)

    assert [str(each["summary"]) for each in events] == [
        f"Customer's time to decline ends: {claim.number} Test claim",
        f"Subscription ends: {claim.number} Test claim",
    ]
    ending = events[1]
    assert str(ending["uid"]) == f"claim-{claim.pk}-subscription-{soon.pk}@127.0.0.1"
    assert ending.decoded("dtstart") == date(2026, 5, 24)
    assert ending.decoded("dtend") == date(2026, 5, 25)
    Subscription.objects.filter(pk=soon.pk).update(ends_on=date(2026, 3, 24))
    assert len(read(user, now)) == 1


def test_nobody_s_name_stands_in_it() -> None:
    claim = acts.in_window()
    text = as_ical(entries_for(claim.created_by, clock.now())).decode()
    unfolded = text.replace("\r\n ", "")
    assert claim.number in unfolded
    assert claim.tenant is not None
    contacts = [value for each in claim.contacts.all() for value in (each.name, each.email)]
    for secret in (
        claim.tenant.name,
        str(claim.tenant.tenant_id),
        claim.domain_as_typed,
        *contacts,
    ):
        assert secret not in unfolded


def test_a_long_chinese_name_is_folded_between_letters() -> None:
    user = person(locale="zh-hant")
    name = "申請協助客戶導入雲端服務" * 8
    with_deadline(user, DeadlineKind.REVIEW, "2026-04-01T23:59:59+02:00", name=name)
    content = as_ical(entries_for(user, factories.at(NOON)))
    assert max(map(len, content.split(b"\r\n"))) <= 75
    for line in content.split(b"\r\n"):
        line.decode()
    (event,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert str(event["summary"]).endswith(name)


# -- for whom --------------------------------------------------------------------------------------


def test_only_the_claims_in_one_s_reach() -> None:
    organization = factories.make_organization()
    north, south = factories.make_location(organization), factories.make_location(organization)
    user, colleague = person(), person()
    factories.make_membership(user, organization, locations=[north])
    due = "2026-04-01T23:59:59+02:00"
    mine = with_deadline(user, DeadlineKind.REVIEW, due, location=north)
    with_deadline(colleague, DeadlineKind.REVIEW, due, location=south)
    with_deadline(person(), DeadlineKind.REVIEW, due)
    now = factories.at(NOON)

    assert [str(each["uid"]).split("@")[0] for each in read(user, now)] == [
        f"claim-{mine.pk}-review"
    ]
    assert len(read(colleague, now)) == 2
    user.memberships.update(is_active=False)
    assert read(user, now) == []


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_do_not_grow_with_the_claims(rows: int) -> None:
    user = person()
    location = factories.make_location()
    due = (clock.now() + timedelta(days=3)).isoformat()
    for _ in range(rows):
        with_deadline(user, DeadlineKind.REVIEW, due, location=location)
    address = open_feed(user)
    Client().get(address)
    with CaptureQueriesContext(connection) as queries:
        content = Client().get(address).content
    assert content.count(b"BEGIN:VEVENT") == rows
    assert len(queries) == FEED_QUERIES


# -- the address -----------------------------------------------------------------------------------


def test_the_feed() -> None:
    user = person(locale="pl")
    due = (clock.now() + timedelta(days=3)).isoformat()
    with_deadline(user, DeadlineKind.REVIEW, due)
    answer = Client().get(open_feed(user))

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Language"] == "pl"
    assert answer["Cache-Control"] == "private, max-age=0, must-revalidate"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer
    calendar = icalendar.Calendar.from_ical(answer.content)
    assert str(calendar["version"]) == "2.0"
    assert str(calendar["x-wr-calname"]) == str(calendar["name"])
    assert calendar.decoded("refresh-interval") == timedelta(hours=4)
    assert len(calendar.walk("VEVENT")) == 1


def test_a_calendar_that_has_not_changed_is_not_sent_again() -> None:
    user = person()
    due_at = clock.now() + timedelta(days=3)
    claim = with_deadline(user, DeadlineKind.REVIEW, due_at.isoformat())
    address = open_feed(user)
    first = Client().get(address)

    for headers in (
        {"If-None-Match": first["ETag"]},
        {"If-Modified-Since": first["Last-Modified"]},
    ):
        again = Client().get(address, headers=headers)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert again["Cache-Control"] == first["Cache-Control"]

    Claim.objects.filter(pk=claim.pk).update(due_at=due_at + timedelta(days=1))
    assert Client().get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200
    with time_machine.travel(clock.now() + timedelta(days=2)):
        later = Client().get(address, headers={"If-Modified-Since": first["Last-Modified"]})
    assert later.status_code == 200


def test_every_address_that_is_none_gets_the_same_answer_by_the_same_query() -> None:
    user, gone = person(), person()
    revoked = open_feed(user)
    feeds.make_feed(user)
    inactive = open_feed(gone)
    gone.is_active = False
    gone.save()
    unknown = reverse("calendar_feed", args=["x" * 43])
    malformed = "/calendar/%F0%9F%98%80.ics"

    answers = []
    for address in (unknown, malformed, revoked, inactive):
        with CaptureQueriesContext(connection) as queries:
            answer = Client().get(address)
        answers.append((answer.status_code, answer.content, len(queries)))
    assert answers == [(404, b"There is no calendar at this address.", 1)] * 4


def test_only_the_hash_of_the_token_is_kept() -> None:
    user = person()
    token = feeds.make_feed(user)
    feed = CalendarFeed.objects.get(user=user)
    assert len(token) == 43
    assert re.fullmatch("[0-9a-f]{64}", feed.token_hash)
    assert token not in str(list(CalendarFeed.objects.values()))
    assert feeds.feed_with(token) == feed


def test_a_reading_is_noted_once_an_hour() -> None:
    user = person()
    address = open_feed(user)
    start = clock.now()
    noted = []
    for minutes in (0, 59, 60, 61):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            Client().get(address)
            read_at = CalendarFeed.objects.get(user=user).last_read_at
            assert read_at is not None
            noted.append(round((read_at - start).total_seconds() / 60))
    assert noted == [0, 0, 60, 60]


def test_too_many_readings_from_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claims.views.calendar.MOST_READINGS", 2)
    address = open_feed(person())
    client = Client(REMOTE_ADDR="192.0.2.99")
    answers = [client.get(address) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2]["Retry-After"]) <= 301
    assert Client(REMOTE_ADDR="192.0.2.98").get(address).status_code == 200


def test_the_feed_is_only_read() -> None:
    address = open_feed(person())
    assert Client().head(address).status_code == 200
    assert Client().post(address).status_code == 405


# -- the page --------------------------------------------------------------------------------------


def test_the_page_makes_an_address_shows_it_once_and_switches_it_off() -> None:
    user = person()
    claim = with_deadline(user, DeadlineKind.REVIEW, (clock.now() + timedelta(3)).isoformat())
    browser = browser_of(user)
    page = reverse("calendar_page")
    assert "The calendar is off" in text_of(browser.get(page))
    assert claim.number in text_of(browser.get(page))

    made = browser.post(reverse("make_calendar"))
    address = made.context["address"]
    assert address.startswith(f"{django_settings.CPOR_PUBLIC_URL}/calendar/")
    assert f'value="{address}"' in made.content.decode()
    path = address.removeprefix(django_settings.CPOR_PUBLIC_URL)
    assert Client().get(path).status_code == 200

    again = browser.get(page)
    assert address not in again.content.decode()
    assert "The calendar is on" in text_of(again)

    newer = browser.post(reverse("make_calendar")).context["address"]
    assert Client().get(path).status_code == 404
    path = newer.removeprefix(django_settings.CPOR_PUBLIC_URL)
    assert Client().get(path).status_code == 200

    off = browser.post(reverse("switch_calendar_off"), follow=True)
    assert "The calendar is switched off." in text_of(off)
    assert Client().get(path).status_code == 404
    assert CalendarFeed.objects.filter(user=user, revoked_at=None).count() == 0


@pytest.mark.parametrize("name", ["calendar_page", "make_calendar", "switch_calendar_off"])
def test_visitors_are_asked_to_sign_in(name: str) -> None:
    address = reverse(name)
    answer = Client().post(address) if name != "calendar_page" else Client().get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("sign_in"))
    assert not CalendarFeed.objects.exists()


@pytest.mark.parametrize("name", ["make_calendar", "switch_calendar_off"])
def test_nothing_changes_on_get(name: str) -> None:
    assert browser_of().get(reverse(name)).status_code == 405
