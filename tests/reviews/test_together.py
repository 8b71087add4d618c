"""Several tables in one query give the same instances as one query each."""

from __future__ import annotations

from typing import Any

import pytest

from claims.models import (
    ClaimContact,
    Comment,
    PoEDocument,
    ReviewDecision,
    ReviewFinding,
    TenantDomain,
)
from reviews.together import read_together
from tests import acts

pytestmark = pytest.mark.django_db


def columns(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_the_same_rows_in_one_query(django_assert_num_queries: Any) -> None:
    claim = acts.asked()
    acts.asked()
    parts = {
        "contacts": ClaimContact.objects.filter(claim=claim),
        "comments": Comment.objects.filter(claim=claim),
        "decisions": ReviewDecision.objects.filter(claim=claim),
        "findings": ReviewFinding.objects.filter(claim=claim),
        "links": ReviewFinding.lines.through.objects.filter(reviewfinding__claim=claim),
        "domains": TenantDomain.objects.filter(tenant=claim.tenant),
        "documents": PoEDocument.objects.filter(claim=claim),
    }

    read_together(parts)  # SQLite is asked once for each connection whether it knows JSON.
    with django_assert_num_queries(1):
        found = read_together(parts)
        names = [str(each.reviewer) for each in found["decisions"]]

    assert names == [str(claim.assigned_reviewer)]
    for name, rows in parts.items():
        assert [columns(each) for each in found[name]] == [
            columns(each) for each in rows.order_by("pk")
        ], name


def test_nothing_asked_nothing_read(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert read_together({}) == {}
