"""Subscriptions as Microsoft Graph lists them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import override_settings

from claims.imports import ImportReport, UnusableFile, import_subscriptions
from claims.models import CustomerTenant, ListedProduct, Subscription
from cpor_site.common import clock
from tests.claims.import_files import outcome, told, write_json

pytestmark = pytest.mark.django_db

TENANT = UUID("1b2c3d4e-0000-4000-8000-00805f9b34fb")
OTHER_TENANT = UUID("2b2c3d4e-0000-4000-8000-00805f9b34fb")
PARTNER_TENANT = UUID("331af819-4e0b-49f7-a6bf-14e1165ad3a0")
SKU = UUID("0816ccb9-3785-4d19-bf78-6c53e2106509")
SUBSCRIPTION = "f9c1ea2d-2c6e-4717-8c3b-7130812d70ba"


@pytest.fixture(autouse=True)
def _registry() -> None:
    for tenant_id in (TENANT, OTHER_TENANT):
        CustomerTenant.objects.create(
            tenant_id=tenant_id, name="Contoso", country="DE", known_since=clock.now()
        )
    ListedProduct.objects.create(sku_id=SKU, part_number="P", display_name="P")


def plan(status: str = "Success") -> dict[str, str]:
    return {
        "appliesTo": "User",
        "provisioningStatus": status,
        "servicePlanId": "8b8269e5-f841-416c-ab3a-f5dfb9737986",
        "servicePlanName": "SOME_PLAN",
    }


def entry(**members: Any) -> dict[str, Any]:
    return {
        "createdDateTime": "2023-01-01T00:00:00Z",
        "commerceSubscriptionId": SUBSCRIPTION,
        "id": "860697e3-b0aa-4196-a6c6-7ec361ed58f7",
        "isTrial": False,
        "nextLifecycleDateTime": "2024-01-31T23:30:00Z",
        "serviceStatus": [plan()],
        "skuId": str(SKU),
        "skuPartNumber": "SOME_PART",
        "status": "Enabled",
        "totalLicenses": 25,
        "ownerId": "fe04f19f-d924-42b7-9dee-edf4e3fab7f6",
        "ownerTenantId": None,
        "ownerType": "User",
    } | members


def run(
    tmp_path: Path, *entries: Any, tenant_id: UUID | None = TENANT, **options: Any
) -> ImportReport:
    path = write_json(tmp_path / "graph.json", {"@odata.context": "c", "value": entries})
    return import_subscriptions(path=path, tenant_id=tenant_id, **options)


def test_an_entry_comes_in_with_all_that_is_told(tmp_path: Path) -> None:
    assert outcome(run(tmp_path, entry())) == (1, 0, 0, 0)

    found = Subscription.objects.get()
    assert found.subscription_id == UUID(SUBSCRIPTION)
    assert (found.tenant.tenant_id, found.listed_product.sku_id) == (TENANT, SKU)
    assert (found.state, found.channel, found.is_trial, found.seats) == (
        "active",
        "web_direct",
        False,
        25,
    )
    # In the operator's zone, Berlin, the last day has begun.
    assert (found.starts_on, found.ends_on) == (date(2023, 1, 1), date(2024, 2, 1))


@override_settings(CPOR_OPERATOR_TIME_ZONE="America/New_York")
def test_days_are_those_of_the_operator(tmp_path: Path) -> None:
    run(tmp_path, entry())

    found = Subscription.objects.get()
    assert (found.starts_on, found.ends_on) == (date(2022, 12, 31), date(2024, 1, 31))


@pytest.mark.parametrize(
    ("status", "plans", "state"),
    [
        ("Enabled", ["Success"], "active"),
        ("Enabled", [], "active"),
        ("Enabled", ["Disabled"], "active"),
        ("Enabled", ["Success", "PendingActivation"], "active"),
        ("Enabled", ["PendingActivation"], "not_activated"),
        ("Enabled", ["PendingInput", "PendingProvisioning", "Disabled"], "not_activated"),
        ("Enabled", ["Error"], "not_activated"),
        ("Warning", ["Success"], "in_grace"),
        ("Warning", ["PendingInput"], "in_grace"),
        ("Suspended", ["Disabled"], "suspended"),
        ("LockedOut", ["Disabled"], "suspended"),
        ("Deleted", ["Disabled"], "cancelled"),
    ],
)
def test_status_and_services_make_the_state(
    tmp_path: Path, status: str, plans: list[str], state: str
) -> None:
    run(tmp_path, entry(status=status, serviceStatus=[plan(each) for each in plans]))

    assert Subscription.objects.get().state == state


@pytest.mark.parametrize(
    ("members", "option", "channel"),
    [
        ({}, None, "web_direct"),
        ({}, "vl_ea", "vl_ea"),
        ({"isTrial": True}, "vl_ea", "trial"),
        ({"ownerTenantId": str(PARTNER_TENANT)}, "vl_ea", "csp"),
        ({"ownerTenantId": str(PARTNER_TENANT), "isTrial": True}, None, "csp"),
        ({"ownerTenantId": str(TENANT)}, None, "web_direct"),
        ({"ownerTenantId": ""}, None, "web_direct"),
    ],
)
def test_the_channel_is_told_by_owner_and_trial_or_else_by_the_option(
    tmp_path: Path, members: dict[str, Any], option: str | None, channel: str
) -> None:
    run(tmp_path, entry(**members), channel=option)

    found = Subscription.objects.get()
    assert (found.channel, found.is_trial) == (channel, members.get("isTrial", False))


def test_a_channel_known_better_stays_unless_graph_or_the_option_says_otherwise(
    tmp_path: Path,
) -> None:
    run(tmp_path, entry(), channel="vl_ea")
    channels = []
    for members, option in (
        ({}, None),
        ({"ownerTenantId": str(PARTNER_TENANT)}, None),
        ({}, None),
        ({}, "vl_eas"),
        ({}, None),
    ):
        run(tmp_path, entry(**members), channel=option)
        channels.append(Subscription.objects.get().channel)

    assert channels == ["vl_ea", "csp", "web_direct", "vl_eas", "vl_eas"]


@pytest.mark.parametrize(
    "never", [None, "", "9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00Z"]
)
def test_a_date_that_is_none_is_no_date(tmp_path: Path, never: str | None) -> None:
    run(tmp_path, entry(nextLifecycleDateTime=never, createdDateTime=never))

    found = Subscription.objects.get()
    assert (found.starts_on, found.ends_on) == (None, None)


def test_what_graph_was_not_asked_for_stays(tmp_path: Path) -> None:
    run(tmp_path, entry())
    Subscription.objects.update(offer_name="By hand")
    fewer = entry(status="Warning")
    del fewer["totalLicenses"], fewer["createdDateTime"], fewer["ownerTenantId"]
    report = run(tmp_path, fewer)

    found = Subscription.objects.get()
    assert outcome(report) == (0, 1, 0, 0)
    assert (found.seats, found.starts_on, found.offer_name) == (25, date(2023, 1, 1), "By hand")


def test_wrong_entries_are_refused_with_every_fault_and_the_others_are_taken(
    tmp_path: Path,
) -> None:
    unknown = str(uuid4())
    without_id = entry()
    del without_id["commerceSubscriptionId"]
    wrong = entry(
        commerceSubscriptionId=str(uuid4()),
        status="Paused",
        isTrial=None,
        serviceStatus=[plan("Waiting")],
        totalLicenses="25",
        ownerTenantId="someone",
        nextLifecycleDateTime="soon",
    )
    report = run(
        tmp_path,
        entry(),
        without_id,
        wrong,
        "text",
        entry(commerceSubscriptionId=str(uuid4()), skuId=unknown, serviceStatus=None),
        entry(commerceSubscriptionId=str(uuid4()), skuId=unknown),
        entry(commerceSubscriptionId=str(TENANT)),
        entry(),
        entry(commerceSubscriptionId=str(uuid4()), tenantId=str(OTHER_TENANT)),
    )

    assert outcome(report) == (1, 0, 0, 8)
    reasons = [(each.column, each.reason) for each in report.refusals]
    assert reasons == [
        ("commerceSubscriptionId", "This may not be empty."),
        (
            "ownerTenantId",
            (
                "“someone” is not a GUID, which has 32 hexadecimal digits in five groups, "
                "for example 1b2c3d4e-0000-4000-8000-00805f9b34fb."
            ),
        ),
        ("isTrial", "This must be true or false."),
        (
            "status",
            (
                "“Paused” is not known here. "
                "Possible: Enabled, Warning, Suspended, LockedOut, Deleted."
            ),
        ),
        (
            "serviceStatus",
            (
                "The provisioningStatus “Waiting” is not known here. Possible: Success, Disabled, "
                "Error, PendingActivation, PendingInput, PendingProvisioning."
            ),
        ),
        (
            "nextLifecycleDateTime",
            "“soon” is not a date with time of the form 2025-06-30T14:00:00Z.",
        ),
        ("totalLicenses", "This must be a whole number and no text."),
        ("", "This entry is no object."),
        ("serviceStatus", "This must be a list; it tells whether services run."),
        (
            "skuId",
            f"The product {unknown} (SOME_PART) is not listed. Import the products first.",
        ),
        ("commerceSubscriptionId", "This is the tenant's ID and not a subscription's."),
        ("commerceSubscriptionId", "The same stands already in line 4."),
        ("tenantId", "This is another tenant than the one named for the import."),
    ]


def test_a_refusal_names_the_line_of_the_entry(tmp_path: Path) -> None:
    path = tmp_path / "graph.json"
    path.write_text('{"value": [\n\n  {"commerceSubscriptionId": ""},\n  7]}', encoding="utf-8")
    report = import_subscriptions(path=path, tenant_id=TENANT)

    assert [each.place.line for each in report.refusals][-1] == 4
    assert told(report)[0] == "line 3, column commerceSubscriptionId: This may not be empty."


def test_a_list_that_names_its_tenants_needs_no_option(tmp_path: Path) -> None:
    path = write_json(
        tmp_path / "all.json",
        [
            entry(tenantId=str(TENANT)),
            entry(tenantId=str(OTHER_TENANT), commerceSubscriptionId=str(uuid4())),
            entry(commerceSubscriptionId=str(uuid4())),
        ],
    )
    report = import_subscriptions(path=path)

    assert outcome(report) == (2, 0, 0, 1)
    assert [(each.column, each.reason) for each in report.refusals] == [
        ("tenantId", "Graph's list doesn't name the customer; say whose list this is.")
    ]


def test_a_tenant_that_is_not_registered_refuses_the_file(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile) as refused:
        run(tmp_path, entry(), tenant_id=PARTNER_TENANT)
    assert str(refused.value) == (
        f"The tenant {PARTNER_TENANT} is not registered. Import the customers first."
    )


def test_a_folder_of_pages_is_one_import(tmp_path: Path) -> None:
    ids = [str(uuid4()) for _ in range(3)]
    for number, subscription_id in enumerate(ids, start=1):
        answer: dict[str, Any] = {"value": [entry(commerceSubscriptionId=subscription_id)]}
        if number < 3:
            answer["@odata.nextLink"] = f"https://graph.example/x?$skiptoken=opaque{number}"
        else:
            answer["value"].append(entry(commerceSubscriptionId=ids[0]))
        write_json(tmp_path / f"page-{number}.json", answer)
    report = import_subscriptions(path=tmp_path, tenant_id=TENANT)

    assert (report.rows, outcome(report)) == (4, (3, 0, 0, 1))
    (refused,) = told(report)
    assert refused.startswith("page-3.json, line ")
    assert refused.endswith(
        "column commerceSubscriptionId: The same stands already in page-1.json, line 3."
    )
    reason = Subscription.history.earliest("history_id").history_change_reason
    assert reason == f"imported from {tmp_path.name[:60]} ({report.lines} lines)"


def test_one_page_of_several_is_refused(tmp_path: Path) -> None:
    path = write_json(
        tmp_path / "page-1.json", {"value": [entry()], "@odata.nextLink": "https://x/?$skiptoken=a"}
    )
    with pytest.raises(UnusableFile, match=r"^page-1\.json names a next page that isn't there\."):
        import_subscriptions(path=path, tenant_id=TENANT)
    assert Subscription.objects.count() == 0


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    run(tmp_path, entry())

    assert outcome(run(tmp_path, entry())) == (0, 0, 1, 0)
    assert Subscription.history.count() == 1


def test_an_empty_list_is_no_error(tmp_path: Path) -> None:
    assert (outcome(run(tmp_path))) == (0, 0, 0, 0)
