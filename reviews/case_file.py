"""Everything that a case page shows of one claim, read in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db.models import Exists, Max, OuterRef, Subquery

from claims.models import (
    Activity,
    Claim,
    ClaimContact,
    ClaimEvent,
    ClaimLine,
    Comment,
    PoEDocument,
    ReviewDecision,
    ReviewFinding,
    TenantDomain,
    belonging_to,
)
from claims.states import LineStatus
from claims.wording import key_words
from cpor_site.common.models import User

from .models import ChecklistVerdict, CompetingParty, InternalNote, SeenMark
from .services.verdicts import left_to_mark
from .together import read_together

IN_THE_RUNNING = (LineStatus.INCLUDED, LineStatus.APPROVED)


@dataclass(frozen=True)
class OpenCase:
    """An open case of competing claims with the parties that are still in it.

    Each party has ``newest_signed_on`` and ``newest_proof_at`` of the proof that stands.
    """

    case: Any
    parties: list[CompetingParty]
    subject: str

    @classmethod
    def of(cls, case: Any, parties: list[CompetingParty], claim: Claim) -> OpenCase:
        """Return the case as seen from one of its claims; all are for the same tenant."""
        product, customer = str(parties[0].line.product), str(claim.tenant or "")
        return cls(case, parties, key_words(case.key, product=product, customer=customer))


@dataclass
class CaseFile:
    """One claim with all its rows. Lists are oldest first, unless a name says otherwise."""

    claim: Claim
    lines: list[ClaimLine]
    documents: list[PoEDocument]
    contacts: list[ClaimContact]
    activities: list[Activity]
    domains: list[TenantDomain]
    findings: list[ReviewFinding]
    comments: list[Comment]
    decisions: list[ReviewDecision]
    notes: list[InternalNote]
    events: list[ClaimEvent]
    verdicts: list[ChecklistVerdict]
    mark: SeenMark | None
    covers: dict[int, list[ClaimLine]]
    found_on: dict[int, list[ClaimLine]]
    cases: list[OpenCase] = field(default_factory=list)
    left_to_mark: set[str] = field(default_factory=set)

    @property
    def standing_lines(self) -> list[ClaimLine]:
        """The lines that are still in the running."""
        return [line for line in self.lines if line.line_status in IN_THE_RUNNING]

    @property
    def rounds(self) -> list[tuple[int, list[ReviewFinding]]]:
        """The findings by round, the newest first."""
        rows = sorted(self.findings, key=lambda each: (-each.round, each.pk))
        return [(number, list(found)) for number, found in groupby(rows, attrgetter("round"))]

    @property
    def names(self) -> dict[str, str]:
        """The names of the products and activities by their codes."""
        products = {line.product.code: line.product.name for line in self.lines}
        return products | {line.activity.code: line.activity_name for line in self.lines}


def case_of(claim_id: int) -> Claim | None:
    """Return one claim with what its row points to; one query."""
    claims = Claim.objects.select_related(
        "organization",
        "location",
        "tenant",
        "area",
        "rule_profile",
        "assigned_reviewer",
        "submitted_by",
        "replaces",
        "consent_renewal__asked_by",
        "consent_renewal__decided_by",
    )
    return claims.filter(pk=claim_id).first()


def read_case(claim: Claim, reader: User) -> CaseFile:
    """Return the claim's case file for the reader; four queries, whatever there is."""
    lines = belonging_to(
        claim,
        ClaimLine.objects.filter(claim=claim)
        .select_related("product", "activity", "subscription__listed_product", "association")
        .order_by("pk"),
    )
    documents = list(
        PoEDocument.objects.filter(claim=claim)
        .select_related("rendering")
        .order_by("withdrawn_at", "-uploaded_at", "-pk")
    )
    documents.sort(key=lambda each: not each.counts)
    covers = PoEDocument.covers.through.objects.filter(poedocument__claim=claim)
    found_on = ReviewFinding.lines.through.objects.filter(reviewfinding__claim=claim)
    rows = read_together(
        {
            "contacts": ClaimContact.objects.filter(claim=claim),
            "activities": Activity.objects.filter(
                pk__in=Claim.activities.through.objects.filter(claim=claim).values("activity")
            ),
            "domains": TenantDomain.objects.filter(tenant=claim.tenant_id, is_active=True),
            "findings": ReviewFinding.objects.filter(claim=claim),
            "comments": Comment.objects.filter(claim=claim),
            "decisions": ReviewDecision.objects.filter(claim=claim),
            "notes": InternalNote.objects.filter(claim=claim),
            "events": ClaimEvent.objects.filter(claim=claim),
            "verdicts": ChecklistVerdict.objects.filter(claim=claim),
            "marks": SeenMark.objects.filter(claim=claim, user=reader),
            "covers": covers,
            "found_on": found_on,
        }
    )
    by_key = {line.pk: line for line in lines}
    return CaseFile(
        claim=claim,
        lines=lines,
        documents=documents,
        contacts=rows["contacts"],
        activities=sorted(rows["activities"], key=lambda each: each.position),
        domains=rows["domains"],
        findings=rows["findings"],
        comments=rows["comments"],
        decisions=rows["decisions"],
        notes=rows["notes"],
        events=rows["events"],
        verdicts=[each for each in rows["verdicts"] if each.round == claim.round],
        mark=rows["marks"][0] if rows["marks"] else None,
        covers=_linked(rows["covers"], "poedocument_id", by_key),
        found_on=_linked(rows["found_on"], "reviewfinding_id", by_key),
        cases=open_cases_of(claim),
        left_to_mark=left_to_mark(claim, rows["verdicts"]),
    )


def open_cases_of(claim: Claim) -> list[OpenCase]:
    """Return the open cases of competing claims in which the claim is a party."""
    mine = CompetingParty.objects.filter(case=OuterRef("case"), claim=claim, left_at=None)
    proof = (
        PoEDocument.objects.filter(claim=OuterRef("claim"), withdrawn_at=None)
        .exclude(scan_state=PoEDocument.ScanState.INFECTED)
        .order_by()
        .values("claim")
    )
    parties = (
        CompetingParty.objects.filter(Exists(mine), left_at=None, case__closed_at=None)
        .select_related(
            "case",
            "claim__organization",
            "claim__assigned_reviewer",
            "claim__rule_profile",
            "line__product",
            "line__activity",
            "line__association",
        )
        .annotate(
            newest_signed_on=Subquery(proof.annotate(at=Max("signed_on")).values("at")),
            newest_proof_at=Subquery(proof.annotate(at=Max("uploaded_at")).values("at")),
        )
        .order_by("case__opened_at", "case_id", "joined_at", "pk")
    )
    return [
        OpenCase.of(case, list(found), claim)
        for case, found in groupby(parties, attrgetter("case"))
    ]


def _linked(rows: list[Any], owner: str, lines: dict[int, ClaimLine]) -> dict[int, list[ClaimLine]]:
    found: dict[int, list[ClaimLine]] = defaultdict(list)
    for row in rows:
        if row.claimline_id in lines:
            found[getattr(row, owner)].append(lines[row.claimline_id])
    return {key: sorted(group, key=attrgetter("pk")) for key, group in found.items()}
