"""The list of a partner's claims: what it is narrowed to, how it is ordered, what a row shows.

Nothing here tells what only reviewers may know: there is no filter and no column for competing
claims (section 5.7).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    Exists,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from cpor_site.common.models import User

from . import actors
from .models import (
    Claim,
    ClaimLine,
    CustomerTenant,
    Membership,
    PartnerLocation,
    PartnerOrganization,
    PoEDocument,
    ProofRequest,
    RuleProfile,
    TenantDomain,
)
from .rules.documents import months_before
from .ruling_words import meanwhile_in_brief
from .selectors import IN_THE_RUNNING
from .services.displacement import associations_to_yield
from .standing import OPEN_REQUESTS, open_requests
from .states import AssociationState, Status

COUNTED = 1000
"""Claims are counted up to here; what has more is shown as "1,000+"."""
NAMED = 500
"""Up to so many customers of a name are looked up first; more are joined."""
WHOLE_NUMBER = re.compile(r"CPOR-[0-9]{4}-[0-9]{6,}", re.IGNORECASE)
ALL, MINE = "all", "mine"
LOST = "lost"
"""Counted with the statuses: claims whose customer no letter reached."""
UNDELIVERED = Q(
    status=Status.APPROVED,
    association_state=AssociationState.PROVISIONAL,
    consent_undelivered_at__isnull=False,
)
PROOF = "proof"
"""Counted with the statuses: other approved claims whose partner was asked for newer proof."""
PROOF_ASKED = (
    Q(status=Status.APPROVED)
    & Q(pk__in=ProofRequest.objects.filter(answer="", closed_at=None).order_by().values("claim"))
    & ~UNDELIVERED
)
ASKED_OR_DRAFT = Q(status__in=[Status.PARTNER_ACTION_REQUIRED, Status.EDITING])
NEEDS_ME = ASKED_OR_DRAFT | UNDELIVERED | PROOF_ASKED
_NEEDED = Case(
    When(UNDELIVERED, then=Value(LOST)), When(PROOF_ASKED, then=Value(PROOF)), default=Value("")
)


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to; empty fields narrow nothing.

    ``status`` is the code of a folder. ``area``, ``activity`` ("area.activity"), ``product`` and
    ``location`` (a partner ID) are codes. ``due`` and ``ending`` are days from now, ``proof_age``
    is in months.
    """

    status: str = ALL
    q: str = ""
    area: str = ""
    activity: str = ""
    product: str = ""
    location: str = ""
    customer: str = ""
    due: int | None = None
    proof_age: int | None = None
    ending: int | None = None
    migrated: bool = False
    archived: bool = False

    @property
    def narrows(self) -> bool:
        """Whether anything but the folder is asked for."""
        return self != Wanted(status=self.status)

    @property
    def joins(self) -> bool:
        """Whether lines, activities or documents must be read for it."""
        days = (self.proof_age, self.ending)
        return bool(self.activity or self.product) or days != (None, None)


@dataclass(frozen=True)
class Folder:
    """One choice of status; ``code`` stands in the address."""

    code: str
    condition: Q


FOLDERS: tuple[Folder, ...] = (
    Folder(ALL, Q()),
    Folder(MINE, NEEDS_ME),
    *(Folder(status.value, Q(status=status)) for status in Status),
)
CONDITIONS = {folder.code: folder.condition for folder in FOLDERS}


def narrowed(
    claims: QuerySet[Claim], wanted: Wanted, now: datetime, today: date
) -> QuerySet[Claim]:
    """Return the claims that fit everything wanted but the status."""
    conditions: list[Any] = []
    if wanted.archived:
        conditions.append(Q(archived_at__isnull=False))
    elif not wanted.q:
        # Who searches for a claim finds it in the archive as well.
        conditions.append(Q(archived_at=None))
    if wanted.area:
        conditions.append(Q(area__code=wanted.area))
    if wanted.activity:
        area, _dot, code = wanted.activity.partition(".")
        chosen = Claim.activities.through.objects.filter(
            claim=OuterRef("pk"), activity__code=code, activity__area__code=area
        )
        conditions.append(Exists(chosen))
    if wanted.product:
        conditions.append(_has_line(product__code=wanted.product))
    if wanted.location:
        conditions.append(Q(location__partner_id=wanted.location))
    if wanted.customer:
        conditions.append(_of_customer(wanted.customer))
    if wanted.due is not None:
        conditions.append(Q(due_at__lte=now + timedelta(days=wanted.due)))
    if wanted.proof_age is not None:
        limit = months_before(today, wanted.proof_age)
        conditions += [
            Exists(_dated_documents()),
            ~Exists(_dated_documents().filter(on__gte=limit)),
        ]
    if wanted.ending is not None:
        last = today + timedelta(days=wanted.ending)
        conditions.append(_has_line(subscription__ends_on__range=(today, last)))
    if wanted.migrated:
        conditions.append(Q(migrated=True))
    if wanted.q:
        conditions.append(_search(wanted.q))
    return claims.filter(*conditions)


