"""What reviewers look at: the queues, a search, and one case with all that belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OrderBy,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims.models import (
    Claim,
    ClaimEvent,
    ClaimLine,
    Comment,
    CustomerTenant,
    PoEDocument,
    ReviewDecision,
    ReviewFinding,
    TenantDomain,
)
from claims.states import AssociationState, LineStatus, Status
from cpor_site.common.models import User

from .models import CompetingClaimsCase, CompetingParty, InternalNote

WITH_REVIEWERS = (Status.SUBMITTED, Status.UNDER_REVIEW)
OPEN = Q(status__in=[*WITH_REVIEWERS, Status.PARTNER_ACTION_REQUIRED, Status.DISPUTED]) | Q(
    status=Status.APPROVED, association_state=AssociationState.PROVISIONAL
)


@dataclass(frozen=True)
class Queue:
    """One named set of claims, for one reader and moment."""

    code: str
    name: Promise
    condition: Callable[[User, datetime], Q]


@dataclass(frozen=True)
class OpenCase:
    """An open case of competing claims with the parties that are still in it."""

    case: CompetingClaimsCase
    parties: list[CompetingParty]


def _competing(user: User, now: datetime) -> Q:
    return Q(competing=True)


QUEUES: tuple[Queue, ...] = (
    Queue(
        "unassigned",
        _("Unassigned"),
        lambda user, now: Q(status__in=WITH_REVIEWERS, assigned_reviewer=None),
    ),
    Queue(
        "mine",
        _("Mine"),
        lambda user, now: Q(status__in=WITH_REVIEWERS, assigned_reviewer=user),
    ),
    Queue(
        "resubmitted",
        _("Resubmitted"),
        lambda user, now: Q(status=Status.SUBMITTED, round__gt=1),
    ),
    Queue(
        "overdue",
        _("Overdue"),
        lambda user, now: Q(status__in=WITH_REVIEWERS, due_at__lte=now),
    ),
    Queue(
        "partner",
        _("Waiting for the partner"),
        lambda user, now: Q(status=Status.PARTNER_ACTION_REQUIRED),
    ),
    Queue(
        "customer",
        _("Waiting for the customer"),
        lambda user, now: Q(status=Status.APPROVED, association_state=AssociationState.PROVISIONAL),
    ),
    Queue("competing", _("Competing"), _competing),
)


def queue() -> QuerySet[Claim]:
    """Return all claims with what a row of the queue shows; one query and one for activities.

    ``line_count`` counts the lines in the running or approved, ``competing`` says whether a case
    of competing claims is open on one of them.
    """
    lines = (
        ClaimLine.objects.filter(
            claim=OuterRef("pk"), line_status__in=[LineStatus.INCLUDED, LineStatus.APPROVED]
        )
        .order_by()
        .values("claim")
        .annotate(number=Count("pk"))
        .values("number")
    )
    rivals = CompetingParty.objects.filter(claim=OuterRef("pk"), left_at=None, case__closed_at=None)
    return (
        Claim.objects.select_related(
            "organization", "location", "tenant", "area", "rule_profile", "assigned_reviewer"
        )
        .prefetch_related("activities")
        .annotate(
            line_count=Coalesce(Subquery(lines, output_field=IntegerField()), 0),
            competing=Exists(rivals),
        )
    )


def by_urgency(user: User) -> list[OrderBy | str]:
    """Return the order of the queue: the reader's resubmitted claims, then the nearest deadline.

    Claims that wait for a reviewer come before those that wait for a partner, a customer, nobody.
    """
    turn = Case(
        When(status=Status.SUBMITTED, assigned_reviewer=user, then=Value(0)),
        When(status__in=[*WITH_REVIEWERS, Status.DISPUTED], then=Value(1)),
        When(status=Status.PARTNER_ACTION_REQUIRED, then=Value(2)),
        When(association_state=AssociationState.PROVISIONAL, then=Value(3)),
        default=Value(4),
        output_field=IntegerField(),
    )
    return [turn.asc(), F("due_at").asc(nulls_last=True), "-pk"]


def search(claims: QuerySet[Claim], term: str) -> QuerySet[Claim]:
    """Return the claims that ``term`` names; each kind of term asks its own index, none all.

    A claim number or its beginning, a tenant or subscription GUID, a partner ID, or the beginning
    of a domain or of a customer's name.
    """
    term = term.strip()
    if not term:
        return claims
    guid = _guid(term)
    if guid is not None:
        tenants = list(CustomerTenant.objects.filter(tenant_id=guid).values_list("pk", flat=True))
        if tenants:
            return claims.filter(tenant__in=tenants)
        lines = ClaimLine.objects.filter(subscription__subscription_id=guid)
        return claims.filter(pk__in=list(lines.values_list("claim", flat=True).distinct()))
    if term.isascii() and term.isdigit():
        return claims.filter(location__partner_id=term)
    if term.upper().startswith("CPOR"):
        return claims.filter(number__startswith=term.upper())
    domains = TenantDomain.objects.filter(domain__startswith=term.lower(), is_active=True)
    named = CustomerTenant.objects.filter(name__istartswith=term)
    return claims.filter(
        tenant__in={
            *domains.order_by().values_list("tenant_id", flat=True),
            *named.order_by().values_list("pk", flat=True),
        }
    )


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


def _guid(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None
