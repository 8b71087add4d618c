"""What a partner's person may see of claims, with everything that a page shows."""

from __future__ import annotations

from django.db.models import (
    Prefetch,
    Q,
    QuerySet,
)

from cpor_site.common.models import User

from . import actors
from .actors import Capability
from .models import (
    Claim,
    ClaimContact,
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
    belonging_to,
)
from .states import LineStatus

IN_THE_RUNNING = (LineStatus.INCLUDED, LineStatus.APPROVED)


def claims_for(user: User) -> QuerySet[Claim]:
    """Return the claims that the user may see as a person of a partner."""
    return Claim.objects.filter(actors.reach(user, Capability.SEE))


def claim_for(user: User, claim_id: int) -> Claim | None:
    """Return one claim of the user's with what every page about it needs, or None.

    The few claims that come from another one load it where a page names it.
    """
    return (
        claims_for(user)
        .select_related(
            "organization",
            "location",
            "tenant",
            "area",
            "rule_profile",
            "created_by",
            "consent_renewal__asked_by",
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
    return belonging_to(
        claim,
        ClaimLine.objects.filter(claim=claim)
        .select_related("product", "activity__program", "subscription", "association")
        .order_by("pk"),
    )


def documents_of(claim: Claim) -> list[PoEDocument]:
    """Return all documents, newest first, each with the lines it covers, by product."""
    lines = ClaimLine.objects.select_related("product").order_by("product__name", "pk")
    covers = Prefetch("covers", lines)
    return list(
        PoEDocument.objects.filter(claim=claim)
        .select_related("uploaded_by")
        .prefetch_related(covers)
    )


def findings_of(claim: Claim) -> list[ReviewFinding]:
    """Return what the partner is asked to mend in this round, each with its lines."""
    return [each for each in findings_of_all_rounds(claim) if each.round == claim.round]


def findings_of_all_rounds(claim: Claim) -> list[ReviewFinding]:
    """Return all that the partner was ever asked to mend, oldest round first, with the lines."""
    lines = Prefetch("lines", ClaimLine.objects.select_related("product").order_by("pk"))
    return list(ReviewFinding.objects.filter(claim=claim).prefetch_related(lines))


def comments_of(claim: Claim) -> list[Comment]:
    """Return what partner and reviewers wrote to each other, oldest first."""
    return list(Comment.objects.filter(claim=claim).select_related("author"))


def decision_of(claim: Claim) -> ReviewDecision | None:
    """Return the reviewers' newest decision."""
    return ReviewDecision.objects.filter(claim=claim).order_by("-decided_at", "-pk").first()


def business_contact_of(claim: Claim) -> ClaimContact | None:
    """Return the customer's person who is asked after an approval; the contacts must be loaded."""
    kinds = ClaimContact.Kind
    return next((each for each in claim.contacts.all() if each.kind == kinds.BUSINESS), None)


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
