"""The chain of digests: what was altered since it was sealed is named, whichever way."""

from __future__ import annotations

import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from claims import actors
from claims.models import Claim, ClaimEvent, Comment, PoEDocument, ReviewDecision
from claims.services import comments
from consent.models import ConsentAnswer
from consent.services import answers
from consent.services.answers import Responder
from cpor_site.common.evidence import sealing
from cpor_site.common.evidence.kept import kept_tables
from cpor_site.common.evidence.sealing import head, seal_evidence
from cpor_site.common.evidence.verifying import Walk
from cpor_site.common.models import EvidenceSalt, EvidenceSeal
from tests import acts, factories
from tests.shared import shared
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db


@shared
def claim() -> Claim:
    found = acts.in_window(factories.make_claim())
    assert found.submitted_by is not None
    answers.agree(token=acts.token_of(found), responder=Responder(name="Jana"))
    comments.add_comment(
        claim_id=found.pk, actor=actors.partner(found.submitted_by), body="Thank you."
    )
    return found


def wrong() -> list[str]:
    return [str(each) for each in Walk().findings()]


def test_what_stands_as_it_was_written_verifies(claim: Claim) -> None:
    run = seal_evidence()
    written = sum(each.model._base_manager.count() for each in kept_tables() if each.sealed)
    assert (run.examined, run.acted) == (written, written)
    out = StringIO()
    call_command("verify_evidence", stdout=out)
    last = head()
    assert last is not None
    assert out.getvalue().replace(" ", "").endswith(f"Head:{last.digest}\n")
    assert seal_evidence().examined == 0
    assert claim.submitted_by is not None
    comments.add_comment(
        claim_id=claim.pk, actor=actors.partner(claim.submitted_by), body="One more thing."
    )
    assert seal_evidence(dry_run=True).skipped == 4
    assert head() == last
    assert seal_evidence().acted == 4
    assert wrong() == []


ALTERED: list[tuple[Any, dict[str, Any], str]] = [
    (ClaimEvent, {"kind": "forged"}, "kind"),
    (ClaimEvent, {"actor_name": "Nobody"}, "actor_name or details"),
    (Comment, {"body": "Never mind."}, "body"),
    (ReviewDecision, {"outcome": "rejected", "reason_codes": ["R-POE"]}, "outcome, reason_codes"),
    (ConsentAnswer, {"kind": "declined"}, "kind"),
    (PoEDocument, {"sha256": "0" * 64}, "sha256"),
    (Claim.history.model, {"status": "rejected"}, "status"),
]


def test_an_altered_row_is_named_with_its_columns(claim: Claim) -> None:
    seal_evidence()
    for model, change, named in ALTERED:
        row = model.objects.order_by("pk").last()
        before = {name: getattr(row, name) for name in change}
        with unguarded():
            model.objects.filter(pk=row.pk).update(**change)
        assert wrong() == [f"{model._meta.db_table} {row.pk}: altered: {named}"]
        with pytest.raises(CommandError) as refusal:
            call_command("verify_evidence", stderr=StringIO())
        assert refusal.value.returncode == 1
        with unguarded():
            model.objects.filter(pk=row.pk).update(**before)
        assert wrong() == []


def test_missing_and_inserted_rows_are_named(claim: Claim) -> None:
    gone = ClaimEvent.objects.order_by("pk")[1]
    with unguarded():
        ClaimEvent.objects.filter(pk=gone.pk).delete()
    seal_evidence()
    with unguarded():
        gone.save(force_insert=True)
    assert wrong() == [f"claims_claimevent {gone.pk}: inserted later"]
    with unguarded():
        ClaimEvent.objects.filter(pk__lte=gone.pk).delete()
    assert wrong() == [f"claims_claimevent {gone.pk - 1}: missing"]


def test_a_chain_that_was_rewritten_is_told_by_a_digest_kept_elsewhere(claim: Claim) -> None:
    seal_evidence()
    kept = head()
    assert kept is not None
    halves = (kept.digest[:32].upper(), kept.digest[32:])
    call_command("verify_evidence", "--head", *halves, stdout=StringIO())
    with unguarded():
        EvidenceSeal.objects.all().delete()
        Comment.objects.update(body="Never mind.")
    seal_evidence()
    assert wrong() == []
    (finding,) = Walk(expected=kept.digest).findings()
    assert str(finding) == f"common_evidenceseal 0: no seal has the digest {kept.digest}"


def test_an_altered_or_missing_seal_is_named(claim: Claim) -> None:
    seal_evidence()
    with unguarded():
        EvidenceSeal.objects.filter(number=3).update(sealed_at=claim.created_at)
    assert wrong() == ["common_evidenceseal 3: the seal itself was altered"]
    with unguarded():
        EvidenceSeal.objects.filter(number=3).delete()
    assert wrong()[0] == "common_evidenceseal 3: missing"


def test_every_claim_has_a_salt_of_its_own(claim: Claim) -> None:
    other = acts.in_window(factories.make_claim())
    seal_evidence()
    salts = dict(EvidenceSalt.objects.values_list("claim_key", "salt"))
    assert {len(bytes(salt)) for salt in salts.values()} == {32}
    assert bytes(salts[claim.pk]) != bytes(salts[other.pk])


def test_many_rows_take_several_seals_and_a_walk_may_begin_later(
    claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "BLOCK", 2)
    seal_evidence()
    events = EvidenceSeal.objects.filter(table="claims_claimevent").order_by("number")
    assert [each.row_count for each in events][:-1] == [2] * (events.count() - 1)
    assert wrong() == []
    walk = Walk(first=4)
    assert list(walk.findings()) == []
    assert walk.seals == EvidenceSeal.objects.count() - 3


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_rows_wait_until_nobody_can_commit_a_lower_key() -> None:
    claim = factories.make_claim()
    has_key, may_commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with transaction.atomic():
            note(claim)
            has_key.set()
            assert may_commit.wait(20)
        connection.close()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert has_key.wait(20)
    later = note(claim)
    run = seal_evidence(patience=0)
    sealed = set(EvidenceSeal.objects.values_list("table", flat=True))
    assert run.acted > 0
    assert "claims_claimevent" not in sealed
    may_commit.set()
    writer.join(20)
    seal_evidence()
    assert sealing.sealed_upto("claims_claimevent") == later.pk
    assert ClaimEvent.objects.filter(pk__lt=later.pk, kind="noted").count() == 1
    assert wrong() == []


def note(claim: Claim) -> ClaimEvent:
    return ClaimEvent.objects.create(
        claim=claim, kind="noted", at=claim.created_at, side="system", actor_name="System"
    )
