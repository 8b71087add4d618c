"""Customers and their domains: created, changed, left alone, refused."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.imports import ImportReport, UnusableFile, import_customers
from claims.models import CustomerTenant, TenantDomain
from cpor_site.common import clock
from tests.claims.import_files import outcome, told, write_csv

pytestmark = pytest.mark.django_db

CONTOSO = "1b2c3d4e-0000-4000-8000-00805f9b34fb"
FABRIKAM = "2b2c3d4e-0000-4000-8000-00805f9b34fb"


def row(**cells: str) -> dict[str, str]:
    return {
        "tenant_id": CONTOSO,
        "name": "Contoso",
        "domains": "contoso.onmicrosoft.com contoso.example",
        "country": "de",
    } | cells


def fabrikam(**cells: str) -> dict[str, str]:
    return row(tenant_id=FABRIKAM, name="Fabrikam", domains="fabrikam.example") | cells


def run(
    tmp_path: Path, *rows: dict[str, str], dry_run: bool = False, batch_size: int = 2000
) -> ImportReport:
    path = write_csv(tmp_path / "customers.csv", rows, delimiter=";")
    return import_customers(path=path, dry_run=dry_run, batch_size=batch_size)


def domains(tenant_id: str = CONTOSO) -> list[tuple[str, str, bool, bool]]:
    found = TenantDomain.objects.filter(tenant__tenant_id=tenant_id).order_by("domain")
    return [(each.domain, each.kind, each.is_active, each.is_primary) for each in found]


def test_a_customer_comes_in_with_all_that_is_told(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        row(
            tenant_id=f"{{{CONTOSO.upper()}}}",
            name="Contoso\u00a0 Ltd",
            domains="Contoso.onmicrosoft.com|Bücher.example, contoso.example",
            sector="Public",
            cloud="government",
            locale="PL",
            admin_emails="Ada@contoso.example|bob@contoso.example",
            status="blocked",
        ),
    )

    assert outcome(report) == (1, 0, 0, 0)
    tenant = CustomerTenant.objects.get()
    assert tenant.tenant_id == UUID(CONTOSO)
    assert (tenant.name, tenant.country, tenant.sector, tenant.cloud, tenant.locale) == (
        "Contoso Ltd",
        "DE",
        "public",
        "government",
        "pl",
    )
    assert tenant.admin_emails == ["ada@contoso.example", "bob@contoso.example"]
    assert (tenant.is_blocked, tenant.source, tenant.legal_hold) == (True, "import", False)
    assert tenant.known_since == tenant.last_verified_at
    assert domains() == [
        ("contoso.example", "custom", True, False),
        ("contoso.onmicrosoft.com", "initial", True, False),
        ("xn--bcher-kva.example", "custom", True, True),
    ]
    assert tenant.history.get().history_change_reason == "imported from customers.csv (2 lines)"
    assert [each.history.count() for each in tenant.domains.all()] == [1, 1, 1]


def test_a_second_run_changes_nothing_but_the_day_of_proof(tmp_path: Path) -> None:
    run(tmp_path, row(), fabrikam())
    CustomerTenant.objects.update(last_verified_at=None)
    before = clock.now()
    report = run(tmp_path, row(), fabrikam())

    assert outcome(report) == (0, 0, 2, 0)
    assert report.summary() == (
        "customers.csv: 2 rows read; 0 created, 0 changed, 2 unchanged, 0 rows refused."
    )
    assert CustomerTenant.objects.filter(last_verified_at__gte=before).count() == 2
    assert (CustomerTenant.history.count(), TenantDomain.history.count()) == (2, 3)


def test_what_a_file_has_no_column_for_stays(tmp_path: Path) -> None:
    run(tmp_path, row(sector="education", status="blocked", primary_domain="contoso.example"))
    CustomerTenant.objects.update(legal_hold=True)
    report = run(tmp_path, row(name="Contoso Group"))

    tenant = CustomerTenant.objects.get()
    assert outcome(report) == (0, 1, 0, 0)
    assert (tenant.name, tenant.sector, tenant.is_blocked, tenant.legal_hold) == (
        "Contoso Group",
        "education",
        True,
        True,
    )
    assert tenant.history.latest().history_type == "~"


def test_an_empty_cell_empties(tmp_path: Path) -> None:
    run(
        tmp_path, row(sector="education", status="blocked", locale="pl", admin_emails="a@b.example")
    )
    run(tmp_path, row(sector="", status="", locale="", admin_emails=""))

    tenant = CustomerTenant.objects.get()
    assert (tenant.sector, tenant.is_blocked, tenant.locale, tenant.admin_emails) == (
        "commercial",
        False,
        "",
        [],
    )


def test_domains_come_go_and_return(tmp_path: Path) -> None:
    run(tmp_path, row(domains="a.example b.example"))
    dropped = run(tmp_path, row(domains="b.example c.example"))
    after_drop = domains()
    back = run(tmp_path, row(domains="a.example b.example"))

    assert (outcome(dropped), outcome(back)) == ((0, 1, 0, 0), (0, 1, 0, 0))
    assert after_drop == [
        ("a.example", "custom", False, False),
        ("b.example", "custom", True, True),
        ("c.example", "custom", True, False),
    ]
    # The primary domain stays the one it had become.
    assert domains() == [
        ("a.example", "custom", True, False),
        ("b.example", "custom", True, True),
        ("c.example", "custom", False, False),
    ]
    history = TenantDomain.objects.get(domain="a.example").history
    assert list(history.values_list("history_type", "is_active")) == [
        ("~", True),
        ("~", False),
        ("+", True),
    ]
    assert CustomerTenant.history.count() == 1


def test_the_primary_domain_moves_when_told(tmp_path: Path) -> None:
    run(tmp_path, row(domains="a.example b.example", primary_domain="a.example"))
    report = run(tmp_path, row(domains="a.example b.example", primary_domain="B.example"))

    assert outcome(report) == (0, 1, 0, 0)
    assert domains() == [
        ("a.example", "custom", True, False),
        ("b.example", "custom", True, True),
    ]


def test_an_initial_domain_is_never_primary_beside_another(tmp_path: Path) -> None:
    run(tmp_path, row(domains="z.example", initial_domain="contoso.onmicrosoft.com"))
    run(tmp_path, fabrikam(domains="fabrikam.onmicrosoft.com"))

    assert domains() == [
        ("contoso.onmicrosoft.com", "initial", True, False),
        ("z.example", "custom", True, True),
    ]
    assert domains(FABRIKAM) == [("fabrikam.onmicrosoft.com", "initial", True, True)]


def test_a_federated_domain_stays_one(tmp_path: Path) -> None:
    run(tmp_path, row(domains="a.example"))
    TenantDomain.objects.update(kind="federated")

    assert outcome(run(tmp_path, row(domains="a.example"))) == (0, 0, 1, 0)


@pytest.mark.parametrize("batch_size", [1, 2000])
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_domain_of_another_tenant_refuses_the_row(
    tmp_path: Path, batch_size: int, dry_run: bool
) -> None:
    rows = [row(), fabrikam(domains="fabrikam.example contoso.example")]
    report = run(tmp_path, *rows, dry_run=dry_run, batch_size=batch_size)

    assert outcome(report) == (1, 0, 0, 1)
    assert told(report) == [
        f"line 3, column domains: contoso.example belongs to the tenant {CONTOSO} already."
    ]
    assert CustomerTenant.objects.count() == (0 if dry_run else 1)


@pytest.mark.parametrize("batch_size", [1, 2000])
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_domain_given_up_in_an_earlier_row_is_free(
    tmp_path: Path, batch_size: int, dry_run: bool
) -> None:
    run(tmp_path, row(domains="a.example b.example"), fabrikam(domains="c.example"))
    rows = [row(domains="a.example"), fabrikam(domains="c.example b.example")]
    report = run(tmp_path, *rows, dry_run=dry_run, batch_size=batch_size)

    assert outcome(report) == (0, 2, 0, 0)
    holder = CONTOSO if dry_run else FABRIKAM
    assert TenantDomain.objects.get(domain="b.example", is_active=True).tenant.tenant_id == UUID(
        holder
    )


def test_wrong_rows_are_refused_with_every_fault_and_the_others_are_taken(tmp_path: Path) -> None:
    rows = [
        row(tenant_id="00000000-0000-0000-0000-000000000000", country="Germany"),
        fabrikam(),
        fabrikam(name="Again"),
        row(domains="contoso", admin_emails="nobody"),
        row(domains="a.example", primary_domain="b.example"),
        row(domains="", sector="army"),
    ]
    report = run(tmp_path, *rows)

    assert outcome(report) == (1, 0, 0, 5)
    assert told(report) == [
        "line 2, column tenant_id: A GUID of zeros only stands for nothing.",
        (
            "line 2, column country: “Germany” is not a country's code of two letters (ISO 3166), "
            "for example DE or GB."
        ),
        "line 4, column tenant_id: The same stands already in line 3.",
        "line 5, column admin_emails: “nobody” is not an e-mail address.",
        (
            "line 5, column domains: “contoso” is not a domain, for example contoso.com or "
            "contoso.onmicrosoft.com."
        ),
        "line 6, column primary_domain: b.example is not among the domains of this row.",
        (
            "line 7, column sector: “army” is not known here. Possible: commercial, public, "
            "education, nonprofit."
        ),
        "line 7, column domains: This may not be empty.",
    ]
    assert CustomerTenant.objects.get().name == "Fabrikam"


def test_a_refused_row_does_not_spoil_its_batch(tmp_path: Path) -> None:
    rows = [row(tenant_id=str(uuid4()), domains=f"d{number}.example") for number in range(9)]
    rows[4]["domains"] = "d0.example"

    assert outcome(run(tmp_path, *rows, batch_size=5)) == (8, 0, 0, 1)
    assert CustomerTenant.objects.count() == 8


def test_nothing_is_written_from_a_file_that_ends_too_early(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "customers.csv", [row(), fabrikam()])
    path.write_bytes(path.read_bytes()[:-12])

    with pytest.raises(UnusableFile, match=r"^line 3: The file ends in the middle of this row"):
        import_customers(path=path, batch_size=1)
    assert CustomerTenant.objects.count() == 0


def test_the_number_of_queries_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def queries(count: int, name: str) -> int:
        rows = [
            row(tenant_id=str(uuid4()), domains=f"{name}{number}.example x{name}{number}.example")
            for number in range(count)
        ]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            run(tmp_path, *rows)
        for each in rows:
            each["name"] = "New name"
            each["domains"] = each["domains"].split()[1]
        with CaptureQueriesContext(connection) as changing:
            run(tmp_path, *rows)
        return len(captured) + len(changing)

    assert queries(1, "a") == queries(30, "b")
