"""Who is partner of record: associations by customer, those that stand before those that ended."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from claims.models import Association, CustomerTenant
from claims.rules.identifiers import mail_domain, normalise_domain, parse_guid, without_www
from claims.states import AssociationState

from .customer_search import customers_beginning

PAGE = 25
STANDING, ENDED = 0, 1


@dataclass(frozen=True)
class Wanted:
    """A condition for associations; ``notice`` tells that the term was too short, or is empty."""

    condition: Q
    notice: str = ""


@dataclass(frozen=True)
class Key:
    """Where a row stands: those that stand first, each part with the newest first."""

    rank: int
    pk: int

    def __str__(self) -> str:
        return f"{self.rank}~{self.pk}"

    @classmethod
    def read(cls, text: str) -> Key | None:
        """Return the key that ``str`` wrote, or None for anything else."""
        parts = text.split("~")
        if len(parts) != 2 or not all(
            part.isascii() and part.isdigit() and len(part) < 19 for part in parts
        ):
            return None
        rank, pk = map(int, parts)
        return cls(rank, pk) if rank in (STANDING, ENDED) else None


@dataclass(frozen=True)
class Page:
    """Rows, and the keys beyond which the neighbouring pages begin; None where there is none."""

    rows: list[Association]
    previous: Key | None = None
    next: Key | None = None


def wanted(term: str) -> Wanted:
    """Return the associations that ``term`` asks for.

    A tenant or subscription GUID, a domain, an address of the web or of a mailbox in one, or the
    beginning of a domain or of a customer's name.
    """
    guid = parse_guid(term)
    if guid is not None:
        tenants = list(CustomerTenant.objects.filter(tenant_id=guid).values_list("pk", flat=True))
        if tenants:
            return Wanted(Q(tenant__in=tenants))
        return Wanted(Q(line__subscription__subscription_id=guid))
    customers = customers_beginning(_domain_in(term) or term)
    return Wanted(Q(tenant__in=customers.tenants), customers.notice)


def page_of(
    condition: Q, *, after: Key | None = None, before: Key | None = None, states: str = ""
) -> Page:
    """Return the page of associations behind one key, or before another; one query.

    ``states`` is ``now`` for those that stand, ``ended`` for the others, or empty for all.
    """
    rank = Case(
        When(state=AssociationState.ENDED, then=Value(ENDED)),
        default=Value(STANDING),
        output_field=IntegerField(),
    )
    found = _with_all_that_a_row_shows(Association.objects.filter(condition).annotate(rank=rank))
    if states == "now":
        found = found.exclude(state=AssociationState.ENDED)
    elif states == "ended":
        found = found.filter(state=AssociationState.ENDED)
    if after is not None:
        found = found.filter(Q(rank__gt=after.rank) | Q(rank=after.rank, pk__lt=after.pk))
    elif before is not None:
        found = found.filter(Q(rank__lt=before.rank) | Q(rank=before.rank, pk__gt=before.pk))
    backwards = after is None and before is not None
    order = ("-rank", "pk") if backwards else ("rank", "-pk")
    rows = list(found.order_by(*order)[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    if not rows:
        return Page([])
    if backwards:
        rows.reverse()
    return Page(
        rows,
        _key_of(rows[0]) if (more if backwards else after is not None) else None,
        _key_of(rows[-1]) if backwards or more else None,
    )


def _key_of(row: Association) -> Key:
    return Key(ENDED if row.state == AssociationState.ENDED else STANDING, row.pk)


def _with_all_that_a_row_shows(rows: QuerySet[Association]) -> QuerySet[Association]:
    return rows.select_related(
        "tenant",
        "location",
        "claim__organization",
        "activity__area",
        "line__product",
        "line__subscription",
    )


def _domain_in(term: str) -> str:
    """Return the domain of a pasted address, or nothing where the term may be a name."""
    if "@" in term:
        return mail_domain(term)
    if "://" not in term and "." not in term:
        return ""
    domain = normalise_domain(term)
    return without_www(domain) if domain else ""
