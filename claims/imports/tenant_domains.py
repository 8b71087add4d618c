"""Which tenant holds which domain while a batch of customers is taken in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from ..models import CustomerTenant, TenantDomain
from .writing import change, create

INITIAL = re.compile(r"[a-z0-9-]+\.(?:onmicrosoft\.com|onmicrosoft\.us|partner\.onmschina\.cn)")
# SQLite takes no more than 32,766 parameters in one statement.
MOST_NAMES = 10_000
FIELDS = ("is_active", "is_primary", "kind")

Kind = TenantDomain.Kind


def is_initial(domain: str) -> bool:
    """Say whether this is a tenant's own domain from birth, such as contoso.onmicrosoft.com."""
    return bool(INITIAL.fullmatch(domain))


class DomainBook:
    """The domains of a batch as they are and as they shall be.

    ``overlay`` says what earlier batches of a dry run would have done: a domain's holder, or
    ``None`` where it would be free by now. ``set`` adds to it.
    """

    def __init__(
        self,
        rows: Iterable[tuple[UUID, TenantDomain]],
        overlay: dict[str, UUID | None],
    ) -> None:
        self._overlay = overlay
        self._of_tenant: dict[UUID, dict[str, TenantDomain]] = {}
        self._holder: dict[str, UUID] = {}
        self._new: list[TenantDomain] = []
        self._losing: list[TenantDomain] = []
        self._gaining: list[TenantDomain] = []
        for tenant_id, row in rows:
            owned = self._of_tenant.setdefault(tenant_id, {})
            if row.is_active or row.domain not in owned:
                owned[row.domain] = row
            if row.is_active:
                self._holder[row.domain] = tenant_id

    @classmethod
    def load(
        cls,
        *,
        tenants: Collection[UUID],
        domains: Collection[str],
        overlay: dict[str, UUID | None],
        lock: bool,
    ) -> DomainBook:
        """Return the book for these tenants and these domains; few queries."""
        names = sorted(domains)
        wanted = [Q(tenant__tenant_id__in=tenants)]
        wanted += [
            Q(domain__in=names[start : start + MOST_NAMES])
            for start in range(0, len(names), MOST_NAMES)
        ]
        rows: dict[int, tuple[UUID, TenantDomain]] = {}
        for each in wanted:
            found = TenantDomain.objects.filter(each).annotate(holder=F("tenant__tenant_id"))
            if lock:
                found = found.order_by("pk").select_for_update(of=("self",))
            rows |= {row.pk: (row.holder, row) for row in found}
        return cls((rows[key] for key in sorted(rows)), overlay)

    def taken(self, tenant_id: UUID, domains: Sequence[str]) -> list[tuple[str, UUID]]:
        """Return those of ``domains`` that another tenant holds, with that tenant."""
        held = [(domain, self._held_by(domain)) for domain in domains]
        return [(d, holder) for d, holder in held if holder is not None and holder != tenant_id]

    def set(
        self, tenant: CustomerTenant, domains: Sequence[str], *, primary: str, initial: str
    ) -> bool:
        """Let ``tenant`` have exactly ``domains`` and say whether that changes anything.

        ``primary`` is its primary domain; empty leaves the one it has or takes the first of its own
        (not an initial one). ``initial`` names one whose look doesn't tell that it is initial.
        """
        owned = self._of_tenant.setdefault(tenant.tenant_id, {})
        primary = primary or _primary(owned, domains)
        changed = False
        for row in owned.values():
            if row.domain not in domains and (row.is_active or row.is_primary):
                changed |= self._put(row, active=False, primary=False, kind=row.kind)
                self._overlay[row.domain] = None
                self._holder.pop(row.domain, None)
        for domain in domains:
            born = domain == initial or is_initial(domain)
            kind: str = Kind.INITIAL if born else Kind.CUSTOM
            known = owned.get(domain)
            if known is None:
                row = TenantDomain(
                    tenant=tenant, domain=domain, kind=kind, is_primary=domain == primary
                )
                owned[domain] = row
                self._new.append(row)
                changed = True
            else:
                # Files don't tell federated domains from other custom ones.
                kind = known.kind if known.kind == Kind.FEDERATED and not born else kind
                changed |= self._put(known, active=True, primary=domain == primary, kind=kind)
            self._holder[domain] = tenant.tenant_id
            self._overlay[domain] = tenant.tenant_id
        return changed

    def write(self, *, now: datetime, reason: str) -> None:
        """Write what changed; what gives way first, so that no constraint is met halfway."""
        change(self._losing, FIELDS, now=now, reason=reason)
        change(self._gaining, FIELDS, now=now, reason=reason)
        create(self._new, now=now, reason=reason)

    def _held_by(self, domain: str) -> UUID | None:
        if domain in self._overlay:
            return self._overlay[domain]
        return self._holder.get(domain)

    def _put(self, row: TenantDomain, *, active: bool, primary: bool, kind: str) -> bool:
        if (row.is_active, row.is_primary, row.kind) == (active, primary, kind):
            return False
        loses = (row.is_active and not active) or (row.is_primary and not primary)
        row.is_active, row.is_primary, row.kind = active, primary, kind
        (self._losing if loses else self._gaining).append(row)
        return True


def _primary(owned: dict[str, TenantDomain], domains: Sequence[str]) -> str:
    kept = [domain for domain in domains if domain in owned and owned[domain].is_primary]
    custom = [domain for domain in domains if not is_initial(domain)]
    return next(iter(kept + custom + list(domains)), "")
