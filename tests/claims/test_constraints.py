"""What the database itself refuses, whatever the code above it does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import CheckConstraint, Model

from claims.models import (
    Association,
    ClaimContact,
    ClaimLine,
    Comment,
    ExclusivityHold,
    ProofRequest,
)
from claims.states import AssociationState
from consent.models import ConsentRequest, IncentiveHandoff
from cpor_site.common import clock
from cpor_site.common.models import JobRun, OutboxMessage, User
from reviews.models import CompetingClaimsCase, CompetingParty, CompetingRuling
from tests import acts, factories

pytestmark = pytest.mark.django_db
OURS = ("common", "claims", "consent", "reviews")


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def claim_with(**columns: Any) -> Callable[[], None]:
    def write() -> None:
        claim = factories.make_claim(document=False, contacts=False)
        for column, value in columns.items():
            sql(f"UPDATE claims_claim SET {column} = %s WHERE id = %s", value, claim.pk)  # noqa: S608

    return write


def second_hold() -> None:
    key, now = "workload:x:y", clock.now()
    for _each in range(2):
        ExclusivityHold.objects.create(
            key=key, organization=factories.make_organization(), taken_at=now
        )


def second_that_waits() -> None:
    now = clock.now()
    holder = ExclusivityHold.objects.create(
        key="workload:x:y", organization=factories.make_organization(), taken_at=now
    )
    for _each in range(2):
        ExclusivityHold.objects.create(
            key=holder.key,
            organization=factories.make_organization(),
            taken_at=now,
            waits_for=holder,
        )


def proof_request_with(**columns: Any) -> Callable[[], None]:
    def write() -> None:
        claim = factories.make_claim(document=False, contacts=False)
        now = clock.now()
        ProofRequest.objects.create(claim=claim, asked_at=now, due_at=now, **columns)

    return write


def party_with(*, times: int = 1, **columns: Any) -> Callable[[], None]:
    def write() -> None:
        claim = factories.make_claim(document=False, contacts=False)
        now = clock.now()
        case = CompetingClaimsCase.objects.create(key="workload:x:y", opened_at=now)
        for _each in range(times):
            CompetingParty.objects.create(
                case=case,
                claim=claim,
                line=claim.lines.get(),
                standing="challenger",
                joined_at=now,
                **columns,
            )

    return write


def ruling_without(*left_out: str) -> Callable[[], None]:
    def write() -> None:
        now = clock.now()
        values: dict[str, Any] = {
            "grounds": ["tie"],
            "shared_reason": "Equally good.",
            "internal_reason": "Both of May.",
        }
        CompetingRuling.objects.create(
            case=CompetingClaimsCase.objects.create(key="workload:x:y", opened_at=now),
            arbiter=factories.make_user(),
            ruled_at=now,
            **(values | {name: type(values[name])() for name in left_out}),
        )

    return write


def second_association() -> None:
    claim = acts.approved()
    line = claim.lines.get()
    other = ClaimLine.objects.create(
        claim=claim,
        product=factories.product("teams"),
        activity=line.activity,
        line_status="approved",
    )
    first = Association.objects.get(claim=claim)
    Association.objects.create(
        line=other,
        claim=claim,
        hold=first.hold,
        location=first.location,
        tenant=first.tenant,
        activity=first.activity,
        state=AssociationState.PROVISIONAL,
        claimed_on=first.claimed_on,
    )


def second_open_request() -> None:
    claim = acts.approved()
    ConsentRequest.objects.create(claim=claim, created_at=clock.now())


def second_open_case() -> None:
    for _each in range(2):
        CompetingClaimsCase.objects.create(key="workload:x:y", opened_at=clock.now())


def second_handoff() -> None:
    claim = factories.make_claim()
    for number in (1, 2):
        IncentiveHandoff.objects.create(
            line=claim.lines.get(),
            claim=claim,
            sequence=number,
            kind="start",
            effective_on="2026-01-01",
            payload={},
            created_at=clock.now(),
        )


def second_letter() -> None:
    now = clock.now()
    for _each in range(2):
        OutboxMessage.objects.create(
            key="one",
            kind="x",
            recipient="a@b.example",
            locale="en",
            subject="s",
            text_body="t",
            message_id="<m>",
            created_at=now,
            next_try_at=now,
        )


def job_that_does_not_add_up() -> None:
    now = clock.now()
    JobRun.objects.create(job="x", started_at=now, finished_at=now, examined=2, acted=1)


def second_contact_of_a_kind() -> None:
    claim = factories.make_claim()
    ClaimContact.objects.create(claim=claim, kind="business")


def empty_comment() -> None:
    claim = factories.make_claim()
    Comment.objects.create(
        claim=claim,
        author=claim.created_by,
        side="partner",
        body="",
        round=1,
        created_at=clock.now(),
    )


def second_holder_of_a_domain() -> None:
    factories.make_tenant(domain="contoso.example")
    factories.make_tenant(domain="contoso.example")


def capital_user() -> None:
    User.objects.create(email="Jana@people.example", full_name="Jana")


def ended_before_it_began() -> None:
    claim = acts.approved()
    association = Association.objects.get(claim=claim)
    association.state = AssociationState.ENDED
    association.end_reason = Association.EndReason.DISPLACED
    association.effective_from = clock.now()
    association.effective_to = clock.now() - timedelta(days=1)
    association.save()


WRITES: dict[str, Callable[[], None]] = {
    "claim_known_status": claim_with(status="pending"),
    "claim_association_fits_status": claim_with(association_state="active"),
    "claim_submitted_is_complete": claim_with(status="submitted"),
    "claim_deadline_has_kind": claim_with(due_at="2026-01-01 00:00:00+00:00"),
    "claim_rejected_has_reason": claim_with(
        first_submitted_at="2026-01-01 00:00:00+00:00", status="rejected"
    ),
    "hold_one_holder_per_key": second_hold,
    "hold_one_waiting_per_key": second_that_waits,
    "claim_paused_with_reviewers": claim_with(paused_at="2026-01-01 00:00:00+00:00"),
    "proof_request_answer_has_moment": proof_request_with(answer="nothing"),
    "party_once_per_case": party_with(times=2),
    "party_sufficient_is_whole": party_with(sufficient_round=1),
    "party_outcome_has_moment": party_with(outcome="won"),
    "ruling_is_reasoned": ruling_without("internal_reason"),
    "association_once_per_key_and_activity": second_association,
    "association_period_order": ended_before_it_began,
    "consent_one_open_request_per_claim": second_open_request,
    "case_one_open_per_key": second_open_case,
    "handoff_once_per_line_and_kind": second_handoff,
    "outbox_one_letter_per_key": second_letter,
    "jobrun_adds_up": job_that_does_not_add_up,
    "contact_one_per_kind": second_contact_of_a_kind,
    "comment_not_empty": empty_comment,
    "domain_once_while_active": second_holder_of_a_domain,
    "user_email_lower": capital_user,
}


@pytest.mark.parametrize("name", WRITES)
def test_the_database_refuses(name: str) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        WRITES[name]()
    if connection.vendor == "postgresql" or name in checks():
        assert name in str(refusal.value)


def checks() -> set[str]:
    return {
        constraint.name
        for model in models()
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint)
    }


def models() -> list[type[Model]]:
    return [model for label in OURS for model in apps.get_app_config(label).get_models()]


def test_every_constraint_and_index_has_a_name_of_its_own() -> None:
    names = [
        each.name for model in models() for each in (*model._meta.constraints, *model._meta.indexes)
    ]
    assert all(names)
    assert len(names) == len(set(names))
    assert [name for name in names if len(name) > 63] == []
