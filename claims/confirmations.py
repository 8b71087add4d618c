"""Words about what partners were warned of and went on with, for themselves and reviewers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Claim, ClaimContact, ClaimLine, PoEDocument

WARNINGS: dict[str, Promise] = {
    "DOM-04": _("The domain isn't verified in the customer's tenant."),
    "TEN-05": _("The customer isn't in the registry; the tenant has to be confirmed."),
    "CON-01": _("A customer contact's address lies outside the customer's domains."),
    "CON-05": _("Business and technical contact are the same person."),
    "CON-06": _("A letter to the customer contact's address had come back before."),
    "MPN-04": _("The location's enrolment isn't complete."),
    "MPN-05": _("The location's enrolment ends before the customer's time to refuse does."),
    "MPN-06": _("The location's partner type is unusual for this activity."),
    "MPN-07": _("The location is in another region than the customer."),
    "ACT-05": _("The purchase is longer ago than the program pays for."),
    "ACT-07": _("These products are held for another activity already."),
    "LIN-03": _("A product counts for recognition only."),
    "SUB-11": _("A subscription is in its grace period."),
    "SUB-14": _("Another partner is associated with a product or subscription."),
    "SUB-17": _("A subscription could not be looked up."),
    "POE-06": _("The same file is attached more than once."),
    "POE-07": _("A file was used for another customer."),
    "POE-09": _("The customer's signature is older than the rules ask for."),
    "POE-10": _("No document is marked as covering some of the lines."),
}

_SEPARATORS = re.compile(r"[+/:]")


@dataclass(frozen=True)
class ConfirmedWarning:
    """A warning that the partner confirmed; ``subject`` names what it was about, if anything."""

    code: str
    subject: str
    text: Promise | str
    explanation: str


def confirmed_warnings(
    claim: Claim, lines: Iterable[ClaimLine], documents: Iterable[PoEDocument] = ()
) -> list[ConfirmedWarning]:
    """Return what the partner was warned of and confirmed, with the explanations given.

    Product codes among the subjects are shown as the names of the lines' products, the keys of
    documents as the names of their files, kinds of contacts in words.
    """
    products = {line.product.code: line.product.name for line in lines}
    files = {str(each.pk): each.original_name for each in documents}
    kinds = {str(kind): str(label) for kind, label in ClaimContact.Kind.choices}
    found = []
    for key, explanation in claim.confirmed_warnings.items():
        code, _colon, subject = key.partition(":")
        names = files if code.startswith("POE-") and subject in files else products | kinds
        parts = [names.get(each, each) for each in _SEPARATORS.split(subject) if each]
        found.append(ConfirmedWarning(code, ", ".join(parts), words_of(code), explanation))
    return found


def words_of(code: str) -> Promise | str:
    """Return a warning in words that fit whatever it was about; the code if there are none."""
    return WARNINGS.get(code, code)
