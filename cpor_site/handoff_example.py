"""The example in docs/handoff.md: two rows of one claim, made by the code that makes real ones."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from claims.models import Claim
from consent import handoff_format
from consent.models import HandoffBatch, IncentiveHandoff

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WRITTEN_AT = datetime(2026, 9, 14, 22, 6, 30, tzinfo=UTC)
PAYLOAD: dict[str, Any] = {
    "claim_number": "CPOR-2026-000123",
    "program": "OSU-BIZAPPS",
    "program_name": "Online Services Usage, Business Applications",
    "partner_association": "CPOR",
    "partner_id": "5000123",
    "tenant_id": "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9",
    "subscription_id": "0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f",
    "subscription_starts_on": "2026-03-01",
    "subscription_ends_on": "2027-02-28",
    "solution_area": "Business Applications",
    "product": "d365_sales",
    "product_name": "Dynamics 365 Sales",
    "activity": "usage",
    "activity_name": "Usage",
    "claimed_on": "2026-08-31",
    "effective_from": "2026-09-15",
    "recognition_only": False,
    "opt_out_of_incentive": False,
    "poe_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}


def rows() -> list[IncentiveHandoff]:
    """Return a start and, half a year later, its termination."""
    claim = Claim(number="CPOR-2026-000123")
    end = PAYLOAD | {"effective_to": "2027-02-28", "end_reason": "subscription_expired"}
    return [
        IncentiveHandoff(
            claim=claim,
            kind=kind,
            sequence=sequence,
            effective_on=day,
            created_at=at,
            payload=payload,
        )
        for kind, sequence, day, at, payload in (
            ("start", 1, date(2026, 9, 15), WRITTEN_AT, PAYLOAD),
            ("termination", 2, date(2027, 2, 28), WRITTEN_AT + timedelta(days=167), end),
        )
    ]


def text() -> str:
    """Return the example's three files and a post as Markdown."""
    found = rows()
    lines, table, manifest = handoff_format.names_of(7)
    batch = HandoffBatch(
        number=7,
        written_at=found[1].created_at + timedelta(minutes=2),
        row_count=2,
        json_name=lines,
        csv_name=table,
        manifest_name=manifest,
    )
    files = handoff_format.files_of(batch, found, keys=[KEY])
    body = handoff_format.message(found[0])
    headers = handoff_format.signed_headers(
        handoff_format.row_id(found[0]), WRITTEN_AT + timedelta(minutes=2), body, keys=[KEY]
    )
    post = "\n".join(f"{name}: {value}" for name, value in headers.items())
    payload = json.loads(files.manifest.content)["payload"]
    return "\n\n".join(
        (
            _block(lines, files.json.content.decode(), "json"),
            _block(table, files.csv.content.decode().replace("\r\n", "\n"), "csv"),
            _block(manifest, files.manifest.content.decode(), "json"),
            _block("the manifest's `payload`, unpacked", payload, "json"),
            _block("a post", f"{post}\ncontent-type: application/json\n\n{body}", "http"),
        )
    )


def _block(title: str, content: str, language: str) -> str:
    name = title if " " in title else f"`{title}`"
    return f"{name[0].upper()}{name[1:]}:\n\n```{language}\n{content.rstrip()}\n```"
