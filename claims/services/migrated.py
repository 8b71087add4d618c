"""Associations that were made before this desk, taken over as they stand (Q30)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cpor_site.common import clock
from cpor_site.common.models import User
from cpor_site.common.operator_calendar import operator_calendar
from cpor_site.common.problems import Refused, error

from .. import actors, conflicts, door
from ..actors import Capability
from ..models import (
    Activity,
    Association,
    Claim,
    ClaimLine,
    CustomerTenant,
    ExclusivityHold,
    Membership,
    PartnerLocation,
    Product,
    RuleProfile,
    Subscription,
)
from ..states import AssociationState, LineStatus, Status
from .numbers import next_number
from .submission import lock_customer


def adopt_association(
    *,
    reference: str,
    name: str,
    partner_id: str,
    tenant_id: UUID,
    area: str,
    activity: str,
    product: str,
    subscription_id: UUID | None,
    since: date,
) -> bool:
    """Take one association over; lines of one reference are one claim. Return whether it is new.

    ``area``, ``activity`` and ``product`` are codes. Effects, in order: the claim, approved and in
    force, marked as migrated, with nothing of a review and without proof; its line and association,
    in force from the beginning of ``since``; event ``claim_migrated``, which writes no letter: the
    customer isn't asked. Raises ``Refused`` (MIG-01 to MIG-04, the column as field) for what isn't
    registered, isn't in the catalogue, or is held by another partner.
    """
    with transaction.atomic():
        location = PartnerLocation.objects.filter(partner_id=partner_id).first()
        tenant = CustomerTenant.objects.filter(tenant_id=tenant_id).first()
        done = Activity.objects.filter(code=activity, area__code=area).first()
        what = Product.objects.filter(code=product, area__code=area).first()
        if location is None or tenant is None:
            column = "partner_id" if location is None else "tenant_id"
            raise _refused("MIG-01", _("This isn't registered. Import it first."), column)
        if done is None or what is None or not what.activities.filter(pk=done.pk).exists():
            column = "activity" if done is None else "product"
            raise _refused("MIG-02", _("The catalogue has no such thing to claim."), column)
        subscription = _subscription(tenant, subscription_id)
        now = clock.now()
        begins = operator_calendar().start_of_day(since)
        claim = _claim(reference, name, location, tenant, done, now, begins)
        lock_customer(claim)
        known = ClaimLine.objects.filter(
            claim=claim, product=what, activity=done, subscription=subscription
        )
        if known.exists():
            return False
        claim.activities.add(done)
        line = ClaimLine(
            claim=claim,
            product=what,
            activity=done,
            subscription=subscription,
            subscription_as_typed=str(subscription.subscription_id) if subscription else "",
            line_status=LineStatus.APPROVED,
        )
        line.save()
        Association.objects.create(
            line=line,
            claim=claim,
            hold=_hold(claim, line, begins),
            location=location,
            tenant=tenant,
            activity=done,
            state=AssociationState.ACTIVE,
            claimed_on=since,
            effective_from=begins,
        )
        event = door.record(
            claim,
            kind="claim_migrated",
            actor=actors.SYSTEM,
            at=now,
            details={"text": reference},
        )
        door.tell(claim, event=event, actor=actors.SYSTEM)
    return True


def _claim(
    reference: str,
    name: str,
    location: PartnerLocation,
    tenant: CustomerTenant,
    activity: Activity,
    now: datetime,
    begins: datetime,
) -> Claim:
    found = Claim.objects.filter(
        organization=location.organization_id,
        migrated=True,
        legacy_reference=reference,
        location=location,
        tenant=tenant,
        area=activity.area_id,
        status=Status.APPROVED,
    ).first()
    if found is not None:
        return door.locked(found.pk)
    domain = tenant.domains.filter(is_active=True).order_by("-is_primary", "domain").first()
    owner = _owner(location)
    values: dict[str, Any] = {
        "number": next_number(now),
        "name": name or reference,
        "organization": location.organization,
        "location": location,
        "tenant": tenant,
        "tenant_id_as_typed": str(tenant.tenant_id),
        "domain_as_typed": domain.domain if domain else "",
        "area": activity.area,
        "rule_profile": RuleProfile.current(),
        "migrated": True,
        "legacy_reference": reference,
        "status": Status.APPROVED,
        "association_state": AssociationState.ACTIVE,
        "created_at": now,
        "created_by": owner,
        # Who gets the letters about it from now on.
        "submitted_by": owner,
        "changed_at": now,
        "first_submitted_at": begins,
        "last_submitted_at": begins,
        "decided_at": begins,
        "activated_at": begins,
    }
    claim = Claim(**values)
    claim._change_reason = "claim_migrated"  # type: ignore[attr-defined]
    claim.save()
    return claim


def _subscription(tenant: CustomerTenant, subscription_id: UUID | None) -> Subscription | None:
    if subscription_id is None:
        return None
    found = Subscription.objects.filter(tenant=tenant, subscription_id=subscription_id).first()
    if found is None:
        raise _refused(
            "MIG-01",
            _("The customer has no such subscription. Import it first."),
            "subscription_id",
        )
    return found


def _owner(location: PartnerLocation) -> User:
    """Return who at the partner the claim is given to: somebody who may act on it."""
    member = (
        Membership.objects.filter(
            organization=location.organization_id,
            is_active=True,
            user__is_active=True,
            role__in=actors.roles_with(Capability.CLAIM),
        )
        .select_related("user")
        .order_by("pk")
        .first()
    )
    if member is None:
        raise _refused(
            "MIG-03",
            _("Nobody at this partner can act on claims yet. Import its people first."),
            "partner_id",
        )
    return member.user


def _hold(claim: Claim, line: ClaimLine, begins: datetime) -> ExclusivityHold:
    key = conflicts.exclusivity_key(claim, line)
    if not key:
        raise _refused(
            "MIG-02", _("This area is claimed per subscription. Name it."), "subscription_id"
        )
    held = ExclusivityHold.objects.filter(key=key, released_at=None, waits_for=None).first()
    if held is None:
        return ExclusivityHold.objects.create(
            key=key, organization=claim.organization, taken_at=begins
        )
    if held.organization_id != claim.organization_id:
        raise _refused(
            "MIG-04", _("Another partner is partner of record for this already."), "product"
        )
    return held


def _refused(code: str, sentence: Any, column: str) -> Refused:
    return Refused(error(code, sentence, field=column))
