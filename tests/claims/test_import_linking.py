"""Which claimable product a listed product belongs to, by name alone."""

from __future__ import annotations

import pytest

from claims.imports.linking import Catalogue, Claimable, is_dynamics, words

SALES, SERVICE, PROJECT, OPERATIONS, BUNDLE, POWER_BI = range(1, 7)
CATALOGUE = Catalogue(
    [
        Claimable(SALES, ("Dynamics 365 Sales",), True),
        Claimable(SERVICE, ("Dynamics 365 Customer Service", "Case Management"), True),
        Claimable(PROJECT, ("Dynamics 365 Project Operations",), True),
        Claimable(OPERATIONS, ("Dynamics 365 for Operations",), True),
        Claimable(BUNDLE, ("CE Bundle", "Sales and Customer Service Enterprise Edition"), True),
        Claimable(POWER_BI, ("Power BI", "Microsoft Power BI", "Sales"), False),
    ]
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Dynamics 365 Sales", SALES),
        ("Dynamics 365 For Sales Professional Trial", SALES),
        ("Microsoft\u00a0Dynamics 365 for SALES Enterprise Edition", SALES),
        ("Dynamics 365 for Case Management Enterprise Edition", SERVICE),
        # The longest name wins over one inside it.
        ("Dynamics 365 Project Operations", PROJECT),
        ("Dynamics 365 Operations - Device", OPERATIONS),
        ("Dynamics 365 for Sales and Customer Service Enterprise Edition", BUNDLE),
        # Two products in one name: nobody can tell.
        ("Dynamics 365 Sales, Field Service and Customer Service Partner Sandbox", None),
        # The same name twice is still one product.
        ("Dynamics 365 Sales Attach to Dynamics 365 Sales", SALES),
        # Whole words only, and all of them.
        ("Dynamics 365 Salesforce Connector", None),
        ("Dynamics 365 Customer Insights", None),
        ("Dynamics 365", None),
        ("", None),
    ],
)
def test_a_dynamics_product_is_found_by_the_longest_name_in_it(
    name: str, found: int | None
) -> None:
    assert CATALOGUE.find(name, dynamics=True) == found


def test_dynamics_and_other_products_never_go_together() -> None:
    assert CATALOGUE.find("Power BI Pro", dynamics=False) == POWER_BI
    assert CATALOGUE.find("Power BI Pro", dynamics=True) is None
    assert CATALOGUE.find("Sales", dynamics=False) == POWER_BI


def test_a_name_of_two_products_links_to_none() -> None:
    twice = Catalogue([Claimable(1, ("Finance",), True), Claimable(2, ("Finance",), True)])

    assert twice.find("Dynamics 365 Finance", dynamics=True) is None


def test_names_are_compared_without_noise_and_plural() -> None:
    assert words("Dynamics 365 for Team Members (Plan 1)") == ("team", "member", "plan", "1")
    assert words("Microsoft Dynamics 365") == ()


@pytest.mark.parametrize(
    ("name", "part_number", "found"),
    [
        ("Dynamics 365 Sales", "D365_SALES", True),
        ("Microsoft Dynamics CRM Online", "CRMSTANDARD", True),
        ("Microsoft Relationship Sales solution", "DYN365_ ENTERPRISE _RELATIONSHIP_SALES", True),
        ("Microsoft 365 E5", "SPE_E5", False),
        ("Business Apps (free)", "SMB_APPS", False),
        ("Windows 365", "NOT_DYN365", False),
    ],
)
def test_what_belongs_to_dynamics(name: str, part_number: str, found: bool) -> None:
    assert is_dynamics(name, part_number) == found
