"""Uploads of drafts as people may see them afterwards."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, Func, IntegerField, OuterRef, Q, QuerySet

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


class ListLength(Func):
    """The length of a list in a JSON column."""

    function = "JSON_ARRAY_LENGTH"
    output_field = IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSONB_ARRAY_LENGTH", **context)


def _organizations(user: User) -> tuple[set[int], set[int]]:
    """Return the organisations for all of which, and for parts of which, the user may draft."""
    wholly: set[int] = set()
    partly: set[int] = set()
    for each in actors.memberships_with(user, Capability.DRAFT):
        (partly if each.locations.all() else wholly).add(each.organization_id)
    return wholly, partly - wholly


def listed(
    uploads: QuerySet[DraftUpload], organization: PartnerOrganization | None
) -> QuerySet[DraftUpload]:
    """Return the uploads as the list shows them: without their rows, but with ``refused_count``.

    Those of the one organisation that the reader looks at, or all.
    """
    if organization is not None:
        uploads = uploads.filter(organization=organization)
    return uploads.defer("problems", "header", "refused_rows").annotate(
        refused_count=ListLength("refused_rows")
    )
