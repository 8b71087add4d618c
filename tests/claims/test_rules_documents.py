from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from claims.models import ClaimLine, PoEDocument, Product
from claims.rules.documents import (
    MEGABYTE,
    DocumentFacts,
    check_amounts,
    document_problems,
    months_before,
)
from cpor_site.common.problems import Problem, Severity

TODAY = date(2026, 5, 4)


def document(pk: int = 1, **fields: Any) -> PoEDocument:
    values = {
        "original_name": f"proof{pk}.pdf",
        "size": MEGABYTE,
        "sha256": f"{pk:064}",
        "signed_on": date(2026, 4, 1),
    }
    return PoEDocument(pk=pk, **(values | fields))


def line(pk: int, code: str) -> ClaimLine:
    return ClaimLine(pk=pk, product=Product(code=code, name=code.title()))


def ask(*documents: PoEDocument, **changes: Any) -> list[Problem]:
    values: dict[str, Any] = {
        "documents": documents,
        "lines": [line(10, "teams")],
        "covered": {each.pk: {10} for each in documents},
        "used_elsewhere": frozenset(),
        "customer": "Contoso",
        "sector": "commercial",
        "disclosure_confirmed": False,
        "max_age_months": 12,
        "max_files": 20,
        "max_total_mb": 100,
    }
    return document_problems(DocumentFacts(**(values | changes)), today=TODAY)


def outline(problems: Sequence[Problem]) -> list[tuple[str, Severity, str]]:
    return [(each.code, each.severity, each.subject) for each in problems]


def test_a_signed_document_that_covers_everything_has_no_problem() -> None:
    assert ask(document()) == []


def test_poe_01_a_document_is_needed() -> None:
    assert outline(ask()) == [("POE-01", Severity.ERROR, "")]


def test_poe_01_what_the_virus_check_refused_is_no_document() -> None:
    assert outline(ask(document(scan_state="infected"))) == [
        ("POE-01", Severity.ERROR, ""),
        ("POE-05", Severity.ERROR, "1"),
    ]


def test_poe_03_too_many_files() -> None:
    documents = [document(pk) for pk in (1, 2, 3)]
    assert ask(*documents, max_files=3) == []
    assert outline(ask(*documents, max_files=2)) == [("POE-03", Severity.ERROR, "number")]


def test_poe_03_too_much_together() -> None:
    documents = [document(1), document(2, size=MEGABYTE + 1)]
    assert outline(ask(*documents, max_total_mb=2)) == [("POE-03", Severity.ERROR, "total")]
    assert ask(document(1), document(2), max_total_mb=2) == []


@pytest.mark.parametrize(
    ("count", "total", "adding", "subjects"),
    [
        (1, 1, 1, []),
        (2, 1, 0, []),
        (2, 1, 1, ["number"]),
        (1, MEGABYTE, MEGABYTE, []),
        (1, MEGABYTE, MEGABYTE + 1, ["total"]),
        (2, MEGABYTE, MEGABYTE + 1, ["number", "total"]),
    ],
)
def test_poe_03_a_file_that_is_about_to_come_counts(
    count: int, total: int, adding: int, subjects: list[str]
) -> None:
    problems = check_amounts(
        count=count, total_bytes=total, adding_bytes=adding, max_files=2, max_total_mb=2
    )
    assert [each.subject for each in problems] == subjects
    assert {each.code for each in problems} <= {"POE-03"}


def test_poe_03_a_total_over_the_limit_never_reads_as_the_limit() -> None:
    [problem] = check_amounts(count=1, total_bytes=2 * MEGABYTE + 1, max_files=9, max_total_mb=2)
    assert "2.1 MB" in str(problem.message)


@pytest.mark.parametrize(
    ("state", "codes"),
    [("not_scanned", []), ("clean", []), ("pending", ["POE-05"]), ("failed", ["POE-05"])],
)
def test_poe_05_the_virus_check_has_to_be_over(state: str, codes: list[str]) -> None:
    problems = ask(document(scan_state=state))
    assert [each.code for each in problems] == codes
    assert all(each.blocks for each in problems)


def test_poe_05_infected_beside_a_clean_document_blocks_too() -> None:
    problems = ask(document(1), document(2, scan_state="infected"))
    assert outline(problems) == [("POE-05", Severity.ERROR, "2")]


def test_poe_06_the_same_file_twice() -> None:
    twin = document(2, sha256=document(1).sha256)
    assert outline(ask(document(1), twin)) == [("POE-06", Severity.WARNING, "2")]


def test_poe_07_the_file_was_used_for_another_customer() -> None:
    problems = ask(document(1), document(2), used_elsewhere=frozenset([document(2).sha256]))
    assert outline(problems) == [("POE-07", Severity.WARNING, "2")]
    assert "Contoso" in str(problems[0].message)


@pytest.mark.parametrize(
    ("signed_on", "expected"),
    [
        (date(2026, 5, 5), [("POE-08", Severity.ERROR, "1")]),
        (date(2026, 5, 4), []),
        (date(2025, 5, 4), []),
        (date(2025, 5, 3), [("POE-09", Severity.WARNING, "1")]),
        (None, []),
    ],
)
def test_poe_08_and_09_the_date_of_the_signature(
    signed_on: date | None, expected: list[tuple[str, Severity, str]]
) -> None:
    assert outline(ask(document(signed_on=signed_on))) == expected


def test_poe_09_the_age_is_a_matter_of_the_rule_profile() -> None:
    assert ask(document(signed_on=date(2024, 5, 4)), max_age_months=24) == []


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 5, 4), 12, date(2025, 5, 4)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 18, date(2025, 6, 30)),
        (date(2026, 5, 4), 0, date(2026, 5, 4)),
    ],
)
def test_months_are_counted_back(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


def test_poe_10_a_line_that_no_document_covers() -> None:
    lines = [line(10, "teams"), line(11, "intune"), line(12, "exchange")]
    problems = ask(document(1), document(2), lines=lines, covered={1: {10}, 2: set()})
    assert outline(problems) == [("POE-10", Severity.WARNING, "exchange+intune")]
    assert "Intune, Exchange" in str(problems[0].message)


def test_poe_10_a_document_that_does_not_stand_covers_nothing() -> None:
    documents = document(1), document(2, scan_state="infected")
    problems = ask(*documents, covered={1: set(), 2: {10}})
    assert [each.code for each in problems] == ["POE-05", "POE-10"]


def test_poe_11_the_public_sector_needs_the_disclosure() -> None:
    problems = ask(document(), sector="public")
    assert [(each.code, each.severity, each.field) for each in problems] == [
        ("POE-11", Severity.ERROR, "public_sector_disclosure_confirmed")
    ]
    assert ask(document(), sector="public", disclosure_confirmed=True) == []
    assert ask(document(), sector="education") == []
