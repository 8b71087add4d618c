"""What the customer finds behind the link once the partner has ended the association."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from claims import actors
from claims.models import Claim
from claims.services.endings import end_association
from consent.models import ConsentAnswer
from tests import acts

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["consent_page", "consent_agree", "consent_decline"])
def test_the_link_says_that_it_has_ended_and_nothing_of_why(client: Client, name: str) -> None:
    claim: Claim = acts.in_window()
    address = reverse(name, args=[acts.token_of(claim)])
    end_association(
        claim_id=claim.pk, actor=actors.partner(claim.created_by), reason="They pay too little."
    )

    for answer in (client.get(address), client.post(address, {"responder_name": "Berta"})):
        if answer.status_code == 405:
            continue
        words = answer.content.decode()
        assert "This association has ended. There is nothing left to answer." in words
        assert claim.number in words
        for secret in ("They pay too little.", claim.created_by.full_name):
            assert secret not in words
    assert not ConsentAnswer.objects.exists()
