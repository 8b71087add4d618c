"""A partner's people, or one of them in two windows, act in the same instant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine

from claims import actors
from claims.bulk.making import upload_drafts
from claims.models import Association, Claim, ClaimEvent, Dispute, DraftUpload, PoEDocument
from claims.services import look_ups
from claims.services.copies import copy_claim, replace_claim
from claims.services.disputes import dispute_claim
from claims.services.documents import replace_document
from claims.services.drafting import ClaimChanges, edit_claim
from claims.services.endings import end_association
from claims.services.submission import recall_claim, submit_claim, withdraw_claim
from claims.states import LineStatus, Status
from consent.models import ConsentRequest
from reviews.services import decisions
from tests import acts, factories, files
from tests.claims.attaching import owner
from tests.races import rounds

from .test_claim_races import race

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = rounds(2)


def kinds_of(claim: Claim, *kinds: str) -> list[str]:
    """Return which of these events the claim has, in order."""
    events = ClaimEvent.objects.filter(claim=claim, kind__in=kinds).order_by("pk")
    return list(events.values_list("kind", flat=True))


def test_a_recall_and_a_pickup_at_once_have_one_outcome() -> None:
    reviewer = factories.make_reviewer()
    for _round in range(ROUNDS):
        claim = acts.submit(factories.make_claim())
        found = race(
            partial(recall_claim, claim_id=claim.pk, actor=owner(claim), version=claim.version),
            lambda: decisions.take_up_claim(claim_id=claim.pk, actor=actors.reviewer(reviewer)),
        )
        after = acts.fresh(claim)
        recalled = found[0] == "done"
        assert found.count("done") == 1
        assert after.status == (Status.EDITING if recalled else Status.UNDER_REVIEW)
        assert after.assigned_reviewer == (None if recalled else reviewer)
        assert len(kinds_of(claim, "claim_recalled", "claim_taken_up")) == 1


def test_a_withdrawal_and_an_approval_at_once_leave_no_association_behind() -> None:
    """Where both come through, the withdrawal came last and ended what was approved."""
    reviewer = factories.make_reviewer()
    for _round in range(ROUNDS):
        claim = acts.under_review(reviewer=reviewer)
        found = race(
            partial(
                withdraw_claim,
                claim_id=claim.pk,
                actor=owner(claim),
                version=claim.version,
                reason="A mistake.",
            ),
            lambda: decisions.approve_claim(claim_id=claim.pk, actor=actors.reviewer(reviewer)),
        )
        after = acts.fresh(claim)
        standing = Association.objects.filter(claim=claim).exclude(state="ended").count()
        asked = ConsentRequest.objects.filter(claim=claim).count()
        assert found.count("done") == 1
        if found[0] == "done":
            assert (after.status, standing, asked) == (Status.REJECTED, 0, 0)
        else:
            assert (after.status, standing, asked) == (Status.APPROVED, 1, 1)
            assert found[0] in {"SUBM-02", "SUBM-03"}


def test_of_two_disputes_at_once_one_is_on_record() -> None:
    for _round in range(ROUNDS):
        claim = acts.rejected()
        dispute = partial(
            dispute_claim, claim_id=claim.pk, actor=owner(claim), justification="Page 3."
        )
        found = race(dispute, dispute)
        assert found.count("done") == 1
        assert Dispute.objects.filter(claim=claim).count() == 1
        assert kinds_of(claim, "claim_disputed") == ["claim_disputed"]


def test_two_ends_at_once_are_one() -> None:
    for _round in range(ROUNDS):
        claim = acts.active()
        end = partial(end_association, claim_id=claim.pk, actor=owner(claim), reason="Over.")
        assert claim.activated_at is not None
        with time_machine.travel(claim.activated_at + timedelta(days=1), tick=False):
            assert sorted(race(end, end)) == ["SUBM-03", "done"]
        assert kinds_of(claim, "association_ended") == ["association_ended"]
        told = [letter.recipient for letter in acts.letters(claim) if "end" in letter.kind]
        assert len(told) == len(set(told))


def test_a_double_click_on_copy_makes_one_draft() -> None:
    for _round in range(ROUNDS):
        claim = acts.rejected()
        copy = partial(copy_claim, claim_id=claim.pk, actor=owner(claim))
        assert race(copy, copy) == ["done", "done"]
        draft = Claim.objects.get(copied_from=claim)
        assert draft.documents.count() == claim.documents.count()


def test_two_colleagues_who_replace_a_claim_at_once_make_one_replacement() -> None:
    for _round in range(ROUNDS):
        claim = acts.active()
        colleague = factories.make_membership(None, claim.organization).user
        found = race(
            partial(replace_claim, claim_id=claim.pk, actor=owner(claim)),
            partial(replace_claim, claim_id=claim.pk, actor=actors.partner(colleague)),
        )
        assert sorted(found) == ["SUB-13", "done"]
        assert Claim.objects.filter(replaces=claim).count() == 1


def test_a_file_that_is_uploaded_twice_at_once_is_stored_once() -> None:
    for number in range(ROUNDS):
        member = factories.make_membership()
        location = factories.make_location(member.organization)
        head = "tenant_id,domain,activity,product,partner_id\r\n"
        row = f"{factories.guid(number)},a{number}.example,usage,exchange_online,"
        upload = partial(
            upload_drafts,
            actor=actors.partner(member.user),
            organization_id=member.organization_id,
            file_name="drafts.csv",
            content=f"{head}{row}{location.partner_id}\r\n".encode(),
        )
        assert sorted(race(upload, upload)) == ["BLK-11", "done"]
        kept = DraftUpload.objects.get(organization=member.organization)
        assert Claim.objects.filter(uploaded_with=kept).count() == kept.draft_count == 1


def test_a_claim_is_handed_in_with_the_document_or_with_the_one_in_its_place() -> None:
    """Never with none, never with both."""
    for _round in range(ROUNDS):
        claim = factories.make_claim()
        document = claim.documents.get()
        confirmed = acts.warnings(claim)

        def submit(claim: Claim = claim, confirmed: dict[str, str] = confirmed) -> None:
            submit_claim(
                claim_id=claim.pk,
                actor=owner(claim),
                version=claim.version,
                acknowledged=True,
                confirmed=confirmed,
            )

        found = race(
            submit,
            partial(
                replace_document,
                document_id=document.pk,
                actor=owner(claim),
                upload=files.upload("newer.pdf", files.pdf("newer")),
            ),
        )
        assert found[1] == "done"
        assert found[0] in {"done", "SUBM-02"}
        standing = PoEDocument.objects.get(claim=claim, withdrawn_at=None)
        assert standing.supersedes == document
        assert (acts.fresh(claim).status == Status.SUBMITTED) == (found[0] == "done")


def test_two_replacements_of_a_document_at_once_leave_one() -> None:
    for _round in range(ROUNDS):
        claim = factories.make_claim()
        document = claim.documents.get()

        def replace(text: str, claim: Claim = claim, old: PoEDocument = document) -> None:
            replace_document(
                document_id=old.pk,
                actor=owner(claim),
                upload=files.upload(f"{text}.pdf", files.pdf(text)),
            )

        assert sorted(race(partial(replace, "one"), partial(replace, "two"))) == ["SUBM-03", "done"]
        assert PoEDocument.objects.filter(claim=claim, withdrawn_at=None).count() == 1


def test_look_ups_in_many_windows_at_once_miss_no_more_than_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(look_ups, "MOST_MISSES", 3)
    user = factories.make_user()
    location = factories.make_location()
    drafts = [
        factories.make_claim(user=user, location=location, tenant=factories.make_tenant())
        for _window in range(8)
    ]

    def look_up(draft: Claim) -> Callable[[], Any]:
        changes = ClaimChanges(tenant_id=str(factories.guid(draft.pk)), domain="nobody.example")
        return partial(
            edit_claim,
            claim_id=draft.pk,
            actor=actors.partner(user),
            version=draft.version,
            changes=changes,
        )

    found = race(*(look_up(draft) for draft in drafts))
    assert 1 <= found.count("done") <= 3
    assert set(found) == {"done", "LIM-01"}
    assert LineStatus.INCLUDED in {line.line_status for line in drafts[0].lines.all()}
