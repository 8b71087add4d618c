"""What reviewers look at: one case with all that belongs to it. The queues are in ``queues``."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from django.db.models import (
    Exists,
    OuterRef,
    Prefetch,
)

from claims.models import (
    Claim,
    ClaimEvent,
    ClaimLine,
    Comment,
    Dispute,
    PoEDocument,
    ReviewDecision,
    ReviewFinding,
    TenantDomain,
)

from .models import CompetingClaimsCase, CompetingParty, InternalNote


@dataclass(frozen=True)
class OpenCase:
    """An open case of competing claims with the parties that are still in it."""

    case: CompetingClaimsCase
    parties: list[CompetingParty]


def case(claim_id: int) -> Claim | None:
    """Return one claim with everything of the claim itself that its case page shows."""
    claims = Claim.objects.select_related(
        "organization",
        "location",
        "tenant",
        "area",
        "rule_profile",
        "assigned_reviewer",
        "submitted_by",
        "replaces",
    ).prefetch_related("activities", "contacts")
    return claims.filter(pk=claim_id).first()


def lines_of(claim: Claim) -> list[ClaimLine]:
    """Return all lines with product, activity, subscription and what the subscription buys."""
    return list(
        ClaimLine.objects.filter(claim=claim)
        .select_related("product", "activity", "subscription__listed_product", "association")
        .order_by("pk")
    )


def documents_of(claim: Claim) -> list[PoEDocument]:
    """Return all documents, newest first, each with the lines it covers."""
    covers = Prefetch("covers", ClaimLine.objects.select_related("product").order_by("pk"))
    return list(
        PoEDocument.objects.filter(claim=claim)
        .select_related("uploaded_by")
        .prefetch_related(covers)
    )


def domains_of(claim: Claim) -> list[TenantDomain]:
    """Return the active domains that the registry knows of the claim's customer."""
    if claim.tenant_id is None:
        return []
    return list(TenantDomain.objects.filter(tenant=claim.tenant_id, is_active=True))


def findings_of(claim: Claim) -> list[ReviewFinding]:
    """Return the findings of all rounds, the newest round first, each with its lines."""
    lines = Prefetch("lines", ClaimLine.objects.select_related("product").order_by("pk"))
    return list(
        ReviewFinding.objects.filter(claim=claim)
        .select_related("found_by")
        .prefetch_related(lines)
        .order_by("-round", "pk")
    )


def comments_of(claim: Claim) -> list[Comment]:
    """Return what partner and reviewers wrote to each other, oldest first."""
    return list(Comment.objects.filter(claim=claim).select_related("author"))


def decisions_of(claim: Claim) -> list[ReviewDecision]:
    """Return the reviewers' decisions, oldest first."""
    return list(ReviewDecision.objects.filter(claim=claim).select_related("reviewer"))


def dispute_of(claim: Claim) -> Dispute | None:
    """Return the claim's dispute, open or settled; no query for a claim without one."""
    if claim.disputed_at is None:
        return None
    disputes = Dispute.objects.filter(claim=claim).select_related("opened_by", "decided_by")
    return disputes.order_by("-number").first()


def notes_of(claim: Claim) -> list[InternalNote]:
    """Return the internal notes, newest first."""
    return list(InternalNote.objects.filter(claim=claim).select_related("author"))


def events_of(claim: Claim) -> list[ClaimEvent]:
    """Return everything that happened to the claim, newest first."""
    return list(ClaimEvent.objects.filter(claim=claim).order_by("-at", "-pk"))


def open_cases_of(claim: Claim) -> list[OpenCase]:
    """Return the open cases of competing claims in which the claim is a party."""
    parties = (
        CompetingParty.objects.filter(
            Exists(CompetingParty.objects.filter(case=OuterRef("case"), claim=claim, left_at=None)),
            left_at=None,
            case__closed_at=None,
        )
        .select_related("case", "claim__organization", "line__product", "line__activity")
        .order_by("case__opened_at", "case_id", "joined_at", "pk")
    )
    return [OpenCase(case, list(found)) for case, found in groupby(parties, attrgetter("case"))]
