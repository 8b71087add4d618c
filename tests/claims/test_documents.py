"""Documents of a claim: what is kept of them, and when they can be added and changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from claims.checks import check_submission
from claims.models import Claim, ClaimEvent, PoEDocument
from claims.refusals import ChangedMeanwhile, MovedOn
from claims.services.documents import (
    attach_document,
    describe_document,
    may_attach,
    may_change,
    replace_document,
    withdraw_document,
)
from claims.services.drafting import discard_claim
from claims.services.lines import included_lines
from claims.services.submission import resubmit_claim, withdraw_claim
from claims.signals import claim_moved
from claims.states import LineStatus, Status
from cpor_site.common import clock
from cpor_site.common.problems import Refused
from tests import acts, factories, files
from tests.claims.attaching import attach, attach_with_warnings, owner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stored")]


def last_event(claim: Claim) -> ClaimEvent:
    event = ClaimEvent.objects.filter(claim=claim).order_by("-pk").first()
    assert event is not None
    return event


# --- attaching ----------------------------------------------------------------------------------


def test_attaching_keeps_what_the_file_is_and_what_the_partner_says(
    stored: Callable[[], list[str]],
) -> None:
    claim = factories.make_claim(document=False, products=("exchange_online", "teams"))
    lines = included_lines(claim)
    content = factories.make_pdf("Work")

    document, problems = attach_document(
        claim_id=claim.pk,
        actor=owner(claim),
        upload=files.upload("C:\\work\\Proof\u202e.PDF", content, "text/html"),
        version=claim.version,
        kind=PoEDocument.Kind.STATEMENT_OF_WORK,
        document_on=date(2026, 1, 2),
        signed_on=factories.today() - timedelta(days=3),
        signer_name="  Jana Meier ",
        signer_title="CIO",
        note="page 3",
        line_ids=[lines[0].pk, lines[1].pk],
    )

    assert problems == []
    kept = PoEDocument.objects.get(pk=document.pk)
    assert (kept.original_name, kept.content_type) == ("Proof.PDF", "application/pdf")
    assert (kept.size, kept.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    with kept.file.open("rb") as file:
        assert file.read() == content
    assert stored() == [kept.file.name]
    assert kept.file.name.startswith(f"poe/{claim.pk}/")
    assert "Proof" not in kept.file.name
    assert (kept.kind, kept.occasion, kept.signer_name) == ("sow", "initial", "Jana Meier")
    assert (kept.document_on, kept.note) == (date(2026, 1, 2), "page 3")
    assert kept.uploaded_by == claim.created_by
    assert sorted(kept.covers.values_list("pk", flat=True)) == [line.pk for line in lines]
    assert {each.history_user for each in kept.history.all()} == {claim.created_by}

    event = last_event(claim)
    assert (event.kind, event.actor) == ("document_attached", claim.created_by)
    assert event.details == {"document": kept.pk, "name": "Proof.PDF"}
    assert acts.fresh(claim).version == claim.version + 1


def test_a_file_that_is_refused_leaves_nothing(stored: Callable[[], list[str]]) -> None:
    claim = factories.make_claim(document=False)
    with pytest.raises(Refused) as caught:
        attach(claim, b"<html><script>alert(1)</script>", name="proof.pdf")
    assert caught.value.codes == ("POE-02",)
    assert stored() == []
    assert PoEDocument.objects.count() == 0
    assert acts.fresh(claim).version == claim.version


def test_a_stale_page_is_refused_and_leaves_nothing(stored: Callable[[], list[str]]) -> None:
    claim = factories.make_claim(document=False)
    with pytest.raises(ChangedMeanwhile):
        attach(claim, version=claim.version - 1)
    assert stored() == []


def test_a_failure_after_the_file_was_stored_takes_it_away_again(
    stored: Callable[[], list[str]],
) -> None:
    claim = factories.make_claim(document=False)
    seen: list[list[str]] = []

    def fail(**kwargs: Any) -> None:
        seen.append(stored())
        raise ZeroDivisionError

    claim_moved.connect(fail)
    try:
        with pytest.raises(ZeroDivisionError):
            attach(claim)
    finally:
        claim_moved.disconnect(fail)
    assert [len(names) for names in seen] == [1]
    assert stored() == []
    assert PoEDocument.objects.count() == 0


# --- limits and rules ---------------------------------------------------------------------------


def codes_of(act: Callable[[], object]) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.codes


def test_a_claim_takes_so_many_files_and_so_many_megabytes(
    settings: Any, stored: Callable[[], list[str]]
) -> None:
    claim = factories.make_claim(document=False)
    settings.CPOR_POE_MAX_FILE_MB = 1
    assert codes_of(lambda: attach(claim, b"x" * (1024 * 1024 + 1), name="a.txt")) == ("POE-03",)

    settings.CPOR_POE_MAX_TOTAL_MB = 1
    first = attach(claim, b"1" * 700_000, name="a.txt")
    assert codes_of(lambda: attach(claim, b"2" * 700_000, name="b.txt")) == ("POE-03",)
    assert stored() == [first.file.name]

    settings.CPOR_POE_MAX_FILES = 2
    second = attach(claim, b"3" * 1000, name="c.txt")
    assert codes_of(lambda: attach(claim, b"4", name="d.txt")) == ("POE-03",)
    withdraw_document(document_id=second.pk, actor=owner(claim))
    attach(claim, b"4", name="d.txt")


def test_the_same_file_again_and_for_another_customer() -> None:
    organization = factories.make_organization()
    location = factories.make_location(organization)
    user = factories.make_user()
    first = factories.make_claim(user=user, location=location, document=False)
    second = factories.make_claim(user=user, location=location, document=False)
    third = factories.make_claim(document=False)
    content = factories.make_pdf("Shared")
    assert attach_with_warnings(first, content) == (first.documents.get(), [])
    assert attach_with_warnings(first, content, name="copy.pdf")[1] == ["POE-06"]
    assert attach_with_warnings(second, content)[1] == ["POE-07"]
    assert attach_with_warnings(third, content)[1] == []


def test_the_date_of_the_signature(stored: Callable[[], list[str]]) -> None:
    claim = factories.make_claim(document=False)
    today = factories.today()
    future = today + timedelta(days=2)
    assert codes_of(lambda: attach(claim, signed_on=future)) == ("POE-08",)
    assert stored() == []
    old = attach_with_warnings(claim, signed_on=today - timedelta(days=400))
    assert old[1] == ["POE-09"]

    def describe() -> object:
        return describe_document(
            document_id=old[0].pk, actor=owner(claim), kind="email", signed_on=future
        )

    assert codes_of(describe) == ("POE-08",)


def test_only_lines_of_the_claim_that_stand_can_be_covered() -> None:
    claim, other = (factories.make_claim(document=False) for _number in range(2))
    (line,), (foreign,) = included_lines(claim), included_lines(other)
    assert codes_of(lambda: attach(claim, line_ids=[line.pk, foreign.pk])) == ("POE-12",)
    line.line_status = LineStatus.REMOVED_BY_PARTNER
    line.save()
    assert codes_of(lambda: attach(claim, line_ids=[line.pk])) == ("POE-12",)


# --- describing, replacing, withdrawing -----------------------------------------------------------


def test_describing_anew() -> None:
    claim = factories.make_claim(document=False)
    (line,) = included_lines(claim)
    document = attach(claim, line_ids=[line.pk], note="first")
    described, problems = describe_document(
        document_id=document.pk,
        actor=owner(claim),
        kind=PoEDocument.Kind.PURCHASE_ORDER,
        signer_name="Jan Nowak",
    )
    assert problems == []
    kept = PoEDocument.objects.get(pk=document.pk)
    assert described == kept
    assert (kept.kind, kept.signer_name, kept.note) == ("purchase_order", "Jan Nowak", "")
    assert list(kept.covers.all()) == []
    event = last_event(claim)
    assert (event.kind, event.details) == (
        "document_described",
        {"document": kept.pk, "name": "proof.pdf"},
    )
    assert acts.fresh(claim).version == claim.version + 2


def test_a_document_in_anothers_place() -> None:
    claim = factories.make_claim(document=False)
    (line,) = included_lines(claim)
    old = attach(claim, line_ids=[line.pk], signer_name="Jana Meier", kind=PoEDocument.Kind.REPORT)

    new, problems = replace_document(
        document_id=old.pk,
        actor=owner(claim),
        upload=files.upload("better.pdf", factories.make_pdf("Better")),
    )

    assert problems == []
    old, new = PoEDocument.objects.get(pk=old.pk), PoEDocument.objects.get(pk=new.pk)
    assert (old.withdrawn_at is not None, old.counts, new.counts) == (True, False, True)
    assert new.supersedes == old
    assert (new.original_name, new.kind, new.signer_name) == ("better.pdf", "report", "Jana Meier")
    assert list(new.covers.all()) == [line]
    assert last_event(claim).details == {
        "document": new.pk,
        "name": "better.pdf",
        "replaces": old.pk,
    }
    with pytest.raises(MovedOn):
        replace_document(
            document_id=old.pk, actor=owner(claim), upload=files.upload("a.txt", b"again")
        )


def test_withdrawing_keeps_the_file(stored: Callable[[], list[str]]) -> None:
    claim = factories.make_claim(document=False)
    document = attach(claim)
    withdrawn = withdraw_document(document_id=document.pk, actor=owner(claim))
    assert withdrawn.withdrawn_at is not None
    assert stored() == [document.file.name]
    assert last_event(claim).kind == "document_withdrawn"
    with pytest.raises(MovedOn):
        withdraw_document(document_id=document.pk, actor=owner(claim))


def test_a_claim_that_is_handed_in_keeps_some_proof() -> None:
    claim = acts.submit(factories.make_claim())
    only = claim.documents.get()
    assert codes_of(lambda: withdraw_document(document_id=only.pk, actor=owner(claim))) == (
        "POE-01",
    )
    attach(claim)
    assert withdraw_document(document_id=only.pk, actor=owner(claim)).withdrawn_at is not None


# --- when (table 2.4) -----------------------------------------------------------------------------


def discarded() -> Claim:
    claim = factories.make_claim()
    return discard_claim(claim_id=claim.pk, actor=owner(claim))


def withdrawn() -> Claim:
    claim = acts.submit(factories.make_claim())
    return withdraw_claim(claim_id=claim.pk, actor=owner(claim), reason="Wrong customer.")


STAGES: dict[str, Callable[[], Claim]] = {
    "editing": factories.make_claim,
    "submitted": lambda: acts.submit(factories.make_claim()),
    "under_review": acts.under_review,
    "partner_action_required": acts.asked,
    "approved": acts.approved,
    "rejected": withdrawn,
    "cancelled": discarded,
}
OCCASIONS = {
    "editing": "initial",
    "submitted": "initial",
    "under_review": "initial",
    "partner_action_required": "response",
    "approved": "refresh",
    "rejected": None,
    "cancelled": None,
}


@pytest.mark.parametrize("stage", STAGES)
def test_when_proof_can_be_added_and_changed(stage: str, stored: Callable[[], list[str]]) -> None:
    claim = acts.fresh(STAGES[stage]())
    assert claim.status == stage
    document = claim.documents.get()
    before = stored()
    occasion = OCCASIONS[stage]
    assert may_attach(claim) is (occasion is not None)
    if occasion is None:
        with pytest.raises(MovedOn):
            attach(claim)
        assert stored() == before
    else:
        with transaction.atomic():
            assert attach(claim).occasion == occasion
            assert last_event(claim).details.get("late", False) is (stage == "under_review")
            assert acts.fresh(claim).status == stage
            transaction.set_rollback(True)

    open_to_change = stage in ("editing", "submitted", "partner_action_required")
    assert may_change(claim, document) is open_to_change
    attempts: list[Callable[[], object]] = [
        lambda: describe_document(document_id=document.pk, actor=owner(claim), kind="email"),
        lambda: replace_document(
            document_id=document.pk, actor=owner(claim), upload=files.upload("a.txt", b"new")
        ),
    ]
    for attempt in attempts:
        if open_to_change:
            attempt()
        else:
            with pytest.raises(MovedOn):
                attempt()


def test_after_approval_only_what_came_after_it_can_be_withdrawn() -> None:
    claim = acts.approved()
    judged, later = claim.documents.get(), attach(claim)
    with pytest.raises(MovedOn):
        withdraw_document(document_id=judged.pk, actor=owner(claim))
    withdraw_document(document_id=later.pk, actor=owner(claim))


def resubmit(claim: Claim) -> Claim:
    claim = acts.fresh(claim)
    warnings = check_submission(claim, claim.created_by, clock.now())
    return resubmit_claim(
        claim_id=claim.pk,
        actor=owner(claim),
        version=claim.version,
        confirmed={warning.key: "Known." for warning in warnings},
    )


def test_an_answer_that_waits_for_the_reviewer_takes_more_of_the_answer() -> None:
    claim = acts.asked()
    attach(claim)
    claim = resubmit(claim)
    assert claim.status == Status.SUBMITTED
    assert attach(claim, b"more", name="more.txt").occasion == "response"


def test_a_date_that_was_missing_is_an_answer() -> None:
    claim = acts.asked()
    assert codes_of(lambda: resubmit(claim)) == ("SUBM-04",)
    signed_on = factories.today() - timedelta(days=9)
    describe_document(
        document_id=claim.documents.get().pk,
        actor=owner(claim),
        kind=PoEDocument.Kind.STATEMENT_OF_WORK,
        signed_on=signed_on,
    )
    assert resubmit(claim).status == Status.SUBMITTED


def test_the_rules_of_2023_freeze_a_submitted_claim(settings: Any) -> None:
    settings.CPOR_RULE_PROFILE = "2023"
    claim = acts.submit(factories.make_claim())
    with pytest.raises(MovedOn):
        attach(claim)
    with pytest.raises(MovedOn):
        withdraw_document(document_id=claim.documents.get().pk, actor=owner(claim))
