"""Splitting the contested lines off a claim (5.6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from claims import actors
from claims.models import Claim, ClaimContact, PoEDocument
from claims.refusals import AlreadyHeld, MovedOn
from claims.states import LineStatus
from cpor_site.common.models import User
from cpor_site.common.problems import Refused
from reviews.models import ChecklistVerdict
from reviews.services.decisions import approve_claim
from reviews.services.splitting import may_split, split_contested
from reviews.services.verdicts import Mark, set_verdicts, stamp_of
from tests import acts, factories
from tests.reviews.competing import answered, case_of, decide, events, kinds, rival, sufficient
from tests.shared import shared

from .pages import browser_of, html_of, url

pytestmark = pytest.mark.django_db
BOTH = ("exchange_online", "teams")


@shared
def holder() -> Claim:
    """A holder of Exchange Online."""
    return acts.active()


@shared
def claim(holder: Claim) -> Claim:
    """A claim for that and Teams, under review."""
    return rival(holder, products=BOTH)


def split(claim: Claim, reviewer: User | None = None) -> Claim:
    who = reviewer or claim.assigned_reviewer
    assert who is not None
    return split_contested(claim_id=claim.pk, actor=actors.reviewer(who))


def lines(claim: Claim) -> dict[str, str]:
    return dict(claim.lines.values_list("product__code", "line_status"))


def test_the_contested_line_goes_on_as_a_claim_of_its_own(claim: Claim) -> None:
    document = claim.documents.get()
    document.covers.set(claim.lines.all())
    mail, teams = claim.lines.order_by("pk")
    reviewer = claim.assigned_reviewer
    assert reviewer is not None
    set_verdicts(
        claim_id=claim.pk,
        actor=actors.reviewer(reviewer),
        round_number=1,
        stamp=stamp_of([]),
        marks=[
            Mark("work", mail.pk, "ok", document.pk, 2),
            Mark("products", teams.pk, "missing"),
            Mark("customer", None, "not_needed"),
        ],
    )

    with time_machine.travel(timedelta(hours=1)):
        new = split(claim)

    assert (lines(claim), lines(new)) == (
        {"exchange_online": LineStatus.MOVED, "teams": LineStatus.INCLUDED},
        {"exchange_online": LineStatus.INCLUDED},
    )
    new, old = acts.fresh(new), acts.fresh(claim)
    same = ("organization", "location", "tenant", "area", "assigned_reviewer", "due_at", "status")
    assert [getattr(new, name) for name in same] == [getattr(old, name) for name in same]
    assert (new.split_from, new.first_submitted_at) == (old, old.first_submitted_at)
    copy = new.documents.get()
    assert (copy.file.name, copy.sha256) == (document.file.name, document.sha256)
    assert list(copy.covers.all()) == list(new.lines.all())
    was = ChecklistVerdict.objects.get(claim=claim, criterion="work")
    columns = (
        "criterion",
        "round",
        "line",
        "verdict",
        "document",
        "page",
        "marked_by",
        "marked_at",
    )
    assert list(
        ChecklistVerdict.objects.filter(claim=new).order_by("pk").values_list(*columns)
    ) == [
        ("work", 1, new.lines.get().pk, "ok", copy.pk, 2, reviewer.pk, was.marked_at),
        ("customer", 1, None, "not_needed", None, None, reviewer.pk, was.marked_at),
    ]
    page = browser_of(reviewer).get(url("case", new))
    assert "mark-customer-all" in html_of(page)
    asked = browser_of(reviewer).get(url("ask", claim)).context["findings"]
    assert [each.code for each in asked if each.initial.get("chosen")] == ["D-PROD"]
    kinds_of = ClaimContact.objects.order_by("kind").values_list("kind", "email")
    assert list(kinds_of.filter(claim=new)) == list(kinds_of.filter(claim=old))


def test_the_rest_can_be_approved_at_once_and_the_new_claim_is_ruled_on(
    holder: Claim, claim: Claim
) -> None:
    sufficient(claim)
    left = acts.fresh(claim).business_days_left

    new = split(acts.fresh(claim))

    paused, free = acts.fresh(new), acts.fresh(claim)
    assert (paused.paused_at is not None, paused.business_days_left) == (True, left)
    assert (free.paused_at, free.due_at is not None) == (None, True)
    assert free.assigned_reviewer is not None
    approve_claim(claim_id=claim.pk, actor=actors.reviewer(free.assigned_reviewer))
    party = case_of(new).parties.get(claim=new)
    assert (party.line, party.is_ready) == (new.lines.get(), True)
    answered(holder)
    decide(case_of(new), new)
    assert acts.fresh(new).status == "approved"


def test_the_partner_reads_both_numbers_and_nothing_of_the_other(
    holder: Claim, claim: Claim
) -> None:
    new = split(claim)

    (letter, *_rest) = acts.letters(claim, "claim_split")
    assert new.number in letter.subject
    assert holder.number not in letter.text_body
    assert holder.organization.name not in letter.text_body
    assert kinds(new) == ["claim_split_off"]
    assert [event.details["text"] for event in events(claim, "claim_split")] == [new.number]
    assert [event.details["text"] for event in events(new, "claim_split_off")] == [claim.number]


def test_a_finding_of_an_earlier_round_does_not_follow(claim: Claim) -> None:
    party = claim.competing_parties.get()
    sufficient(claim)
    type(party).objects.filter(pk=party.pk).update(sufficient_round=7)

    new = split(acts.fresh(claim))

    party.refresh_from_db()
    assert (party.claim, party.sufficient_at, party.sufficient_round) == (new, None, None)


def test_withdrawn_proof_stays_behind(claim: Claim) -> None:
    gone = factories.make_document(claim)
    gone.withdrawn_at = gone.uploaded_at
    gone.save()

    new = split(claim)

    assert PoEDocument.objects.filter(claim=new).count() == 1


@pytest.mark.parametrize("products", [("exchange_online",), ("teams",)])
def test_refused_where_every_line_or_none_is_contested(
    products: tuple[str, ...], holder: Claim
) -> None:
    claim = rival(holder, products=products)

    assert not may_split(claim)
    with pytest.raises(Refused, match="^REV-49"):
        split(claim)


def test_refused_to_another_reviewer_and_in_other_statuses(claim: Claim) -> None:
    assert may_split(claim)
    with pytest.raises(AlreadyHeld):
        split(claim, factories.make_reviewer())
    submitted = acts.submit(factories.make_claim(tenant=claim.tenant, products=BOTH))
    with pytest.raises(MovedOn):
        split(submitted, factories.make_reviewer())
