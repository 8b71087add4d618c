"""The description of the format names what the code writes."""

from __future__ import annotations

import re

from consent import handoff_format
from consent.services import webhook
from cpor_site.documents import DOCS

TEXT = (DOCS / "handoff.md").read_text(encoding="utf-8")


def test_the_table_names_every_field_in_order() -> None:
    table = TEXT.partition("\n## Fields\n")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, flags=re.M)) == handoff_format.FIELDS


def test_the_table_maps_every_name_of_the_earnings_export() -> None:
    table = TEXT.partition("\n## Fields\n")[2].partition("\n## ")[0]
    assert re.findall(r"\| `(\w+)` \|$", table, flags=re.M) == [
        "claimId",
        "programName",
        "partnerAssociation",
        "participantId",
        "customerTenantId",
        "subscriptionId",
        "subscriptionStartDate",
        "subscriptionEndDate",
        "solutionArea",
        "workload",
        "partnerRole",
    ]


def test_the_pauses_are_those_of_the_code() -> None:
    told = "5 seconds, 5 minutes, 30 minutes, 2, 5, 10, 14, 20 and 24\nhours"
    assert told in TEXT
    seconds = [int(pause.total_seconds()) for pause in webhook.PAUSES]
    assert seconds == [5, 300, 1800, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24))]
