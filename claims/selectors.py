"""What a partner's person may see of claims, with everything that a page shows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import (
    Case,
    Count,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from cpor_site.common.models import User

from . import actors
from .actors import Capability
from .models import (
    Claim,
    ClaimEvent,
    ClaimLine,
    Comment,
    Dispute,
    PartnerLocation,
    PartnerOrganization,
    PoEDocument,
    Product,
    ProgramEnrollment,
    ReviewDecision,
    ReviewFinding,
)
from .states import LineStatus, Status

IN_THE_RUNNING = (LineStatus.INCLUDED, LineStatus.APPROVED)
NEEDS_ME = Q(status__in=[Status.PARTNER_ACTION_REQUIRED, Status.EDITING])


@dataclass(frozen=True)
class Folder:
    """One choice of the list's filter; ``code`` stands in the address."""

    code: str
    condition: Q


FOLDERS: tuple[Folder, ...] = (
    Folder("all", Q()),
    Folder("mine", NEEDS_ME),
    *(Folder(status.value, Q(status=status)) for status in Status),
)


def claims_for(user: User) -> QuerySet[Claim]:
    """Return the claims that the user may see as a person of a partner."""
    return Claim.objects.filter(actors.reach(user, Capability.SEE))


def listed(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """Return the claims as the list shows them: awaited answers first, then drafts, then news.

    ``turn`` is 0 for a claim that the reviewers sent back, 1 for a draft, 2 for the others;
    ``line_count`` counts the lines in the running or approved.
    """
    lines = (
        ClaimLine.objects.filter(claim=OuterRef("pk"), line_status__in=IN_THE_RUNNING)
        .order_by()
        .values("claim")
        .annotate(number=Count("pk"))
        .values("number")
    )
    turn = Case(
        When(status=Status.PARTNER_ACTION_REQUIRED, then=Value(0)),
        When(status=Status.EDITING, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return (
        claims.select_related("organization", "location", "tenant", "area", "rule_profile")
        .prefetch_related("activities")
        .annotate(
            turn=turn,
            line_count=Coalesce(Subquery(lines, output_field=IntegerField()), 0),
        )
        .order_by("turn", F("due_at").asc(nulls_last=True), "-changed_at", "-pk")
    )


def search(claims: QuerySet[Claim], term: str) -> QuerySet[Claim]:
    """Return the claims whose number, name, customer, domain or partner ID holds ``term``."""
    term = term.strip()
    if not term:
        return claims
    return claims.filter(
        Q(number__icontains=term)
        | Q(name__icontains=term)
        | Q(tenant__name__icontains=term)
        | Q(domain_as_typed__icontains=term)
        | Q(location__partner_id__startswith=term)
    )


def folder_sizes(claims: QuerySet[Claim]) -> dict[str, int]:
    """Return how many of the claims each folder holds; one query."""
    return claims.order_by().aggregate(
        **{folder.code: Count("pk", filter=folder.condition) for folder in FOLDERS[1:]},
        all=Count("pk"),
    )


def claim_for(user: User, claim_id: int) -> Claim | None:
    """Return one claim of the user's with what every page about it needs, or None."""
    return (
        claims_for(user)
        .select_related(
            "organization",
            "location",
            "tenant",
            "area",
            "rule_profile",
            "created_by",
            "replaces",
            "copied_from",
        )
        .prefetch_related("activities__program", "contacts")
        .filter(pk=claim_id)
        .first()
    )


def organizations_to_claim_for(user: User) -> list[PartnerOrganization]:
    """Return the organisations for which the user may start a claim, by name."""
    memberships = actors.memberships_with(user, Capability.DRAFT)
    found = {each.organization_id: each.organization for each in memberships}
    return sorted(found.values(), key=lambda each: (each.name, each.pk))


def locations_to_claim_from(user: User, claim: Claim) -> list[PartnerLocation]:
    """Return the claim's choices of partner ID, each with its enrolments.

    Those are the active locations that the user's roles reach, and the one already chosen.
    """
    memberships = [
        each
        for each in actors.memberships_with(user, Capability.DRAFT)
        if each.organization_id == claim.organization_id
    ]
    listed = [{location.pk for location in each.locations.all()} for each in memberships]
    within = Q(pk=claim.location_id)
    if memberships:
        scope = Q() if not all(listed) else Q(pk__in=set().union(*listed))
        within |= scope & Q(is_active=True, organization=claim.organization_id)
    enrollments = Prefetch("enrollments", ProgramEnrollment.objects.select_related("program"))
    return list(
        PartnerLocation.objects.filter(within)
        .prefetch_related(enrollments)
        .order_by("name", "partner_id")
    )


def lines_of(claim: Claim) -> list[ClaimLine]:
    """Return all lines with product, activity, subscription and association."""
    return list(
        ClaimLine.objects.filter(claim=claim)
        .select_related("product", "activity__program", "subscription", "association")
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


def findings_of(claim: Claim) -> list[ReviewFinding]:
    """Return what the partner is asked to mend in this round, each with its lines."""
    lines = Prefetch("lines", ClaimLine.objects.select_related("product").order_by("pk"))
    return list(
        ReviewFinding.objects.filter(claim=claim, round=claim.round).prefetch_related(lines)
    )


def comments_of(claim: Claim) -> list[Comment]:
    """Return what partner and reviewers wrote to each other, oldest first."""
    return list(Comment.objects.filter(claim=claim).select_related("author"))


def decision_of(claim: Claim) -> ReviewDecision | None:
    """Return the reviewers' newest decision."""
    return ReviewDecision.objects.filter(claim=claim).order_by("-decided_at", "-pk").first()


def dispute_of(claim: Claim) -> Dispute | None:
    """Return the claim's newest dispute."""
    disputes = Dispute.objects.filter(claim=claim).select_related("opened_by")
    return disputes.order_by("-number").first()


def events_of(claim: Claim) -> list[ClaimEvent]:
    """Return what happened to the claim, oldest first, without what only reviewers see."""
    return list(ClaimEvent.objects.filter(claim=claim, internal=False))


def products_to_claim(claim: Claim) -> list[Product]:
    """Return the catalogue's products that fit the claim's area and any of its activities."""
    activities = [activity.pk for activity in claim.activities.all()]
    return list(
        Product.objects.filter(area=claim.area_id, activities__in=activities)
        .distinct()
        .order_by("name")
    )