def sized(claims: QuerySet[Claim], wanted: Wanted) -> tuple[QuerySet[Claim], dict[str, int]]:
    """Return narrowed claims as the list reads them, and how many of them each folder holds.

    Numbers above ``COUNTED`` only say that there are more. A filter that few claims fit is asked
    once: the claims come back by their keys.
    """
    if not wanted.narrows:
        return claims, _folders(_capped_counts(claims))
    columns = claims.order_by().annotate(needed=_NEEDED).values_list("pk", "status", "needed")
    few = list(columns[: COUNTED + 1])
    if len(few) <= COUNTED:
        counts = Counter(status for _pk, status, _needed in few)
        counts.update(needed for _pk, _status, needed in few)
        return Claim.objects.filter(pk__in=[pk for pk, _status, _needed in few]), _folders(counts)
    if wanted.joins:
        # Such a filter reads whole tables, so it is asked for all statuses together.
        grouped = (
            claims.order_by()
            .values_list("status")
            .annotate(
                number=Count("pk"),
                lost=Count("pk", filter=UNDELIVERED),
                asked=Count("pk", filter=PROOF_ASKED),
            )
        )
        found = list(grouped)
        numbers = {status: number for status, number, _lost, _asked in found}
        numbers[LOST] = sum(lost for _status, _number, lost, _asked in found)
        numbers[PROOF] = sum(asked for _status, _number, _lost, asked in found)
        return claims, _folders(numbers)
    return claims, _folders(_capped_counts(claims))


def in_folder(claims: QuerySet[Claim], folder: str, sizes: Mapping[str, int]) -> QuerySet[Claim]:
    """Return the claims in a folder; ``sizes`` are those of ``sized``.

    Approved claims that wait for their partner are few, and most lists have none: then the database
    need not be asked for them, which would keep it from the index of statuses.
    """
    if folder != MINE:
        return claims.filter(CONDITIONS[folder])
    needed = ASKED_OR_DRAFT
    if sizes[LOST]:
        needed |= UNDELIVERED
    if sizes[PROOF]:
        needed |= PROOF_ASKED
    return claims.filter(needed)


def _capped_counts(claims: QuerySet[Claim]) -> Mapping[str, int]:
    columns = {status.value: _CappedCount(claims.filter(status=status.value)) for status in Status}
    columns[LOST] = _CappedCount(claims.filter(UNDELIVERED))
    columns[PROOF] = _CappedCount(claims.filter(PROOF_ASKED))
    # A row to hang the counts on; without a profile there are no claims.
    found = RuleProfile.objects.order_by("pk").values(**columns).first()
    return dict(found) if found else {}


def _folders(counts: Mapping[str, int]) -> dict[str, int]:
    sizes = {status.value: counts.get(status.value, 0) for status in Status}
    sizes[MINE] = sizes[Status.EDITING] + sizes[Status.PARTNER_ACTION_REQUIRED]
    for code in (LOST, PROOF):
        sizes[code] = counts.get(code, 0)
        sizes[MINE] += sizes[code]
    sizes[ALL] = sum(sizes[status.value] for status in Status)
    return sizes


def claims_in_reach(
    user: User, memberships: Sequence[Membership], organization: PartnerOrganization | None
) -> QuerySet[Claim]:
    """Return the claims that the user's memberships reach, of one organisation or of all."""
    claims = Claim.objects.filter(actors.reach_of(memberships, user))
    return claims if organization is None else claims.filter(organization=organization)


def locations_in_reach(
    memberships: Sequence[Membership], organization: PartnerOrganization | None, most: int
) -> list[PartnerLocation]:
    """Return up to ``most`` locations that the memberships reach, by partner ID."""
    within = Q(pk__in=[])
    for membership in memberships:
        if organization is None or membership.organization_id == organization.pk:
            listed = [location.pk for location in membership.locations.all()]
            within |= Q(pk__in=listed) if listed else Q(organization=membership.organization_id)
    return list(PartnerLocation.objects.filter(within).order_by("partner_id")[:most])


