"""Two uploads, or two withdrawals, on the same claim in the same instant."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from claims.models import ClaimEvent, PoEDocument
from claims.services.documents import withdraw_document
from tests import acts, factories
from tests.claims.attaching import attach, owner
from tests.races import rounds

from .test_claim_races import race

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = rounds(2)


def test_two_uploads_at_once_do_not_pass_the_limit_together(settings: Any) -> None:
    settings.CPOR_POE_MAX_FILES = 2
    for _round in range(ROUNDS):
        claim = factories.make_claim()
        found = race(
            partial(attach, claim, b"one", name="one.txt"),
            partial(attach, claim, b"two", name="two.txt"),
        )
        assert sorted(found) == ["POE-03", "done"]
        assert claim.documents.count() == 2
        assert ClaimEvent.objects.filter(claim=claim, kind="document_attached").count() == 1
        assert acts.fresh(claim).version == claim.version + 1


def test_two_withdrawals_at_once_leave_a_claim_that_is_handed_in_some_proof() -> None:
    for _round in range(ROUNDS):
        claim = factories.make_claim()
        factories.make_document(claim)
        claim = acts.submit(claim)
        found = race(
            *(
                partial(withdraw_document, document_id=document.pk, actor=owner(claim))
                for document in claim.documents.all()
            )
        )
        assert sorted(found) == ["POE-01", "done"]
        assert PoEDocument.objects.filter(claim=claim, withdrawn_at=None).count() == 1
