"""Claims of an earlier system: approved, without proof, nobody asked, open to challenge (Q30)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from claims import actors
from claims.imports import import_associations
from claims.models import Association, Claim, ClaimContact, PartnerLocation
from claims.services.endings import end_association
from claims.services.migrated import adopt_association
from claims.states import AssociationState, Status
from consent.models import ConsentRequest, IncentiveHandoff
from cpor_site.common.models import OutboxMessage
from reviews.models import CompetingClaimsCase
from tests import acts, factories
from tests.claims.attaching import attach
from tests.claims.pages import browser_of, text_of, url
from tests.reviews.pages import shown

pytestmark = pytest.mark.django_db
HEADER = "reference,partner_id,tenant_id,area,activity,product,since\n"


@pytest.fixture(autouse=True)
def _a_monday() -> Iterator[None]:
    with time_machine.travel("2026-03-02T09:00+00:00", tick=False):
        yield


@pytest.fixture
def location() -> PartnerLocation:
    location = factories.make_location()
    factories.make_membership(None, location.organization)
    return location


def bring(tmp_path: Path, rows: list[str], *, dry_run: bool = False) -> dict[str, object]:
    path = tmp_path / "associations.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    report = import_associations(path=path, adopt=adopt_association, dry_run=dry_run)
    counts = report.counts["associations"]
    faults = [(each.column, each.reason) for each in report.refusals]
    return {"created": counts.created, "unchanged": counts.unchanged, "faults": faults}


def row(location: PartnerLocation, tenant: object, product: str = "exchange_online") -> str:
    tenant_id = getattr(tenant, "tenant_id", tenant)
    return f"OLD-7,{location.partner_id},{tenant_id},microsoft_365,usage,{product},2024-03-01"


def test_lines_of_one_reference_are_one_claim_in_force_and_nobody_is_written_to(
    tmp_path: Path, location: PartnerLocation
) -> None:
    tenant = factories.make_tenant()
    rows = [row(location, tenant), row(location, tenant, "teams")]
    assert bring(tmp_path, rows, dry_run=True)["created"] == 2
    assert not Claim.objects.exists()
    assert bring(tmp_path, rows) == {"created": 2, "unchanged": 0, "faults": []}
    assert bring(tmp_path, rows) == {"created": 0, "unchanged": 2, "faults": []}

    claim = Claim.objects.get()
    assert (claim.status, claim.association_state, claim.migrated, claim.legacy_reference) == (
        Status.APPROVED,
        AssociationState.ACTIVE,
        True,
        "OLD-7",
    )
    begun = {str(each.effective_from) for each in Association.objects.filter(claim=claim)}
    assert begun == {"2024-02-29 23:00:00+00:00"}
    assert not OutboxMessage.objects.exists()
    assert not ConsentRequest.objects.exists()
    page = text_of(browser_of(claim.created_by).get(url("claim_page", claim)))
    assert "Approved" not in page.partition("The way of this claim")[2].partition("More")[0]
    for words in ("migrated", "You are partner of record since", "was not asked at this desk"):
        assert words in page
    assert "migrated" in shown(claim, factories.make_reviewer())


def test_it_can_be_challenged_refreshed_and_ended(
    tmp_path: Path, location: PartnerLocation
) -> None:
    tenant = factories.make_tenant()
    bring(tmp_path, [row(location, tenant)])
    claim = Claim.objects.get()
    rival = acts.submit(factories.make_claim(tenant=tenant))
    case = CompetingClaimsCase.objects.get(closed_at=None)
    standings = {(each.claim_id, each.standing) for each in case.parties.all()}
    assert standings == {(claim.pk, "incumbent"), (rival.pk, "challenger")}

    assert attach(claim).occasion == "refresh"
    end_association(claim_id=claim.pk, actor=actors.partner(claim.created_by), reason="Over.")
    assert [each.recipient for each in acts.letters(claim, "association_ended")] == [
        claim.created_by.email
    ]
    told = IncentiveHandoff.objects.get(claim=claim)
    assert (told.kind, told.payload["end_reason"], told.payload["effective_from"]) == (
        "termination",
        "partner_disassociated",
        "2024-03-01",
    )


def test_what_is_unknown_or_held_is_refused_with_its_column(
    tmp_path: Path, location: PartnerLocation
) -> None:
    tenant = factories.make_tenant()
    acts.approved(factories.make_claim(tenant=tenant))
    nobody = factories.make_location()
    found = bring(
        tmp_path,
        [
            row(location, tenant),
            row(location, factories.guid(9)),
            row(location, tenant, "nothing"),
            row(nobody, tenant, "teams"),
        ],
    )
    assert [column for column, _reason in found["faults"]] == [  # type: ignore[attr-defined]
        "product",
        "tenant_id",
        "product",
        "partner_id",
    ]
    assert not Claim.objects.filter(migrated=True).exists()
    assert not ClaimContact.objects.filter(claim__migrated=True).exists()
