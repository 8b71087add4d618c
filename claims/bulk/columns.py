"""The columns of a file of draft claims. Their codes are stable; people may also use the titles."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..imports.values import fold


@dataclass(frozen=True)
class Column:
    """One column. ``of_line``: it may differ between the rows of one claim.

    ``most`` is the number of characters that a cell may have; ``examples`` stand in the template's
    two rows.
    """

    code: str
    title: Promise
    meaning: Promise
    examples: tuple[str, str]
    most: int = 150
    compulsory: bool = False
    of_line: bool = False


EXAMPLE = "EXAMPLE"
"""A row whose claim key begins like this is the template's own and is left out."""

LANGUAGE_NEEDED = _("Language of letters: the code of one of the desk's languages, such as en.")

COLUMNS = (
    Column(
        "claim_key",
        _("Claim key"),
        _(
            "Any text of your own. Rows with the same key become one claim with several products; "
            "a row without a key becomes a claim of its own."
        ),
        ("EXAMPLE-1", "EXAMPLE-1"),
        most=60,
    ),
    Column(
        "claim_name",
        _("Name of the claim"),
        _("For your own list, for example the customer and the project."),
        ("Contoso CRM", ""),
        most=120,
    ),
    Column(
        "tenant_id",
        _("Tenant ID"),
        _("The customer's tenant ID (directory ID): 32 hexadecimal digits in five groups."),
        ("1b2c3d4e-0000-4000-8000-00805f9b34fb", ""),
        most=100,
        compulsory=True,
    ),
    Column(
        "domain",
        _("Domain"),
        _("One of the customer's domains."),
        ("contoso.com", ""),
        most=253,
        compulsory=True,
    ),
    Column(
        "area",
        _("Solution area"),
        _("Name or code. May be empty where it follows from the product."),
        ("Business Applications", ""),
    ),
    Column(
        "activity",
        _("Activity"),
        _("What you did: one activity, or several separated by a comma."),
        ("Usage, Presales", ""),
        most=300,
        compulsory=True,
    ),
    Column(
        "product",
        _("Product"),
        _("Name, other name or code of the product or workload; one in each row."),
        ("Dynamics 365 Sales", "Dynamics 365 Customer Service"),
        compulsory=True,
        of_line=True,
    ),
    Column(
        "subscription_id",
        _("Subscription ID"),
        _("Needed where the customer has several subscriptions of the product."),
        ("", "2c3d4e5f-0000-4000-8000-00805f9b34fb"),
        most=100,
        of_line=True,
    ),
    Column(
        "partner_id",
        _("Partner ID"),
        _("The partner ID of your location that did the work, not your company's global ID."),
        ("5001234", ""),
        most=20,
        compulsory=True,
    ),
    Column(
        "business_name",
        _("Business contact: name"),
        _("A person at the customer."),
        ("Ana Lee", ""),
    ),
    Column("business_title", _("Business contact: job title"), _("Their job title."), ("CEO", "")),
    Column(
        "business_email",
        _("Business contact: e-mail"),
        _("Normally an address in one of the customer's domains."),
        ("ana.lee@contoso.com", ""),
        most=254,
    ),
    Column(
        "business_phone",
        _("Business contact: phone"),
        _("Not compulsory."),
        ("+44 20 7946 0000", ""),
        most=40,
    ),
    Column(
        "business_language", _("Business contact: language"), LANGUAGE_NEEDED, ("en", ""), most=40
    ),
    Column(
        "technical_name",
        _("Technical contact: name"),
        _("A second person at the customer; needed for Dynamics 365."),
        ("Raj Rao", ""),
    ),
    Column(
        "technical_title", _("Technical contact: job title"), _("Their job title."), ("CIO", "")
    ),
    Column(
        "technical_email",
        _("Technical contact: e-mail"),
        _("Normally an address in one of the customer's domains."),
        ("raj.rao@contoso.com", ""),
        most=254,
    ),
    Column(
        "technical_phone",
        _("Technical contact: phone"),
        _("Not compulsory."),
        ("", ""),
        most=40,
    ),
    Column(
        "technical_language", _("Technical contact: language"), LANGUAGE_NEEDED, ("en", ""), most=40
    ),
    Column(
        "partner_name",
        _("Partner contact: name"),
        _("Your own contact. Without any of these columns it is the person who uploads the file."),
        ("", ""),
    ),
    Column(
        "partner_email",
        _("Partner contact: e-mail"),
        _("Your contact's address."),
        ("", ""),
        most=254,
    ),
    Column("partner_phone", _("Partner contact: phone"), _("Not compulsory."), ("", ""), most=40),
    Column("partner_language", _("Partner contact: language"), LANGUAGE_NEEDED, ("", ""), most=40),
    Column(
        "solution_seller",
        _("Solution seller"),
        _("For revenue association: the vendor's seller with whom you worked."),
        ("", ""),
    ),
    Column(
        "customer_name",
        _("Customer's name"),
        _("For revenue association: the customer's name as it stands in the contract."),
        ("", ""),
    ),
    Column(
        "isv_product",
        _("ISV product"),
        _("For revenue association: your own product or solution."),
        ("", ""),
    ),
    Column(
        "transaction_date",
        _("Date of the purchase"),
        _("For presales: when the customer bought, written as 2026-06-30."),
        ("2026-06-30", ""),
        most=40,
    ),
    Column(
        "opt_out",
        _("Without payment"),
        _("For Microsoft 365: yes, if you want recognition without payment."),
        ("", ""),
        most=40,
    ),
)
BY_CODE = {column.code: column for column in COLUMNS}

PROBLEM = "problem"
"""The last column of the rows to mend; it is not read when they come back."""


def known_names() -> dict[str, str]:
    """Return every name that a column goes by, without case, spaces and signs, with its code.

    Codes come first, then the English titles, then those of the active language.
    """
    names = {fold(column.code): column.code for column in COLUMNS}
    with translation.override("en"):
        for column in COLUMNS:
            names.setdefault(fold(str(column.title)), column.code)
    for column in COLUMNS:
        names.setdefault(fold(str(column.title)), column.code)
    for name in (PROBLEM, str(_("Problem"))):
        names.setdefault(fold(name), PROBLEM)
    return names
