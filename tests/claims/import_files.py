"""Files for the tests of the imports: made up ones, and where the published list lies."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from claims.imports import ImportReport

# Beside the repository, unless CPOR_SHARED_DATA names another folder.
SHARED = Path(settings.SHARED_DATA or Path(__file__).resolve().parents[3] / "shared" / "data")
PRODUCT_LIST = SHARED / "microsoft_product_names.csv"

needs_product_list = pytest.mark.skipif(
    not PRODUCT_LIST.is_file(), reason="needs the published product list (CPOR_SHARED_DATA)"
)


def write_csv(path: Path, rows: Iterable[Mapping[str, object]], delimiter: str = ",") -> Path:
    """Write rows under a header made of all their columns, in order of appearance."""
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_json(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
    return path


def outcome(report: ImportReport) -> tuple[int, int, int, int]:
    """Return how many were created, changed, unchanged, refused."""
    return report.created, report.changed, report.unchanged, report.refused


def told(report: ImportReport) -> list[str]:
    """Return the refusals as people read them."""
    return [str(refusal) for refusal in report.refusals]
