"""Importers and noise: a report or a sentence comes of every file, and never an error."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.imports import customers, partner_rows, products, subscription_rows, usage
from claims.imports.customers import import_customers
from claims.imports.partners import import_partners
from claims.imports.products import import_products
from claims.imports.report import UnusableFile
from claims.imports.subscriptions import import_subscriptions
from claims.imports.usage import import_usage

pytestmark = pytest.mark.django_db

IMPORTS: dict[str, tuple[Callable[..., Any], Any]] = {
    "customers": (import_customers, customers.COLUMNS),
    "partners": (import_partners, partner_rows.COLUMNS),
    "products": (import_products, products.COLUMNS),
    "subscriptions": (import_subscriptions, subscription_rows.COLUMNS),
    "usage": (import_usage, usage.COLUMNS),
}
FUZZED = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "15")),
    deadline=None,
    database=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
CELLS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "72f988bf-86f1-41af-91ab-2d7cd011db47",
            "contoso.example",
            "2026-13-45",
            "9" * 400,
            "-1",
            "NaN",
            "=cmd|x!A1",
            "\u202e",
            "\ud800",
            "x" * 5000,
            "partner",
        ]
    ),
)


def run(name: str, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    call, _columns = IMPORTS[name]
    with transaction.atomic():
        try:
            said = str(call(path=path))
        except UnusableFile as refusal:
            said = str(refusal)
        assert said
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", IMPORTS)
@FUZZED
@given(data=st.data())
def test_rows_of_nonsense_get_a_report(name: str, tmp_path: Path, data: st.DataObject) -> None:
    columns = [*IMPORTS[name][1].required, *IMPORTS[name][1].optional]
    row = st.lists(CELLS, min_size=0, max_size=len(columns) + 1)
    rows = data.draw(st.lists(row, max_size=5))
    text = StringIO()
    csv.writer(text).writerows([columns, *rows])
    run(name, tmp_path / "f.csv", text.getvalue().encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("name", IMPORTS)
@FUZZED
@given(content=st.binary(max_size=600))
def test_noise_gets_a_sentence(name: str, tmp_path: Path, content: bytes) -> None:
    run(name, tmp_path / "f.csv", content)