def rows(keys: Sequence[int]) -> list[Claim]:
    """Return the claims in the order of their keys, with what a row of the list shows.

    ``line_count`` counts the lines in the running or approved; ``proof_on`` is the newest date of
    a document that counts; ``meanwhile`` says what a partner of record knows of a comparison that
    isn't over.
    """
    claims = with_row_facts(Claim.objects.filter(pk__in=keys))
    claims = claims.annotate(is_to_yield=Exists(associations_to_yield(OuterRef("pk"))))
    found = {claim.pk: claim for claim in claims}
    for claim in found.values():
        asked, to_end = getattr(claim, OPEN_REQUESTS), claim.is_to_yield
        claim.meanwhile = meanwhile_in_brief(claim, asked, to_end=to_end)  # type: ignore[attr-defined]
    return [found[key] for key in keys if key in found]


def with_row_facts(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """Load what a row of the list, or of an export, tells of each claim; three queries."""
    lines = (
        ClaimLine.objects.filter(claim=OuterRef("pk"), line_status__in=IN_THE_RUNNING)
        .order_by()
        .values("claim")
        .annotate(number=Count("pk"))
        .values("number")
    )
    newest = _dated_documents().values("claim").annotate(newest=Max("on")).values("newest")
    return (
        claims.select_related(
            "organization",
            "location",
            "tenant",
            "area",
            "rule_profile",
            "created_by",
            "consent_renewal",
        )
        .prefetch_related("activities", open_requests())
        .annotate(
            line_count=Coalesce(Subquery(lines, output_field=IntegerField()), 0),
            proof_on=Subquery(newest),
        )
    )


def _has_line(**facts: Any) -> Exists:
    lines = ClaimLine.objects.filter(line_status__in=IN_THE_RUNNING, **facts)
    return Exists(lines.filter(claim=OuterRef("pk")).order_by())


def _dated_documents() -> QuerySet[Any]:
    """Return a claim's documents that count and bear a date, which is ``on``."""
    return (
        PoEDocument.objects.filter(claim=OuterRef("pk"), withdrawn_at=None)
        .exclude(scan_state=PoEDocument.ScanState.INFECTED)
        .annotate(on=Coalesce("signed_on", "document_on"))
        .filter(on__isnull=False)
        .order_by()
    )


# -- texts -----------------------------------------------------------------------------------------


def guid_in(term: str) -> UUID | None:
    """Return the GUID that the whole term is, with or without braces and hyphens."""
    try:
        return UUID(term)
    except ValueError:
        return None


def _search(term: str) -> Q:
    """Return the claims that the term names.

    A whole claim number or GUID names only what bears it; all else may be a part of a number, name
    or domain, or the beginning of a partner ID.
    """
    if WHOLE_NUMBER.fullmatch(term):
        return Q(number=term.upper())
    guid = guid_in(term)
    if guid is not None:
        lines = ClaimLine.objects.filter(subscription__subscription_id=guid)
        typed = ClaimLine.objects.filter(
            subscription__isnull=True, subscription_as_typed__iexact=str(guid)
        )
        keys = {
            *lines.order_by().values_list("claim", flat=True),
            *typed.order_by().values_list("claim", flat=True),
        }
        tenants = list(CustomerTenant.objects.filter(tenant_id=guid).values_list("pk", flat=True))
        unknown = Q(tenant__isnull=True, tenant_id_as_typed__iexact=str(guid))
        return Q(tenant__in=tenants) | Q(pk__in=keys) | unknown
    found = Q(name__icontains=term) | _customer_named(term)
    if re.fullmatch(r"[A-Za-z0-9-]+", term):
        found |= Q(number__icontains=term)
    if " " not in term:
        found |= Q(domain_as_typed__icontains=term)
    if term.isascii() and term.isdecimal():
        locations = PartnerLocation.objects.filter(partner_id__startswith=term).order_by()
        few = list(locations.values_list("pk", flat=True)[: NAMED + 1])
        found |= Q(location__in=few if len(few) <= NAMED else locations.values("pk"))
    return found


def _of_customer(term: str) -> Q:
    """Return the claims on a customer: by tenant ID, by one of its domains, or by its name."""
    guid = guid_in(term)
    if guid is not None:
        return Q(tenant__tenant_id=guid)
    domains = TenantDomain.objects.filter(domain=term.lower(), is_active=True)
    tenants = list(domains.values_list("tenant_id", flat=True))
    if tenants:
        return Q(tenant__in=tenants)
    return _customer_named(term) | Q(domain_as_typed__iexact=term)


def _customer_named(term: str) -> Q:
    named = (
        CustomerTenant.objects.filter(name__icontains=term).order_by().values_list("pk", flat=True)
    )
    few = list(named[: NAMED + 1])
    return Q(tenant__in=few) if len(few) <= NAMED else Q(tenant__in=named)


class _CappedCount(Subquery):
    """How many rows a query has, counted up to ``COUNTED`` + 1."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS capped)"
    output_field = IntegerField()

    def __init__(self, queryset: QuerySet[Any]) -> None:
        super().__init__(queryset.order_by().values("pk")[: COUNTED + 1])
