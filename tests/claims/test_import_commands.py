"""The commands: what they print where, and how they end."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from claims.models import CustomerTenant, ListedProduct, Subscription
from cpor_site.common import clock
from tests.claims.import_files import write_csv, write_json

pytestmark = pytest.mark.django_db

TENANT = "1b2c3d4e-0000-4000-8000-00805f9b34fb"
SKU = "3b2c3d4e-0000-4000-8000-00805f9b34fb"
SUBSCRIPTION = "4b2c3d4e-0000-4000-8000-00805f9b34fb"


def run(*arguments: object) -> tuple[int, str, str]:
    """Return the exit code and what went to standard output and standard error."""
    out, err = StringIO(), StringIO()
    try:
        call_command(*map(str, arguments), stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, out.getvalue(), err.getvalue() + str(error)
    return 0, out.getvalue(), err.getvalue()


def customer(**cells: str) -> dict[str, str]:
    return {
        "tenant_id": TENANT,
        "name": "Contoso",
        "domains": "contoso.example",
        "country": "DE",
    } | cells


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_drawn_on_a_terminal_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_csv(tmp_path / "customers.csv", [customer()])
    run("import_customers", path)
    elsewhere = capsys.readouterr().err
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    run("import_customers", path)

    assert (elsewhere, "| 0/1 [" in terminal.getvalue()) == ("", True)


def test_all_is_well(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "customers.csv", [customer()])

    assert [run("import_customers", path), run("import_customers", path)] == [
        (
            0,
            "customers.csv: 1 rows read; 1 created, 0 changed, 0 unchanged, 0 rows refused.\n",
            "",
        ),
        (
            0,
            "customers.csv: 1 rows read; 0 created, 0 changed, 1 unchanged, 0 rows refused.\n",
            "",
        ),
    ]


def test_refused_rows_are_told_and_the_exit_code_is_1(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "customers.csv", [customer(), customer(), customer(country="UK")])

    assert run("import_customers", path) == (
        1,
        "customers.csv: 3 rows read; 1 created, 0 changed, 0 unchanged, 2 rows refused.\n",
        (
            "line 3, column tenant_id: The same stands already in line 2.\n"
            "line 4, column country: “UK” is not a country's code of two letters (ISO 3166), for "
            "example DE or GB.\n"
            "2 rows were refused."
        ),
    )
    assert CustomerTenant.objects.count() == 1


def test_a_file_that_can_t_be_used_ends_with_2(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("tenant,name\n1,2\n", encoding="utf-8")

    assert run("import_customers", path) == (
        2,
        "",
        (
            "line 1: The columns are not those of this file. Missing: tenant_id, domains, country. "
            "Not known: tenant. Expected: tenant_id, name, domains, country. Possible besides: "
            "primary_domain, initial_domain, sector, cloud, locale, admin_emails, status. "
            "Nothing was imported."
        ),
    )


def test_json_is_for_programs(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "customers.csv", [customer(), customer(country="UK")])
    code, out, _err = run("import_customers", path, "--json")

    assert code == 1
    assert json.loads(out) == {
        "import": "customers",
        "file": str(path),
        "dry_run": False,
        "rows": 2,
        "created": 1,
        "changed": 0,
        "unchanged": 0,
        "refused": 1,
        "kinds": {"customers": {"created": 1, "changed": 0, "unchanged": 0}},
        "facts": {},
        "refusals": [
            {
                "file": "customers.csv",
                "line": 3,
                "column": "country",
                "reason": "“UK” is not a country's code of two letters (ISO 3166), for example DE "
                "or GB.",
            }
        ],
        "notes": [],
    }


def test_json_tells_of_a_file_that_can_t_be_used(tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    path.write_text('{"value": [\n{"a"', encoding="utf-8")
    code, out, err = run("import_subscriptions", path, "--json")

    assert (code, json.loads(out)) == (
        2,
        {
            "unusable": "The file ends in the middle of what begins here.",
            "place": {"file": "", "line": 2},
        },
    )
    assert err == ("line 2: The file ends in the middle of what begins here. Nothing was imported.")


def test_a_dry_run_says_so_and_writes_nothing(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "customers.csv", [customer()])

    assert run("import_customers", path, "--dry-run") == (
        0,
        (
            "Dry run: nothing is written.\n"
            "customers.csv: 1 rows read; 1 created, 0 changed, 0 unchanged, 0 rows refused.\n"
        ),
        "",
    )
    assert CustomerTenant.objects.count() == 0


def test_products_tell_how_many_are_dynamics_and_linked(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "Product_Display_Name": "Dynamics 365 Finance",
        "String_Id": "DYN365_FINANCE",
        "GUID": SKU,
        "Service_Plan_Name": "F",
        "Service_Plan_Id": SUBSCRIPTION,
        "Service_Plans_Included_Friendly_Names": "Finance",
    }
    path = write_csv(tmp_path / "products.csv", [row])
    code, out, _err = run("import_products", path, "--relink", "--batch-size", 10)

    assert (code, out.splitlines()) == (
        0,
        [
            "products.csv: 1 rows read; 1 created, 0 changed, 0 unchanged, 0 rows refused.",
            "1 products of the file are Dynamics 365.",
            "1 are linked to a product that can be claimed.",
        ],
    )


def test_partners_have_a_command(tmp_path: Path) -> None:
    row = {
        "record_type": "organization",
        "partner_id": "1000",
        "organization": "",
        "name": "Northwind",
        "country": "DE",
    }
    path = write_csv(tmp_path / "partners.csv", [row])
    code, out, _err = run("import_partners", path)

    assert (code, out.splitlines()) == (
        0,
        [
            "partners.csv: 1 rows read; 1 created, 0 changed, 0 unchanged, 0 rows refused.",
        ],
    )


def test_subscriptions_take_the_options_for_json(tmp_path: Path) -> None:
    CustomerTenant.objects.create(
        tenant_id=TENANT, name="Contoso", country="DE", known_since=clock.now()
    )
    ListedProduct.objects.create(sku_id=SKU, part_number="P", display_name="P")
    entry = {
        "commerceSubscriptionId": SUBSCRIPTION,
        "skuId": SKU,
        "status": "Enabled",
        "isTrial": False,
        "serviceStatus": [],
    }
    path = write_json(tmp_path / "graph.json", [entry])
    written = "{" + TENANT.upper() + "}"
    code, _out, err = run("import_subscriptions", path, "--tenant", written, "--channel", "vl_ea")

    assert (code, err, Subscription.objects.get().channel) == (0, "", "vl_ea")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--tenant", "contoso"], "argument --tenant: “contoso” is not a GUID"),
        (["--channel", "shop"], "argument --channel: invalid choice: 'shop'"),
        (["--batch-size", "0"], "--batch-size must be from 1 to 5000."),
    ],
)
def test_wrong_options_are_refused(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    code, out, err = run("import_subscriptions", tmp_path, *arguments)

    assert (code != 0, out, sentence in err) == (True, "", True)
