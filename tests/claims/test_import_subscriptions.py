"""Subscriptions from CSV: created, changed, left alone, refused, and how much that costs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.imports import ImportReport, UnusableFile, import_subscriptions
from claims.models import CustomerTenant, ListedProduct, Subscription
from cpor_site.common import clock
from tests.claims.import_files import outcome, told, write_csv
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db

TENANT = "1b2c3d4e-0000-4000-8000-00805f9b34fb"
OTHER_TENANT = "2b2c3d4e-0000-4000-8000-00805f9b34fb"
SKU = "3b2c3d4e-0000-4000-8000-00805f9b34fb"
SUBSCRIPTION = "4b2c3d4e-0000-4000-8000-00805f9b34fb"


@pytest.fixture(autouse=True)
def _registry() -> None:
    for tenant_id in (TENANT, OTHER_TENANT):
        CustomerTenant.objects.create(
            tenant_id=tenant_id, name="Contoso", country="DE", known_since=clock.now()
        )
    ListedProduct.objects.create(sku_id=SKU, part_number="P", display_name="P")


def row(**cells: str) -> dict[str, str]:
    return {
        "subscription_id": SUBSCRIPTION,
        "tenant_id": TENANT,
        "sku_id": SKU,
        "channel": "vl_ea",
        "state": "active",
    } | cells


def run(tmp_path: Path, *rows: dict[str, str], **options: Any) -> ImportReport:
    return import_subscriptions(path=write_csv(tmp_path / "subs.csv", rows), **options)


def test_a_subscription_comes_in_with_all_that_is_told(tmp_path: Path) -> None:
    before = clock.now()
    report = run(
        tmp_path,
        row(
            subscription_id=f"{{ {SUBSCRIPTION.upper()} }}",
            channel="VL-EAS",
            state="In Grace Period",
            offer_name="Dynamics\u00a0365 Sales",
            provisioned_at="2025-01-02T10:00:00+01:00",
            starts_on="2025-01-01",
            ends_on="2025-12-31",
            seats="25",
            is_trial="no",
        ),
    )

    assert outcome(report) == (1, 0, 0, 0)
    found = Subscription.objects.get()
    assert found.subscription_id == UUID(SUBSCRIPTION)
    assert (found.tenant.tenant_id, found.listed_product.sku_id) == (UUID(TENANT), UUID(SKU))
    assert (found.channel, found.state, found.offer_name) == (
        "vl_eas",
        "in_grace",
        "Dynamics 365 Sales",
    )
    assert found.provisioned_at == datetime(2025, 1, 2, 9, tzinfo=UTC)
    assert (found.starts_on, found.ends_on) == (date(2025, 1, 1), date(2025, 12, 31))
    assert (found.seats, found.is_trial) == (25, False)
    assert before <= found.first_seen_at == found.last_synced_at


@pytest.mark.parametrize(
    ("written", "channel"),
    [
        ("VL-EA", "vl_ea"),
        ("VL-other", "vl_other"),
        ("Open", "vl_other"),
        ("CASA", "vl_other"),
        ("Web-Direct", "web_direct"),
        ("MOSA", "web_direct"),
        ("CSP", "csp"),
        ("Trial", "trial"),
        ("other", "other"),
    ],
)
def test_channels_are_known_by_their_other_names(
    tmp_path: Path, written: str, channel: str
) -> None:
    run(tmp_path, row(channel=written))

    found = Subscription.objects.get()
    assert (found.channel, found.is_trial) == (channel, channel == "trial")


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("NotActivated", "not_activated"),
        ("Provisioning", "not_activated"),
        ("Open", "active"),
        ("Warning", "in_grace"),
        ("Suspended", "suspended"),
        ("Deprovisioned", "expired"),
        ("Closed", "expired"),
        ("Canceled", "cancelled"),
    ],
)
def test_states_are_known_by_their_other_names(tmp_path: Path, written: str, state: str) -> None:
    run(tmp_path, row(state=written))

    assert Subscription.objects.get().state == state


def test_a_second_run_changes_nothing_but_the_time_of_refresh(tmp_path: Path) -> None:
    rows = [row(), row(subscription_id=str(uuid4()), ends_on="2026-01-01", seats="3")]
    run(tmp_path, *rows)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    Subscription.objects.update(last_synced_at=long_ago, first_seen_at=long_ago)
    report = run(tmp_path, *rows)

    assert outcome(report) == (0, 0, 2, 0)
    assert report.summary() == (
        "subs.csv: 2 rows read; 0 created, 0 changed, 2 unchanged, 0 rows refused."
    )
    assert Subscription.objects.filter(last_synced_at__gt=long_ago).count() == 2
    assert Subscription.objects.filter(first_seen_at=long_ago).count() == 2
    assert Subscription.history.count() == 2


def test_a_change_is_written_once_and_told_in_the_history(tmp_path: Path) -> None:
    other = str(uuid4())
    run(tmp_path, row(seats="5", offer_name="Old"), row(subscription_id=other))
    report = run(tmp_path, row(state="suspended", ends_on="2026-01-01"), row(subscription_id=other))

    assert outcome(report) == (0, 1, 1, 0)
    found = Subscription.objects.get(subscription_id=SUBSCRIPTION)
    # What the second file has no column for stays.
    assert (found.state, found.ends_on, found.seats, found.offer_name) == (
        "suspended",
        date(2026, 1, 1),
        5,
        "Old",
    )
    assert list(
        found.history.values_list("history_type", "state", "ends_on", "history_change_reason")
    ) == [
        ("~", "suspended", date(2026, 1, 1), "imported from subs.csv (3 lines)"),
        ("+", "active", None, "imported from subs.csv (3 lines)"),
    ]
    assert Subscription.objects.get(subscription_id=other).history.count() == 1


def test_the_history_is_what_saving_would_have_written(tmp_path: Path) -> None:
    run(
        tmp_path,
        row(
            offer_name="É", provisioned_at="2025-01-02T10:00:00Z", starts_on="2025-01-01", seats="2"
        ),
    )
    imported = Subscription.objects.get()
    run(tmp_path, row(state="expired", ends_on="2025-06-30"))
    imported_later = Subscription.objects.get()
    by_import = list(Subscription.history.order_by("history_id").values())
    with unguarded():
        Subscription.history.all().delete()

    imported._state.adding = True
    with unguarded():
        Subscription.objects.all().delete()
        Subscription.history.all().delete()
    imported.save(force_insert=True)
    imported_later.save()
    by_saving = list(Subscription.history.order_by("history_id").values())

    own = ("history_id", "history_date", "history_change_reason")
    assert [{k: v for k, v in each.items() if k not in own} for each in by_import] == [
        {k: v for k, v in each.items() if k not in own} for each in by_saving
    ]


def test_wrong_rows_are_refused_with_every_fault_and_the_others_are_taken(tmp_path: Path) -> None:
    unknown = "9b2c3d4e-0000-4000-8000-00805f9b34fb"
    rows = [
        row(),
        row(),
        row(subscription_id=str(uuid4()), tenant_id=unknown, sku_id=unknown),
        row(subscription_id=TENANT),
        row(subscription_id="order 77", channel="shop", state="maybe", seats="-1"),
        row(subscription_id=str(uuid4()), starts_on="2025-01-02", ends_on="2025-01-01"),
        row(subscription_id=str(uuid4()), channel="trial", is_trial="no"),
    ]
    report = run(tmp_path, *rows)

    assert outcome(report) == (1, 0, 0, 6)
    assert told(report) == [
        "line 3, column subscription_id: The same stands already in line 2.",
        (
            f"line 4, column tenant_id: The tenant {unknown} is not registered. "
            "Import the customers first."
        ),
        f"line 4, column sku_id: The product {unknown} is not listed. Import the products first.",
        "line 5, column subscription_id: This is the tenant's ID and not a subscription's.",
        (
            "line 6, column subscription_id: “order 77” is not a GUID, which has 32 hexadecimal "
            "digits in five groups, for example 1b2c3d4e-0000-4000-8000-00805f9b34fb."
        ),
        (
            "line 6, column channel: “shop” is not known here. Possible: vl_ea, vl_eas, vl_other, "
            "web_direct, csp, trial, other."
        ),
        (
            "line 6, column state: “maybe” is not known here. Possible: not_activated, active, "
            "in_grace, suspended, expired, cancelled."
        ),
        "line 6, column seats: “-1” is not a whole number from 0 to 2147483647.",
        "line 7, column ends_on: The end lies before the start.",
        "line 8, column is_trial: The channel says that this is a trial.",
    ]


def test_a_subscription_never_changes_its_tenant(tmp_path: Path) -> None:
    run(tmp_path, row())
    report = run(tmp_path, row(tenant_id=OTHER_TENANT))

    assert outcome(report) == (0, 0, 0, 1)
    assert told(report) == [
        (
            "line 2, column subscription_id: This subscription belongs to another tenant here, and "
            "a subscription doesn't change its tenant. Check the ID."
        )
    ]
    assert Subscription.objects.get().tenant.tenant_id == UUID(TENANT)


def test_an_end_is_compared_with_the_start_that_is_known(tmp_path: Path) -> None:
    run(tmp_path, row(starts_on="2025-06-01"))

    assert told(run(tmp_path, row(ends_on="2025-05-31"))) == [
        "line 2, column ends_on: The end lies before the start."
    ]


@pytest.mark.parametrize("batch_size", [1, 3, 2000])
def test_batches_and_refused_rows_don_t_matter_to_the_others(
    tmp_path: Path, batch_size: int
) -> None:
    rows = [row(subscription_id=str(uuid4()), seats=str(number)) for number in range(10)]
    rows[3]["sku_id"] = str(uuid4())
    rows[7]["subscription_id"] = rows[0]["subscription_id"]
    first = run(tmp_path, *rows, batch_size=batch_size)
    rows[5]["seats"] = "500"
    second = run(tmp_path, *rows, batch_size=batch_size)

    assert (outcome(first), outcome(second)) == ((8, 0, 0, 2), (0, 1, 7, 2))
    assert Subscription.history.count() == 9


def test_a_dry_run_counts_the_same_and_writes_nothing(tmp_path: Path) -> None:
    run(tmp_path, row(), row(subscription_id=OTHER_TENANT))
    before = list(Subscription.objects.order_by("pk").values())
    rows = [row(state="expired"), row(subscription_id=OTHER_TENANT), row(subscription_id=SKU)]
    dry = run(tmp_path, *rows, dry_run=True)

    assert list(Subscription.objects.order_by("pk").values()) == before
    assert Subscription.history.count() == 2
    assert outcome(dry) == outcome(run(tmp_path, *rows)) == (1, 1, 1, 0)


def test_nothing_is_written_from_a_file_that_ends_too_early(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "subs.csv", [row(), row(subscription_id=str(uuid4()))])
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(UnusableFile, match=r"^line 3: The file ends in the middle of this row"):
        import_subscriptions(path=path, batch_size=1)
    assert Subscription.objects.count() == 0


def test_options_for_json_are_refused_for_csv(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match=r"the options are for JSON only\.$"):
        run(tmp_path, row(), tenant_id=UUID(TENANT))


@pytest.mark.parametrize("batch_size", [0, 5001])
def test_a_batch_has_its_limits(tmp_path: Path, batch_size: int) -> None:
    with pytest.raises(ValueError, match="batch_size must be from 1 to 5000"):
        run(tmp_path, row(), batch_size=batch_size)


def test_the_number_of_queries_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def queries(count: int) -> list[int]:
        rows = [row(subscription_id=str(uuid4())) for _ in range(count)]
        found = []
        for state in ("active", "active", "expired"):
            with CaptureQueriesContext(connection) as captured:
                run(tmp_path, *[each | {"state": state} for each in rows])
            found.append(len(captured))
        return found

    assert queries(1) == queries(40)


def test_progress_is_told_up_to_the_last_row(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    rows = [row(subscription_id=str(uuid4())) for _ in range(600)]
    run(tmp_path, *rows, on_progress=lambda done, total: calls.append((done, total)))

    assert calls == [(250, 600), (250, 600), (100, 600)]
