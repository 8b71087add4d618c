"""Two imports of the same file at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connections

from claims.imports import ImportReport, import_customers
from claims.models import CustomerTenant, TenantDomain
from tests.claims.import_files import outcome, write_csv

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_each_row_is_created_once(tmp_path: Path) -> None:
    rows = [
        {
            "tenant_id": str(uuid4()),
            "name": f"Customer {number}",
            "domains": f"customer{number}.example",
            "country": "DE",
        }
        for number in range(60)
    ]
    path = write_csv(tmp_path / "customers.csv", rows)
    barrier = Barrier(2)

    def run() -> ImportReport:
        try:
            barrier.wait()
            return import_customers(path=path, batch_size=7)
        finally:
            connections.close_all()

    reports = _at_once(run)

    created, changed, unchanged, refused = map(sum, zip(*map(outcome, reports), strict=True))
    assert (created, changed, unchanged, refused) == (60, 0, 60, 0)
    assert CustomerTenant.history.count() == TenantDomain.objects.count() == 60


def _at_once(run: Callable[[], ImportReport]) -> list[ImportReport]:
    with ThreadPoolExecutor(2) as pool:
        return [each.result() for each in [pool.submit(run), pool.submit(run)]]
