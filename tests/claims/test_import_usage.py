"""`import_usage` and the rule that reads what it brings (LIN-06)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.checks import check_lines
from claims.imports import UnusableFile, import_usage
from claims.models import CustomerTenant, Program, WorkloadUsage
from claims.rules.lines import LineFacts, usage_problems
from cpor_site.common import clock
from tests import factories
from tests.claims.import_files import outcome, told, write_csv

pytestmark = pytest.mark.django_db


def row(tenant: CustomerTenant, **changes: Any) -> dict[str, Any]:
    values = {
        "CustomerTenantId": tenant.tenant_id,
        "CustomerName": tenant.name,
        "WorkloadName": "exchange_online",
        "Date": "2026-04-30",
        "PaidAvailableUnits": 200,
        "MonthlyActiveUsers": 110,
    }
    return values | changes


def figures() -> list[tuple[str, date, int, int]]:
    rows = WorkloadUsage.objects.order_by("product__code", "month")
    return [(each.product.code, each.month, each.paid_units, each.active_users) for each in rows]


def test_a_report_is_taken_and_a_later_one_corrects_it(tmp_path: Path) -> None:
    tenant = factories.make_tenant()
    first = [
        row(tenant),
        row(tenant, WorkloadName="Microsoft Teams", Date="2026-03-01", MonthlyActiveUsers=0),
    ]
    path = write_csv(tmp_path / "usage.csv", first)
    assert outcome(import_usage(path=path)) == (2, 0, 0, 0)
    assert outcome(import_usage(path=path)) == (0, 0, 2, 0)

    later = write_csv(tmp_path / "later.csv", [row(tenant, MonthlyActiveUsers=150)])
    assert outcome(import_usage(path=later, dry_run=True)) == (0, 1, 0, 0)
    assert outcome(import_usage(path=later)) == (0, 1, 0, 0)
    assert figures() == [
        ("exchange_online", date(2026, 4, 1), 200, 150),
        ("teams", date(2026, 3, 1), 200, 0),
    ]


def test_rows_that_can_not_be_taken_say_why(tmp_path: Path) -> None:
    tenant = factories.make_tenant()
    unknown = factories.guid(1)
    path = write_csv(
        tmp_path / "usage.csv",
        [
            row(tenant),
            row(tenant, CustomerTenantId=unknown),
            row(tenant, WorkloadName="Lotus Notes"),
            row(tenant, WorkloadName="Exchange Online", Date="2026-04-01"),
            row(tenant, Date="April", PaidAvailableUnits=-1),
        ],
    )
    report = import_usage(path=path)

    assert outcome(report) == (1, 0, 0, 4)
    assert [line.partition(": ")[0] for line in told(report)] == [
        "line 3, column CustomerTenantId",
        "line 4, column WorkloadName",
        "line 5, column WorkloadName",
        "line 6, column Date",
        "line 6, column PaidAvailableUnits",
    ]


def test_a_file_without_its_columns_is_refused_whole(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "usage.csv", [{"CustomerTenantId": "x", "WorkloadName": "y"}])
    with pytest.raises(UnusableFile, match="MonthlyActiveUsers"):
        import_usage(path=path)


def test_the_queries_do_not_grow_with_the_rows(tmp_path: Path) -> None:
    numbers = []
    for count in (1, 3):
        tenants = [factories.make_tenant() for _ in range(count)]
        path = write_csv(tmp_path / f"{count}.csv", [row(each) for each in tenants])
        with CaptureQueriesContext(connection) as queries:
            assert outcome(import_usage(path=path)) == (count, 0, 0, 0)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_the_command_brings_a_report_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_csv(tmp_path / "usage.csv", [row(factories.make_tenant())])
    call_command("import_usage", str(path))

    assert "1 created" in capsys.readouterr().out


def test_the_shipped_threshold_is_of_the_program_that_counts_growth() -> None:
    factories.make_catalogue()
    found = Program.objects.exclude(usage_threshold_percent=None)
    assert list(found.values_list("code", "usage_threshold_percent")) == [("OSU-M365", 40)]


@pytest.mark.parametrize(("percent", "codes"), [(40, []), (41, ["LIN-06"]), (None, [])])
def test_lin_06_begins_above_the_threshold(percent: int | None, codes: list[str]) -> None:
    line = factories.make_claim().lines.select_related("product", "activity__program").get()
    percents = {} if percent is None else {line.product_id: percent}
    problems = usage_problems([LineFacts(line, frozenset())], percents)

    assert [each.code for each in problems] == codes


def test_lin_06_reads_the_last_month_on_record() -> None:
    claim = factories.make_claim()
    assert claim.tenant is not None
    product = claim.lines.get().product
    for month, active in ((date(2026, 3, 1), 180), (date(2026, 4, 1), 50)):
        WorkloadUsage.objects.create(
            tenant=claim.tenant, product=product, month=month, paid_units=200, active_users=active
        )
    assert [each.code for each in check_lines(claim, clock.now())] == []

    WorkloadUsage.objects.filter(month=date(2026, 4, 1)).update(active_users=90)
    (problem,) = check_lines(claim, clock.now())
    assert (problem.code, problem.line) == ("LIN-06", claim.lines.get().pk)
    assert "45%" in str(problem.message)
