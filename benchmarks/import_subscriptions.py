"""Measures the import of subscriptions on PostgreSQL: rows a second and the peak of memory.

    DATABASE_URL=postgresql://... python benchmarks/import_subscriptions.py [--rows 100000]

Use a database that may be emptied: the script deletes all subscriptions and customers in it. Each
measurement runs in a process of its own, so that its peak of memory is its own. The floor, in the
same run, is a raw ``COPY`` of the same rows into a table with the same columns and indexes.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import on_postgres

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

TENANTS = 2000
PRODUCTS = 400
STEPS = ("prepare", "floor", "create", "unchanged", "changed", "graph")


def guid(family: int, number: int) -> UUID:
    """Return a GUID that spreads like a random one but is the same in every run."""
    spread = (number * 0x9E3779B97F4A7C15 + family) & (2**64 - 1)
    return UUID(int=(spread << 64) | (0x4000 << 48) | (family << 32) | number + 1)


def write_files(folder: Path, rows: int) -> None:
    """Write the CSV file, the same with every state changed, and the same as one Graph answer."""
    header = "subscription_id tenant_id sku_id channel state offer_name starts_on ends_on seats"
    files = [(folder / "new.csv", "active"), (folder / "changed.csv", "suspended")]
    for path, state in files:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header.split())
            for number in range(rows):
                ids = (guid(1, number), guid(2, number % TENANTS), guid(3, number % PRODUCTS))
                told = ("web_direct", state, f"Offer {number}", "2025-01-01", "2026-01-01")
                writer.writerow([*ids, *told, number % 500])
    plans = [
        {
            "appliesTo": "User",
            "provisioningStatus": "Success",
            "servicePlanId": str(guid(4, number)),
            "servicePlanName": f"PLAN_{number}",
        }
        for number in range(5)
    ]
    with (folder / "graph.json").open("w", encoding="utf-8") as file:
        file.write('{"value": [\n')
        for number in range(rows):
            entry = {
                "createdDateTime": "2025-01-01T00:00:00Z",
                "commerceSubscriptionId": str(guid(1, number)),
                "id": str(guid(5, number)),
                "tenantId": str(guid(2, number % TENANTS)),
                "isTrial": False,
                "nextLifecycleDateTime": "2026-01-01T00:00:00Z",
                "serviceStatus": plans,
                "skuId": str(guid(3, number % PRODUCTS)),
                "skuPartNumber": "PART",
                "status": "Enabled",
                "totalLicenses": number % 500,
                "ownerTenantId": None,
            }
            file.write(("," if number else "") + json.dumps(entry) + "\n")
        file.write("]}")


def prepare() -> None:
    """Empty the tables and put the customers and products there that the rows need."""
    from django.core.management import call_command

    from claims.models import CustomerTenant, ListedProduct
    from cpor_site.common import clock

    call_command("migrate", verbosity=0)
    on_postgres.empty(
        "claims_subscription, claims_historicalsubscription, claims_tenantdomain, "
        "claims_customertenant, claims_listedproduct"
    )
    CustomerTenant.objects.bulk_create(
        CustomerTenant(
            tenant_id=guid(2, number), name=f"T{number}", country="DE", known_since=clock.now()
        )
        for number in range(TENANTS)
    )
    ListedProduct.objects.bulk_create(
        ListedProduct(sku_id=guid(3, number), part_number=f"P{number}", display_name=f"P{number}")
        for number in range(PRODUCTS)
    )


def floor(folder: Path) -> float:
    """Copy the rows raw and return the seconds."""
    from django.db import connection

    columns = (
        "subscription_id, tenant_id, listed_product_id, channel, state, offer_name, starts_on, "
        "ends_on, seats, is_trial, first_seen_at, last_synced_at"
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS floor")
        cursor.execute("CREATE TABLE floor (LIKE claims_subscription INCLUDING ALL)")
        cursor.execute("SELECT tenant_id, id FROM claims_customertenant")
        tenants = dict(cursor.fetchall())
        cursor.execute("SELECT sku_id, id FROM claims_listedproduct")
        products = dict(cursor.fetchall())
        with (folder / "new.csv").open(encoding="utf-8", newline="") as file:
            rows = [
                (
                    row["subscription_id"],
                    tenants[UUID(row["tenant_id"])],
                    products[UUID(row["sku_id"])],
                    *list(row.values())[3:],
                    False,
                    "2025-01-01T00:00:00Z",
                    "2025-01-01T00:00:00Z",
                )
                for row in csv.DictReader(file)
            ]
        begin = time.perf_counter()
        with cursor.copy(f"COPY floor ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        seconds = time.perf_counter() - begin
        cursor.execute("DROP TABLE floor")
    return seconds


def timed_import(path: Path) -> float:
    """Import the file and return the seconds; every row must be taken."""
    from claims.imports import import_subscriptions

    begin = time.perf_counter()
    report = import_subscriptions(path=path)
    seconds = time.perf_counter() - begin
    if report.refused:
        sys.exit(f"{report.summary()} {report.refusals[0]}")
    return seconds


def step(name: str, folder: Path) -> None:
    """Do one step in this process and print its seconds and its peak of memory in megabytes."""
    import django

    django.setup()
    steps: dict[str, Callable[[], float | None]] = {
        "prepare": prepare,
        "floor": lambda: floor(folder),
        "create": lambda: timed_import(folder / "new.csv"),
        "unchanged": lambda: timed_import(folder / "new.csv"),
        "changed": lambda: timed_import(folder / "changed.csv"),
        "graph": lambda: timed_import(folder / "graph.json"),
    }
    seconds = steps[name]()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak": peak}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("CPOR_MODE", "test")
    os.environ.setdefault("CPOR_VAR_DIR", tempfile.gettempdir())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cpor_site.settings")
    if options.step:
        step(options.step, options.folder)
        return
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        sys.exit("DATABASE_URL must name a PostgreSQL database that may be emptied.")
    with tempfile.TemporaryDirectory(prefix="cpor-benchmark-") as name:
        write_files(Path(name), options.rows)
        measured = {}
        for each in STEPS:
            command = [sys.executable, __file__, "--step", each, "--folder", name]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            measured[each] = json.loads(done.stdout)
    lowest = measured["floor"]["seconds"]
    print(f"{options.rows:,} rows    rows/s    times the floor    peak memory")
    for each in STEPS[1:]:
        seconds, peak = measured[each]["seconds"], measured[each]["peak"]
        memory = "" if each == "floor" else f"{peak:,.0f} MB"
        rate = options.rows / seconds
        print(f"{each:<14} {rate:>9,.0f} {seconds / lowest:>12.1f} {memory:>17}")


if __name__ == "__main__":
    main()
