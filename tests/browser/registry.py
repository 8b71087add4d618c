"""A customer, its subscriptions and a partner's location, imported as an operator would."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.claims.import_files import write_csv, write_json

from .desk import Desk

TENANT_ID = "b7d1c3a9-4e52-4f0b-9a6d-5c8e7f102b64"
CUSTOMER = "Proseware GmbH"
DOMAIN = "proseware.example"
LOCATION = "5100004"
FIELD_SERVICE = "66f0c1de-0001-4a00-8000-0000000000f1"
FIELD_SERVICE_SKU = "c7d15985-e746-4f01-b113-20b575898250"
E3 = "66f0c1de-0002-4a00-8000-0000000000f2"
E3_SKU = "05e9a617-0261-4cee-bb44-138d3ef5d965"


@dataclass(frozen=True)
class Registry:
    """What the four commands answered, by what they import."""

    answers: dict[str, dict[str, Any]]


def import_registry(desk: Desk, folder: Path) -> Registry:
    """Write the files and import them with the four commands."""
    commands: dict[str, tuple[str, ...]] = {
        "products": (str(_products(folder)),),
        "customers": (str(_customers(folder)),),
        "subscriptions": (str(_subscriptions(folder)), "--tenant", TENANT_ID, "--channel", "vl_ea"),
        "partners": (str(_partners(folder)),),
    }
    return Registry(desk.import_files(commands))


def _products(folder: Path) -> Path:
    row = {
        "Product_Display_Name": "Dynamics 365 for Field Service Enterprise Edition",
        "String_Id": "DYN365_ENTERPRISE_FIELD_SERVICE",
        "GUID": FIELD_SERVICE_SKU,
        "Service_Plan_Name": "DYN365_ENTERPRISE_FIELD_SERVICE",
        "Service_Plan_Id": "8c66ef8a-177f-4c0d-853c-d4f219331d09",
        "Service_Plans_Included_Friendly_Names": "Dynamics 365 for Field Service",
    }
    return write_csv(folder / "products.csv", [row])


def _customers(folder: Path) -> Path:
    row = {
        "tenant_id": TENANT_ID,
        "name": CUSTOMER,
        "domains": DOMAIN,
        "initial_domain": "proseware.onmicrosoft.com",
        "country": "DE",
        "sector": "commercial",
        "locale": "en",
    }
    return write_csv(folder / "customers.csv", [row])


def _subscriptions(folder: Path) -> Path:
    return write_json(
        folder / "subscriptions.json",
        {
            "value": [
                _subscription(FIELD_SERVICE, FIELD_SERVICE_SKU, "DYN365_ENTERPRISE_FIELD_SERVICE"),
                _subscription(E3, E3_SKU, "SPE_E3"),
            ]
        },
    )


def _subscription(subscription_id: str, sku_id: str, part_number: str) -> dict[str, Any]:
    return {
        "commerceSubscriptionId": subscription_id,
        "createdDateTime": "2025-07-01T00:00:00Z",
        "isTrial": False,
        "nextLifecycleDateTime": "2030-06-30T00:00:00Z",
        "ownerTenantId": None,
        "serviceStatus": [
            {"servicePlanName": part_number, "provisioningStatus": "Success"},
        ],
        "skuId": sku_id,
        "skuPartNumber": part_number,
        "status": "Enabled",
        "totalLicenses": 400,
    }


def _partners(folder: Path) -> Path:
    location = {
        "record_type": "location",
        "partner_id": LOCATION,
        "organization": "1000001",
        "name": "Fabrikam Hamburg",
        "country": "DE",
        "city": "Hamburg",
        "status": "active",
    }
    enrollments = [
        {
            "record_type": "enrollment",
            "partner_id": LOCATION,
            "status": "enrolled",
            "program": program,
            "starts_on": "2020-07-01",
        }
        for program in ("OSU-M365", "OSU-BIZAPPS")
    ]
    return write_csv(folder / "partners.csv", [location, *enrollments])
