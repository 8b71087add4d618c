"""Acts on many claims: each claim by its own rules, one row for each result."""

from __future__ import annotations

import csv
import io

import pytest
import time_machine
from django.urls import reverse

from claims import actors
from claims.models import Claim
from cpor_site.common.models import User
from cpor_site.common.problems import Refused
from reviews.models import BulkAct, BulkResult, CaseLease
from reviews.services import bulk, leases
from tests import acts, factories
from tests.shared import shared

from .acting import told
from .pages import browser_of, text_of

pytestmark = pytest.mark.django_db
BULK = "admin:reviews_bulk"
UNKNOWN = 999_999


@pytest.fixture
def lead() -> User:
    return factories.make_reviewer(role="Lead reviewer", full_name="Lea Lead")


@shared
def claim() -> Claim:
    return acts.submit(factories.make_claim(tenant=factories.make_tenant("=Contoso")))


def results(act: BulkAct) -> list[tuple[str, bool, str]]:
    rows = BulkResult.objects.filter(act=act).order_by("pk")
    return [(row.claim.number, row.done, row.refusal) for row in rows]


def test_each_claim_has_its_own_result(claim: Claim, lead: User, reviewer: User) -> None:
    free, theirs, asked = (
        claim,
        acts.under_review(reviewer=reviewer),
        acts.asked(),
    )
    act = bulk.assign_claims(
        claim_ids=[asked.pk, free.pk, theirs.pk, free.pk, UNKNOWN],
        actor=actors.reviewer(lead),
        to=reviewer,
        reason="Vacation cover",
    )

    assert results(act) == [
        (asked.number, False, "SUBM-03"),
        (free.number, True, ""),
        (theirs.number, False, "REV-08"),
    ]
    assert (act.kind, act.by, act.target, act.reason) == (
        "assign",
        lead,
        reviewer,
        "Vacation cover",
    )
    assert acts.fresh(free).assigned_reviewer == reviewer
    assert acts.fresh(free).status == "submitted"


def test_giving_back_ends_ones_own_leases(claim: Claim, reviewer: User) -> None:
    mine, others = claim, acts.submit(factories.make_claim())
    colleague = factories.make_reviewer()
    for claim, person in ((mine, reviewer), (others, colleague)):
        leases.take_case(claim_id=claim.pk, actor=actors.reviewer(person))
    act = bulk.release_claims(claim_ids=[mine.pk, others.pk], actor=actors.reviewer(reviewer))

    assert results(act) == [(mine.number, True, ""), (others.number, False, "REV-05")]
    assert CaseLease.objects.get(ended_at=None).claim == others


def test_nothing_is_approved_in_bulk() -> None:
    assert BulkAct.Kind.values == ["assign", "release", "export"]


@pytest.mark.parametrize("keys", [[], [UNKNOWN], list(range(201))])
def test_none_or_too_many(keys: list[int], reviewer: User) -> None:
    with pytest.raises(Refused) as caught:
        bulk.release_claims(claim_ids=keys, actor=actors.reviewer(reviewer))

    assert caught.value.codes == ("REV-19",)
    assert not BulkAct.objects.exists()


class TestPages:
    def test_assigning_asks_first_and_shows_the_results(
        self, claim: Claim, lead: User, reviewer: User
    ) -> None:
        client = browser_of(lead)
        asked = client.post(reverse(BULK), {"act": "assign", "claims": [claim.pk]})
        assert claim.number in text_of(asked)
        assert not BulkAct.objects.exists()
        typed = {"act": "assign", "claims": [claim.pk], "confirmed": "yes", "to": reviewer.pk}
        refused = client.post(reverse(BULK), typed)
        assert refused.status_code == 409
        assert "Give a reason" in text_of(refused)
        done = client.post(reverse(BULK), typed | {"reason": "Cover."}, follow=True)

        assert "1 of 1 assigned, by Lea Lead" in text_of(done)
        assert f"{claim.number} done" in text_of(done)

    def test_export_is_a_file_and_a_record(self, claim: Claim, reviewer: User) -> None:
        answer = browser_of(reviewer).post(reverse(BULK), {"act": "export", "claims": [claim.pk]})
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

        assert answer.headers["Content-Disposition"].startswith('attachment; filename="claims-')
        assert len(rows) == 2
        assert rows[1][:3] == [claim.number, "Submitted", "'=Contoso"]
        assert results(BulkAct.objects.get()) == [(claim.number, True, "")]

    def test_export_is_counted_by_account(
        self, claim: Claim, reviewer: User, lead: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bulk, "MOST_EXPORTS", 1)
        typed = {"act": "export", "claims": [claim.pk], "back": "/admin/claims/claim/?queue=mine"}
        with time_machine.travel("2026-03-02T09:04+00:00", tick=False):
            browser = browser_of(reviewer)
            first, second = (browser.post(reverse(BULK), typed) for _each in range(2))
            assert (first.status_code, second.headers["Location"]) == (200, typed["back"])
            assert told(second) == ["That was tried too often. Try again in 6 minutes. (LIM-01)"]
            assert BulkAct.objects.count() == 1
            assert browser_of(lead).post(reverse(BULK), typed).status_code == 200

    def test_without_a_claim_the_queue_says_so(self, reviewer: User) -> None:
        answer = browser_of(reviewer).post(
            reverse(BULK), {"act": "release", "back": "/admin/claims/claim/?queue=mine"}
        )

        assert answer.headers["Location"] == "/admin/claims/claim/?queue=mine"
        assert told(answer) == ["Choose at least one claim. (REV-19)"]

    @pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "javascript:x"])
    def test_the_way_back_stays_here(self, back: str, reviewer: User) -> None:
        answer = browser_of(reviewer).post(reverse(BULK), {"act": "release", "back": back})

        assert answer.headers["Location"] == reverse("admin:claims_claim_changelist")

    @pytest.mark.parametrize("act", ["approve", "delete_selected", ""])
    def test_other_acts_do_not_exist(self, act: str, claim: Claim, lead: User) -> None:
        answer = browser_of(lead).post(reverse(BULK), {"act": act, "claims": [claim.pk]})

        assert answer.status_code == 404
        assert not BulkAct.objects.exists()

    def test_results_are_for_those_who_did_it_leads_and_the_record(
        self, claim: Claim, reviewer: User, lead: User, ops: User
    ) -> None:
        act = bulk.record_export(claim_ids=[claim.pk], actor=actors.reviewer(reviewer))
        address = reverse("admin:reviews_bulk_result", args=[act.pk])

        found = {
            person.email: browser_of(person).get(address).status_code
            for person in (reviewer, lead, ops, factories.make_reviewer("other@desk.example"))
        }
        assert found == {
            reviewer.email: 200,
            lead.email: 200,
            ops.email: 200,
            "other@desk.example": 404,
        }
