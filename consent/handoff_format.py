"""How a hand-off is told to the incentive program: fields, files, signatures.

Everything here is a pure function of rows, so that what has to be written again comes out with the
same bytes. The format stands in docs/handoff.md; its names stay as they are.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from standardwebhooks import Webhook

from cpor_site.common.spreadsheets import harmless

from .models import HandoffBatch, IncentiveHandoff

FORMAT = "cpor-handoff-1"
PAYLOAD_FIELDS = (
    "claim_number",
    "program",
    "program_name",
    "partner_association",
    "partner_id",
    "tenant_id",
    "subscription_id",
    "subscription_starts_on",
    "subscription_ends_on",
    "solution_area",
    "product",
    "product_name",
    "activity",
    "activity_name",
    "claimed_on",
    "effective_from",
    "effective_to",
    "end_reason",
    "recognition_only",
    "opt_out_of_incentive",
    "poe_sha256",
)
"""What ``IncentiveHandoff.payload`` holds; a field that a row lacks is told as null."""

FIELDS = ("id", "kind", "sequence", "written_at", *PAYLOAD_FIELDS)
"""The columns of both files, in order."""


@dataclass(frozen=True)
class HandoffFile:
    """One file of a batch, as it is stored; ``signed`` if it holds a signature."""

    name: str
    content: bytes
    signed: bool = False

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class BatchFiles:
    """The three files of a batch, in the order in which they are stored."""

    json: HandoffFile
    csv: HandoffFile
    manifest: HandoffFile

    def __iter__(self) -> Iterator[HandoffFile]:
        return iter((self.json, self.csv, self.manifest))


def row_id(row: IncentiveHandoff) -> str:
    """Return what names the row in files, posts and acknowledgements: ``CPOR-2026-000123-1``."""
    return f"{row.claim.number}-{row.sequence}"


def names_of(number: int) -> tuple[str, str, str]:
    """Return the names of a batch's files: JSON lines, CSV, manifest. They tell nothing else."""
    stem = f"handoff-{number:06d}"
    return f"{stem}.jsonl", f"{stem}.csv", f"{stem}.manifest.json"


def record(row: IncentiveHandoff) -> dict[str, Any]:
    """Return the row's fields by name, as JSON tells them."""
    own = {
        "id": row_id(row),
        "kind": str(row.kind),
        "sequence": row.sequence,
        "written_at": _moment(row.created_at),
    }
    return own | {name: row.payload.get(name) for name in PAYLOAD_FIELDS}


def json_line(row: IncentiveHandoff) -> str:
    """Return the row as one line of JSON, without the line's end."""
    return json.dumps(record(row), ensure_ascii=False, separators=(",", ":"))


def as_json_lines(rows: Sequence[IncentiveHandoff]) -> bytes:
    """Return the rows as JSON lines in UTF-8, a line feed behind each."""
    return "".join(f"{json_line(row)}\n" for row in rows).encode("utf-8")


def as_csv(rows: Sequence[IncentiveHandoff]) -> bytes:
    """Return the rows as CSV in UTF-8 with commas and CRLF, cells harmless for spreadsheets."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(FIELDS)
    for row in rows:
        writer.writerow([harmless(_cell(value)) for value in record(row).values()])
    return text.getvalue().encode("utf-8")


def files_of(
    batch: HandoffBatch, rows: Sequence[IncentiveHandoff], *, keys: Sequence[str] = ()
) -> BatchFiles:
    """Return the files of a batch; ``rows`` are its rows in their order, at least one."""
    lines = HandoffFile(batch.json_name, as_json_lines(rows))
    table = HandoffFile(batch.csv_name, as_csv(rows))
    manifest = json.dumps(
        {
            "format": FORMAT,
            "batch": batch.number,
            "written_at": _moment(batch.written_at),
            "rows": len(rows),
            "first_id": row_id(rows[0]),
            "last_id": row_id(rows[-1]),
            "files": [
                {"name": each.name, "bytes": len(each.content), "sha256": each.sha256}
                for each in (lines, table)
            ],
        },
        indent=2,
    )
    identifier = f"handoff-batch-{batch.number:06d}"
    signed = {
        "headers": signed_headers(identifier, batch.written_at, manifest, keys=keys),
        "payload": manifest,
    }
    content = f"{json.dumps(signed, indent=2)}\n".encode()
    return BatchFiles(lines, table, HandoffFile(batch.manifest_name, content, signed=True))


def message(row: IncentiveHandoff) -> str:
    """Return the body of the row's post: type, moment and fields."""
    return json.dumps(
        {
            "type": f"handoff.{row.kind}",
            "timestamp": _moment(row.created_at),
            "data": record(row),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def signed_headers(
    identifier: str, at: datetime, body: str, *, keys: Sequence[str] = ()
) -> dict[str, str]:
    """Return the three headers of the Standard Webhooks, signed with every key.

    Those are the keys that are set, unless others are given.
    """
    at = at.astimezone(UTC)
    signatures = [
        Webhook(key).sign(identifier, at, body) for key in keys or settings.CPOR_HANDOFF_SECRETS
    ]
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds")


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
