"""Which case comes next, for whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from claims import actors
from claims.models import Claim, ClaimContact
from claims.services.submission import resubmit_claim
from cpor_site.common import clock
from cpor_site.common.models import User
from cpor_site.common.problems import Refused
from reviews.models import CaseLease
from reviews.services import leases
from reviews.services.next_case import next_case
from tests import acts, factories
from tests.shared import shared

from .pages import browser_of, text_of, url

pytestmark = pytest.mark.django_db


def on(day: int) -> time_machine.travel:
    return time_machine.travel(f"2026-06-{day:02}T10:00:00Z", tick=False)


def submitted(**fields: object) -> Claim:
    return acts.submit(factories.make_claim(**fields))  # type: ignore[arg-type]


@shared
def claim() -> Claim:
    """The one claim that waits."""
    return submitted()


def next_number(user: User, instead_of: Claim | None = None) -> str:
    lease = next_case(actor=actors.reviewer(user), instead_of=instead_of.pk if instead_of else None)
    return lease.claim.number if lease else ""


def resubmitted(reviewer: User) -> Claim:
    claim = acts.asked(reviewer=reviewer)
    return resubmit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=acts.fresh(claim).version,
        reply="Here it is.",
        confirmed=claim.confirmed_warnings,
    )


def test_the_order(reviewer: User) -> None:
    with on(1):
        overdue = submitted()
    with on(9):
        mine = acts.under_review(reviewer=reviewer)
        leases.release_case(claim_id=mine.pk, actor=actors.reviewer(reviewer))
    with on(10):
        later = submitted()
        answered = resubmitted(reviewer)

        assert [next_number(reviewer) for _ in range(5)] == [
            each.number for each in (answered, overdue, mine, later)
        ] + [""]


def test_what_others_hold_review_or_may_decide_alone_is_left_out(reviewer: User) -> None:
    colleague = factories.make_reviewer()
    leases.take_case(claim_id=submitted().pk, actor=actors.reviewer(colleague))
    acts.under_review(reviewer=colleague)
    ClaimContact.objects.filter(claim=submitted(), kind="business").update(
        email=reviewer.email.upper()
    )
    of_own_partner = submitted()
    factories.make_membership(reviewer, of_own_partner.organization)
    acts.asked(reviewer=reviewer)
    free = submitted()

    assert [next_number(reviewer), next_number(reviewer)] == [free.number, ""]


def test_a_case_whose_lease_ran_out_comes_again(claim: Claim, reviewer: User) -> None:
    with time_machine.travel(clock.now(), tick=False) as at:
        assert next_number(reviewer) == claim.number
        assert next_number(factories.make_reviewer()) == ""
        at.shift(timedelta(minutes=31))
        assert next_number(factories.make_reviewer()) == claim.number


def test_going_on_gives_the_case_back_and_it_comes_last(claim: Claim, reviewer: User) -> None:
    first, second = claim, submitted()
    seen = [next_number(reviewer)]
    seen.append(next_number(reviewer, instead_of=first))
    seen.append(next_number(reviewer, instead_of=second))

    assert seen == [first.number, second.number, first.number]
    assert list(CaseLease.objects.order_by("pk").values_list("end", flat=True)) == [
        "released",
        "released",
        "",
    ]


@pytest.mark.parametrize("role", ["Ops", "Auditor"])
@pytest.mark.usefixtures("claim")
def test_is_for_reviewers(role: str) -> None:
    with pytest.raises(Refused) as caught:
        next_case(actor=actors.reviewer(factories.make_reviewer(role=role)))
    assert caught.value.codes == ("ACC-01",)
    assert not CaseLease.objects.exists()


def test_the_button_leads_to_the_case(claim: Claim, reviewer: User) -> None:
    answer = browser_of(reviewer).post(reverse("admin:reviews_next_case"))

    assert answer.headers["Location"] == url("case", claim)
    assert CaseLease.objects.get().holder == reviewer


def test_without_a_case_the_page_says_what_comes(claim: Claim, reviewer: User) -> None:
    acts.under_review(claim)
    page = browser_of(reviewer).post(reverse("admin:reviews_next_case"), follow=True)

    assert "No case waits for you" in text_of(page)
    assert f"The next one with a deadline is {claim.number}." in text_of(page)


@pytest.mark.usefixtures("claim")
def test_asking_by_get_takes_nothing(reviewer: User) -> None:
    assert browser_of(reviewer).get(reverse("admin:reviews_next_case")).status_code == 405
    assert not CaseLease.objects.exists()
