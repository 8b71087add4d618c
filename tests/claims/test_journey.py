"""The way of a claim, and all that happened to it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from claims import actors, changes, journey, selectors
from claims.journey import Entry, Step
from claims.models import Claim, RuleProfile
from claims.services.comments import add_comment
from claims.services.drafting import ClaimChanges, edit_claim
from claims.services.submission import withdraw_claim
from claims.states import AssociationState, DeadlineKind, Status
from cpor_site.common.business_calendar import BusinessCalendar
from tests import acts, factories

NOW = factories.at("2026-05-07T09:00+02:00")
CALENDAR = BusinessCalendar(zone=ZoneInfo("Europe/Berlin"))
PROFILE = RuleProfile(code="2020", pickup_days=5, review_days=5, consent_calendar_days=7)


def steps_of(status: Status, **fields: Any) -> list[Step]:
    claim = Claim(
        status=status,
        rule_profile=PROFILE,
        created_at=factories.at("2026-05-04T09:00+02:00"),
        **fields,
    )
    return journey.steps_of(claim, CALENDAR, NOW)


def way(status: Status, **fields: Any) -> list[tuple[str, str]]:
    return [(str(step.title), step.progress.value) for step in steps_of(status, **fields)]


SUBMITTED = {"last_submitted_at": factories.at("2026-05-05T09:00+02:00")}
REVIEWED = SUBMITTED | {"review_started_at": factories.at("2026-05-06T09:00+02:00")}


def test_a_draft_has_everything_before_it() -> None:
    assert way(Status.EDITING) == [
        ("Draft started", "done"),
        ("You submit the claim", "now"),
        ("A reviewer takes it up", "next"),
        ("A reviewer decides or asks", "next"),
        ("The customer may decline", "next"),
        ("You become partner of record", "next"),
    ]


def test_an_ended_claim_tells_how_long_it_was_in_force() -> None:
    from_to = factories.at("2026-05-06T09:00+02:00"), NOW
    ended = {"activated_at": from_to[0], "ended_at": NOW}
    taken_over = {"migrated": True, "round": 0}
    for facts in (SUBMITTED, taken_over):
        steps = {str(each.title): each for each in steps_of(Status.ENDED, **facts, **ended)}
        told = steps["You were partner of record"]
        assert (told.at, told.until, told.progress.value) == (*from_to, "done")
    never = way(Status.ENDED, **SUBMITTED, ended_at=NOW)
    assert [title for title, _progress in never][-2:] == ["Approved", "Association ended"]


def test_a_recalled_claim_is_a_draft_again() -> None:
    assert way(Status.EDITING, **SUBMITTED) == way(Status.EDITING)


def test_an_answered_question_stays_on_the_way_and_returns_to_its_reviewer() -> None:
    day = "2026-05-0{}T10:00+02:00".format
    assert way(
        Status.SUBMITTED,
        first_submitted_at=factories.at(day(4)),
        review_started_at=factories.at(day(5)),
        action_requested_at=factories.at(day(6)),
        last_submitted_at=factories.at(day(7)),
        assigned_reviewer_id=7,
    )[:6] == [
        ("Draft started", "done"),
        ("Submitted", "done"),
        ("Review begun", "done"),
        ("The reviewer asked you", "done"),
        ("You answered", "done"),
        ("The reviewer who has your claim reads your answer", "now"),
    ]


def test_an_answer_comes_between_review_and_decision() -> None:
    assert way(Status.PARTNER_ACTION_REQUIRED, **REVIEWED) == [
        ("Draft started", "done"),
        ("Submitted", "done"),
        ("Review begun", "done"),
        ("The reviewer asked you", "done"),
        ("You answer", "now"),
        ("A reviewer decides or asks", "next"),
        ("The customer may decline", "next"),
        ("You become partner of record", "next"),
    ]


@pytest.mark.parametrize(
    ("status", "fields", "now"),
    [
        (Status.SUBMITTED, SUBMITTED, "A reviewer takes it up"),
        (Status.UNDER_REVIEW, REVIEWED, "A reviewer decides or asks"),
        (
            Status.APPROVED,
            REVIEWED | {"association_state": AssociationState.PROVISIONAL},
            "The letter to the customer leaves",
        ),
        (
            Status.APPROVED,
            REVIEWED
            | {
                "association_state": AssociationState.PROVISIONAL,
                "consent_closes_at": factories.at("2026-05-14T23:59:59+02:00"),
            },
            "The customer may decline",
        ),
    ],
)
def test_one_step_runs_now(status: Status, fields: dict[str, Any], now: str) -> None:
    assert [title for title, progress in way(status, **fields) if progress == "now"] == [now]


def test_coming_steps_tell_how_long_they_take_and_the_latest_date() -> None:
    due = factories.at("2026-05-08T23:59:59+02:00")
    coming = [
        (str(step.title), step.note, step.at and step.at.isoformat())
        for step in steps_of(Status.SUBMITTED, due_at=due, **SUBMITTED)
        if step.progress == "next"
    ]

    assert coming == [
        (
            "A reviewer decides or asks",
            "up to 5 business days",
            "2026-05-15T21:59:59+00:00",
        ),
        ("The customer may decline", "7 days", "2026-05-22T21:59:59+00:00"),
        (
            "You become partner of record",
            "if the customer doesn't decline",
            "2026-05-22T21:59:59+00:00",
        ),
    ]


def test_a_late_step_promises_no_dates_for_the_next_ones() -> None:
    late = factories.at("2026-05-06T23:59:59+02:00")
    steps = steps_of(Status.SUBMITTED, due_at=late, **SUBMITTED)

    assert [step.at for step in steps if step.progress == "next"] == [None, None, None]


def test_a_rejected_claim_shows_until_when_it_may_be_disputed() -> None:
    due = factories.at("2026-06-06T23:59:59+02:00")
    steps = steps_of(
        Status.REJECTED, deadline_kind=DeadlineKind.DISPUTE_FILING, due_at=due, **REVIEWED
    )

    assert (str(steps[-1].title), steps[-1].progress, steps[-1].at) == (
        "You may dispute it",
        "now",
        due,
    )


def test_a_disputed_displacement_still_tells_that_one_was_partner_of_record() -> None:
    in_force = factories.at("2026-05-06T12:00+02:00")
    disputed = factories.at("2026-05-07T08:00+02:00")
    for status in (Status.DISPUTED, Status.UNDER_REVIEW, Status.REJECTED):
        told = way(status, activated_at=in_force, disputed_at=disputed, **REVIEWED)
        at = told.index(("You became partner of record", "done"))
        assert told[at - 1 : at + 2 : 2] == [
            ("Review begun", "done"),
            ("You disputed the decision", "done"),
        ]


@pytest.mark.parametrize(
    ("status", "fields", "last"),
    [
        (Status.REJECTED, REVIEWED, "Rejected"),
        (Status.CANCELLED, {}, "Discarded"),
        (
            Status.ENDED,
            REVIEWED | {"association_state": AssociationState.ENDED},
            "Association ended",
        ),
        (
            Status.APPROVED,
            REVIEWED | {"association_state": AssociationState.ACTIVE},
            "You are partner of record",
        ),
    ],
)
def test_a_finished_way_has_nothing_to_come(
    status: Status, fields: dict[str, Any], last: str
) -> None:
    steps = way(status, **fields)

    assert steps[-1] == (last, "done")
    assert {progress for _title, progress in steps} == {"done"}


def history_of(claim: Claim) -> list[Entry]:
    return journey.history_of(
        selectors.events_of(claim),
        selectors.comments_of(claim),
        changes.changes_of(claim, for_partner=True),
    )


@pytest.mark.django_db
def test_an_edit_shows_each_field_before_and_after_under_its_act() -> None:
    claim = factories.make_claim(name="Old name")
    edit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=claim.version,
        changes=ClaimChanges(name="New name"),
    )
    entry = history_of(claim)[0]

    assert (entry.title, entry.who) == ("Claim changed", claim.created_by.full_name)
    fields = [(each.label, each.old, each.new) for each in entry.changes[-1].fields]
    assert fields == [("Name of the claim", "Old name", "New name")]


@pytest.mark.django_db
def test_saving_what_was_saved_already_is_no_act_and_edits_in_a_row_are_told_once() -> None:
    claim = factories.make_claim(name="Old name")
    for name in ("New name", "New name", "Newer name"):
        edit_claim(
            claim_id=claim.pk,
            actor=actors.partner(claim.created_by),
            version=Claim.objects.get(pk=claim.pk).version,
            changes=ClaimChanges(name=name),
        )
    events = selectors.events_of(claim)

    edits = [each for each in events if each.kind == "claim_edited"]
    assert len(edits) == 2
    fields = [
        [field.new for change in entry.changes for field in change.fields]
        for entry in history_of(claim)
        if entry.title == "Claim changed"
    ]
    assert fields == [["Newer name"], ["New name"]]
    told = [each for each in journey.without_repeats(events) if each.kind == "claim_edited"]
    assert told == [edits[-1]]


@pytest.mark.django_db
def test_reviewers_are_not_named_and_their_words_are_shown() -> None:
    reviewer = factories.make_reviewer(full_name="Rita Vogel")
    claim = acts.asked(reviewer=reviewer)
    entries = history_of(claim)

    assert [(entry.title, entry.who, entry.body) for entry in entries[:3]] == [
        ("Comment written", "Reviewer", "Please add the date of the signature."),
        ("Partner asked", "Reviewer", "Missing or old dates"),
        ("Review begun", "Reviewer", ""),
    ]
    everything = repr(entries)
    assert "Rita Vogel" not in everything
    assert "Reviewer'" in everything


@pytest.mark.django_db
def test_competing_claims_leave_no_trace_in_the_history() -> None:
    tenant = factories.make_tenant()
    mine = acts.submit(factories.make_claim(tenant=tenant))
    rival = acts.submit(factories.make_claim(tenant=tenant))

    assert rival.lines.get().contested is True
    labels = {
        field.label
        for claim in (mine, rival)
        for entry in history_of(claim)
        for change in entry.changes
        for field in change.fields
    }
    assert "Competing" not in labels
    told = {field.label for each in changes.changes_of(rival) for field in each.fields}
    assert "Competing" in told


@pytest.mark.django_db
def test_reasons_and_comments_are_part_of_the_history() -> None:
    claim = acts.submit(factories.make_claim())
    actor = actors.partner(claim.created_by)
    add_comment(claim_id=claim.pk, actor=actor, body="Sorry, wrong ID.")
    withdraw_claim(claim_id=claim.pk, actor=actor, reason="Wrong partner ID")

    assert [(entry.title, entry.body) for entry in history_of(claim)[:3]] == [
        ("Claim withdrawn", "Partner request\nWrong partner ID"),
        ("Comment written", "Sorry, wrong ID."),
        ("Claim submitted", ""),
    ]


@pytest.mark.django_db
def test_a_reviewer_who_has_left_the_operator_is_not_named_either() -> None:
    reviewer = factories.make_reviewer(full_name="Rita Vogel")
    claim = acts.asked(reviewer=reviewer)
    reviewer.is_staff = reviewer.is_active = False
    reviewer.save()
    colleague = claim.organization.memberships.get()
    colleague.is_active = False
    colleague.save()

    people = {change.who for change in changes.changes_of(claim, for_partner=True)}

    assert people == {claim.created_by.full_name, "Reviewer", "System"}
