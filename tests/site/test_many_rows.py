"""Many rows at once, by ``COPY`` on PostgreSQL, are the rows that ``save`` would have written."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from claims.models import Claim
from consent.models import IncentiveHandoff
from cpor_site.common import outbox
from cpor_site.common.key_lists import Among
from cpor_site.common.many_rows import insert_many
from cpor_site.common.models import OutboxMessage
from tests import acts, factories
from tests.factories import at

pytestmark = pytest.mark.django_db

NOW = at("2026-05-21T16:00+02:00")
TEXTS = ("", "tab\tand\nline\r\nand \\N \\. \\\\", "Söhne 'n' \"Co\"; 大 😀", "{1,2} NULL")


def letter(key: str, text: str = "") -> outbox.Entry:
    return {
        "key": key,
        "kind": "claim_rejected",
        "recipient": "ada@partner.example",
        "locale": "en",
        "subject": "Subject",
        "text_body": text,
        "html_body": text,
        "claim_number": "CPOR-2026-000042",
        "now": NOW,
    }


def columns(message: OutboxMessage) -> dict[str, Any]:
    fields = OutboxMessage._meta.concrete_fields
    return {
        field.attname: getattr(message, field.attname)
        for field in fields
        if field.attname not in ("id", "key", "message_id")
    }


def test_letters_written_together_are_those_written_alone() -> None:
    outbox.enqueue_many(letter(f"many:{number}", text) for number, text in enumerate(TEXTS))
    for number, text in enumerate(TEXTS):
        outbox.enqueue(**letter(f"one:{number}", text))
        one, many = (OutboxMessage.objects.get(key=f"{way}:{number}") for way in ("one", "many"))
        assert columns(many) == columns(one)
        assert one.text_body == text


def test_a_row_that_breaks_a_rule_leaves_none_behind() -> None:
    outbox.enqueue_many([letter("first")])
    with pytest.raises(IntegrityError), transaction.atomic():
        outbox.enqueue_many([letter("second"), letter("first")])
    assert [each.key for each in OutboxMessage.objects.all()] == ["first"]


def test_values_of_every_kind_come_back_as_they_were() -> None:
    claim = acts.in_window()
    line = claim.lines.get()
    payload = {"text": TEXTS[1], "number": 1, "nothing": None, "list": [True, {}]}
    insert_many(
        IncentiveHandoff,
        ("line_id", "sequence", "payload", "posted_at"),
        [(line.pk, 7, payload, None)],
        claim_id=claim.pk,
        kind="start",
        effective_on=date(2026, 5, 21),
        created_at=NOW,
    )
    row = IncentiveHandoff.objects.get(claim=claim, sequence=7)
    assert (row.payload, row.state, row.tries) == (payload, "pending", 0)
    assert (row.effective_on, row.created_at, row.posted_at) == (date(2026, 5, 21), NOW, None)


def test_keys_in_one_parameter_are_found_as_a_list_of_them_is() -> None:
    first, _other, third = (factories.make_claim() for _ in range(3))
    claims = Claim.objects.order_by("pk")
    assert list(claims.filter(Among("pk", {third.pk, first.pk, 0}))) == [first, third]
    assert list(claims.filter(Among("organization", [third.organization_id]))) == [third]
    assert not claims.filter(Among("pk", [])).exists()
