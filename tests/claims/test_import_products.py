"""The published product list: a made-up short one, and the real one as it is published."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from claims.imports import import_products
from claims.models import ListedProduct, Product
from tests.claims.import_files import PRODUCT_LIST, needs_product_list, outcome, told, write_csv

pytestmark = pytest.mark.django_db

SKU = "2880026b-2b0c-4251-8656-5d41ff11e3aa"
PLAN = "b2669e95-76ef-4e7e-a367-002f60a39f3e"
OTHER_SKU = "5a13afa4-bb05-4f71-9db8-9e9b0f0c9a21"
OTHER_PLAN = "113feb6c-3fe4-4440-bddc-54d774bf0318"


def row(**cells: str) -> dict[str, str]:
    return {
        "Product_Display_Name": "Dynamics 365 Sales Premium",
        "String_Id": "DYN365_SALES_PREMIUM",
        "GUID": SKU,
        "Service_Plan_Name": "SALES",
        "Service_Plan_Id": PLAN,
        "Service_Plans_Included_Friendly_Names": "Sales",
    } | cells


def foundation(**cells: str) -> dict[str, str]:
    return row(
        Service_Plan_Name="EXCHANGE_S_FOUNDATION",
        Service_Plan_Id=OTHER_PLAN,
        Service_Plans_Included_Friendly_Names="Exchange Foundation",
        **cells,
    )


def other(**cells: str) -> dict[str, str]:
    return row(Product_Display_Name="Microsoft 365 E5", String_Id="SPE_E5", GUID=OTHER_SKU, **cells)


def test_one_product_may_span_rows_that_lie_apart(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "list.csv", [row(), other(), foundation(), row()])
    report = import_products(path=path)

    assert (report.rows, outcome(report)) == (4, (2, 0, 0, 0))
    assert report.facts == {"dynamics": 1, "linked": 1}
    product = ListedProduct.objects.get(sku_id=SKU)
    assert (product.display_name, product.part_number, product.is_dynamics) == (
        "Dynamics 365 Sales Premium",
        "DYN365_SALES_PREMIUM",
        True,
    )
    assert product.product == Product.objects.get(code="d365_sales")
    assert product.service_plans == [
        {"id": PLAN, "name": "SALES", "friendly_name": "Sales"},
        {
            "id": OTHER_PLAN,
            "name": "EXCHANGE_S_FOUNDATION",
            "friendly_name": "Exchange Foundation",
        },
    ]
    entry = product.history.get()
    assert (entry.history_type, entry.history_change_reason) == (
        "+",
        "imported from list.csv (5 lines)",
    )


def test_a_second_run_changes_nothing_and_a_change_is_recorded(tmp_path: Path) -> None:
    import_products(path=write_csv(tmp_path / "list.csv", [row(), other()]))
    again = import_products(path=tmp_path / "list.csv")
    changed = [row(Product_Display_Name="Dynamics 365 Sales Plus"), other(), foundation()]
    changed[2]["Product_Display_Name"] = "Dynamics 365 Sales Plus"
    third = import_products(path=write_csv(tmp_path / "new.csv", changed))

    assert (outcome(again), outcome(third)) == ((0, 0, 2, 0), (0, 1, 1, 0))
    product = ListedProduct.objects.get(sku_id=SKU)
    assert product.display_name == "Dynamics 365 Sales Plus"
    assert len(product.service_plans) == 2
    assert list(product.history.values_list("history_type", "history_change_reason")) == [
        ("~", "imported from new.csv (4 lines)"),
        ("+", "imported from list.csv (3 lines)"),
    ]
    assert ListedProduct.objects.get(sku_id=OTHER_SKU).history.count() == 1


def test_a_link_that_somebody_set_stays_unless_all_are_asked_for_anew(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "list.csv", [row()])
    import_products(path=path)
    chosen = Product.objects.get(code="d365_finance")
    ListedProduct.objects.update(product=chosen)

    kept = import_products(path=path)
    after_kept = ListedProduct.objects.get().product
    relinked = import_products(path=path, relink=True)

    assert (outcome(kept), after_kept) == ((0, 0, 1, 0), chosen)
    assert outcome(relinked) == (0, 1, 0, 0)
    assert ListedProduct.objects.get().product == Product.objects.get(code="d365_sales")


def test_a_catalogue_that_comes_later_links_at_the_next_import(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "list.csv", [row()])
    import_products(path=path)
    ListedProduct.objects.update(product=None)

    assert outcome(import_products(path=path)) == (0, 1, 0, 0)


def test_wrong_rows_are_refused_and_the_others_are_taken(tmp_path: Path) -> None:
    rows = [
        row(),
        foundation(Product_Display_Name="Dynamics 365 Sales", String_Id="X"),
        other(Service_Plan_Id="none"),
        other(),
        row(GUID="", Product_Display_Name="x" * 251),
    ]
    report = import_products(path=write_csv(tmp_path / "list.csv", rows))

    assert outcome(report) == (2, 0, 0, 3)
    assert told(report) == [
        (
            "line 3, column Product_Display_Name: "
            "This product is called “Dynamics 365 Sales Premium” in line 2."
        ),
        "line 3, column String_Id: This product is called “DYN365_SALES_PREMIUM” in line 2.",
        (
            "line 4, column Service_Plan_Id: “none” is not a GUID, which has 32 hexadecimal digits "
            "in five groups, for example 1b2c3d4e-0000-4000-8000-00805f9b34fb."
        ),
        "line 6, column GUID: This may not be empty.",
        "line 6, column Product_Display_Name: This has 251 characters; at most 250 are possible.",
    ]
    assert len(ListedProduct.objects.get(sku_id=SKU).service_plans) == 1


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "list.csv", [row(), other()])
    report = import_products(path=path, dry_run=True)

    assert (outcome(report), ListedProduct.objects.count()) == ((2, 0, 0, 0), 0)


@needs_product_list
def test_the_published_list_goes_in_as_it_is_and_stays_the_same() -> None:
    first = import_products(path=PRODUCT_LIST, batch_size=100)
    second = import_products(path=PRODUCT_LIST)

    assert (first.rows, outcome(first), outcome(second)) == (3276, (413, 0, 0, 0), (0, 0, 413, 0))
    assert first.facts["dynamics"] == ListedProduct.objects.filter(is_dynamics=True).count() == 75
    assert ListedProduct.history.count() == 413


@needs_product_list
def test_the_published_list_is_read_without_damage() -> None:
    import_products(path=PRODUCT_LIST)
    plans: list[dict[str, Any]] = [
        plan
        for plans in ListedProduct.objects.values_list("service_plans", flat=True)
        for plan in plans
    ]

    # One plan of one product stands twice with all its names; another one under two names.
    assert len(plans) == 3275
    written = "".join(plan["friendly_name"] for plan in plans)
    assert [mark for mark in "\u00a0\ufffd\x96" if mark in written] == []
    assert "Field Service – Automated Routing Engine" in written
    assert "Dataverse for Customer Insights BASE" in written
    sales = ListedProduct.objects.get(part_number="DYN365_ ENTERPRISE _RELATIONSHIP_SALES")
    assert (sales.sku_id, sales.is_dynamics) == (
        UUID("4f05b1a3-a978-462c-b93f-781c6bee998f"),
        True,
    )


@needs_product_list
def test_the_published_dynamics_products_find_the_catalogue() -> None:
    import_products(path=PRODUCT_LIST)
    linked = ListedProduct.objects.filter(product__isnull=False)

    assert Counter(
        linked.filter(is_dynamics=True).values_list("product__code", flat=True)
    ) == Counter(
        {
            "d365_business_central": 8,
            "d365_ce_bundle": 1,
            "d365_commerce": 1,
            "d365_customer_insights": 3,
            "d365_customer_service": 7,
            "d365_field_service": 4,
            "d365_finance": 1,
            "d365_marketing": 7,
            "d365_mixed_reality": 3,
            "d365_omnichannel": 1,
            "d365_plan_1": 1,
            "d365_sales": 7,
            "d365_supply_chain": 3,
            "d365_talent": 3,
            "d365_team_member": 2,
            "relationship_sales": 1,
            "unified_operations": 4,
        }
    )
    levels = set(linked.values_list("product__area__level", flat=True))
    assert levels == {"subscription"}
