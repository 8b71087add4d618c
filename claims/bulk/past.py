"""Uploads of drafts as people may see them afterwards."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from cpor_site.common.models import User

from .. import actors
from ..actors import Capability
from ..models import Claim, DraftUpload, PartnerOrganization


def uploads_for(user: User) -> QuerySet[DraftUpload]:
    """Return the uploads that the user may open, newest first.

    That is every upload of an organisation for all of which the user may draft; in one of whose
    locations alone, the user's own, and those with a draft that the user may see.
    """
    wholly, partly = _organizations(user)
    drafts = Claim.objects.filter(
        actors.reach(user, Capability.DRAFT), uploaded_with=OuterRef("pk")
    )
    return DraftUpload.objects.filter(
        Q(organization__in=wholly)
        | Q(organization__in=partly) & (Q(uploaded_by=user) | Exists(drafts))
    ).select_related("organization", "uploaded_by")


def sees_rows(user: User, upload: DraftUpload) -> bool:
    """Whether the user may read the rows themselves, which can be about any location."""
    wholly, partly = _organizations(user)
    return upload.organization_id in wholly or (
        upload.organization_id in partly and upload.uploaded_by_id == user.pk
    )


def drafts_of(user: User, upload: DraftUpload) -> QuerySet[Claim]:
    """Return the claims made from the upload that the user may see, with all that checks read."""
    return (
        Claim.objects.filter(actors.reach(user, Capability.DRAFT), uploaded_with=upload)
        .select_related("organization", "location", "tenant", "area", "rule_profile")
        .prefetch_related("activities__program", "contacts")
        .order_by("pk")
    )


def _organizations(user: User) -> tuple[set[int], set[int]]:
    """Return the organisations for all of which, and for parts of which, the user may draft."""
    wholly: set[int] = set()
    partly: set[int] = set()
    for each in actors.memberships_with(user, Capability.DRAFT):
        (partly if each.locations.all() else wholly).add(each.organization_id)
    return wholly, partly - wholly


def of_organization(
    uploads: QuerySet[DraftUpload], organization: PartnerOrganization | None
) -> QuerySet[DraftUpload]:
    """Return those of the one organisation that the reader looks at, or all."""
    return uploads if organization is None else uploads.filter(organization=organization)
