"""Placeholders in canned texts: what they stand for, and which are left over."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Problem, error

PLACEHOLDERS: Mapping[str, Promise] = {
    "number": _("the claim's number"),
    "product": _("the products of the lines that are meant"),
    "customer": _("the customer's name"),
    "domain": _("the domain as claimed"),
    "tenant_id": _("the tenant ID as claimed"),
    "partner": _("the partner's name"),
    "partner_id": _("the partner ID"),
    "document": _("the names of the documents"),
    "signature_date": _("the latest date of a signature"),
    "signer": _("who signed, as the partner says"),
}
PATTERN = re.compile(r"\{([a-z][a-z_]{1,30})\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with every placeholder that has a value filled; the rest stay to be seen."""
    return PATTERN.sub(lambda found: values.get(found[1]) or found[0], text)


def unfilled(text: str) -> list[str]:
    """Return the names of the placeholders that the text still holds, each once."""
    return list(dict.fromkeys(PATTERN.findall(text)))


def placeholder_problems(texts: Mapping[str, str]) -> list[Problem]:
    """Return a problem (REV-14) for each text, by its form field, that still has placeholders."""
    return [
        error(
            "REV-14",
            _("Write something in place of %(names)s.")
            % {"names": ", ".join(f"{{{each}}}" for each in names)},
            field=field,
        )
        for field, text in texts.items()
        if (names := unfilled(text))
    ]
