"""Files of draft claims for tests."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

from claims import actors
from claims.bulk.making import upload_drafts
from claims.models import CustomerTenant, DraftUpload, PartnerLocation
from cpor_site.common.models import User
from tests import factories

COMPULSORY = ("tenant_id", "domain", "activity", "product", "partner_id")


@dataclass
class Desk:
    """A person who drafts for one organisation, with a customer of theirs."""

    user: User
    location: PartnerLocation
    tenant: CustomerTenant

    @property
    def organization_id(self) -> int:
        return self.location.organization_id

    def row(self, **cells: str) -> dict[str, str]:
        """Return a row for Exchange Online at the customer."""
        good = {
            "tenant_id": str(self.tenant.tenant_id),
            "domain": factories.primary_domain(self.tenant),
            "activity": "Usage",
            "product": "Exchange Online",
            "partner_id": self.location.partner_id,
        }
        return good | cells

    def upload(self, content: bytes | str, **options: Any) -> DraftUpload:
        """Upload a file as this person."""
        text = content.encode() if isinstance(content, str) else content
        values: dict[str, Any] = {
            "organization_id": self.organization_id,
            "file_name": "drafts.csv",
        }
        actor = actors.partner(self.user)
        return upload_drafts(actor=actor, content=text, **(values | options))

    def upload_rows(self, *rows: dict[str, str], **options: Any) -> DraftUpload:
        return self.upload(csv_of(*rows), **options)


def make_desk(**membership: Any) -> Desk:
    location = factories.make_location()
    user = factories.make_user()
    factories.make_membership(user, location.organization, **membership)
    return Desk(user, location, factories.make_tenant())


def csv_of(*rows: dict[str, str], delimiter: str = ",") -> str:
    """Return the rows as CSV under a header of all columns that they name."""
    header = list(dict.fromkeys([*COMPULSORY, *(name for row in rows for name in row)]))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def findings(upload: DraftUpload) -> list[tuple[int, str, str]]:
    """Return row, column and code of everything that was found."""
    return [(each["row"], each["column"], each["code"]) for each in upload.problems]
