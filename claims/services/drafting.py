"""Starting, editing and discarding a claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cpor_site.common import clock
from cpor_site.common.problems import Refused, blocking, error

from .. import actors, checks, door
from ..actors import Actor, Capability
from ..models import (
    Claim,
    ClaimContact,
    ClaimLine,
    DraftUpload,
    Membership,
    PartnerLocation,
    PartnerOrganization,
    RuleProfile,
)
from ..refusals import MovedOn, NotYours
from ..states import Act, Side, Status
from . import lines as claim_lines
from . import submission
from .customers import look_up_customer
from .lines import LineChoice
from .numbers import next_number


@dataclass(frozen=True)
class ContactEntry:
    """A contact as typed."""

    name: str = ""
    job_title: str = ""
    email: str = ""
    phone: str = ""
    locale: str = ""


@dataclass(frozen=True)
class ClaimChanges:
    """What a partner wants to change; None leaves a field as it is.

    ``contacts`` maps a ``ClaimContact.Kind`` to what was typed; a kind that isn't named stays.
    """

    name: str | None = None
    tenant_id: str | None = None
    domain: str | None = None
    area_id: int | None = None
    activity_ids: list[int] | None = None
    lines: list[LineChoice] | None = None
    location_id: int | None = None
    contacts: dict[str, ContactEntry] = field(default_factory=dict)
    solution_seller_name: str | None = None
    revenue_customer_name: str | None = None
    isv_product_name: str | None = None
    transaction_on: date | None = None
    opt_out_of_incentive: bool | None = None
    public_sector_disclosure_confirmed: bool | None = None

    def named(self) -> set[str]:
        """Return the names of the fields that are to change."""
        return {
            each.name
            for each in fields(self)
            if getattr(self, each.name) is not None and getattr(self, each.name) != {}
        }


PLAIN = (
    "name",
    "solution_seller_name",
    "revenue_customer_name",
    "isv_product_name",
    "transaction_on",
    "opt_out_of_incentive",
    "public_sector_disclosure_confirmed",
)
_EXTRAS = frozenset(PLAIN) - {"name"}
_AFTER_SUBMISSION = frozenset({"name", "location_id", "lines", "contacts"})
_EVERYTHING = frozenset(each.name for each in fields(ClaimChanges))
IN_THE_MAKING = (Status.EDITING, Status.PARTNER_ACTION_REQUIRED)


def editable_fields(claim: Claim) -> frozenset[str]:
    """Return which fields of ``ClaimChanges`` the partner may change now (table 2.4, D3)."""
    match claim.status:
        case Status.EDITING:
            return _EVERYTHING
        case Status.SUBMITTED if claim.rule_profile.edit_while_submitted:
            return _AFTER_SUBMISSION
        case Status.PARTNER_ACTION_REQUIRED:
            return _AFTER_SUBMISSION | _EXTRAS
        case Status.APPROVED | Status.DISPUTED:
            return frozenset({"name", "contacts"})
        case Status.CANCELLED | Status.ENDED:
            return frozenset()
        case _:
            return frozenset({"name"})


def organization_to_draft_for(actor: Actor, organization_id: int) -> PartnerOrganization:
    """Return the organisation if the actor may start drafts for it.

    Raises ``NotYours`` without a role that may, ``Refused`` (MPN-09) if it is suspended.
    """
    user = actor.user
    if actor.side != Side.PARTNER or user is None:
        raise NotYours
    organizations = {
        each.organization_id: each.organization
        for each in actors.memberships_with(user, Capability.DRAFT)
    }
    if organization_id not in organizations:
        raise NotYours
    organization = organizations[organization_id]
    if organization.standing == PartnerOrganization.Standing.SUSPENDED:
        raise Refused(
            error("MPN-09", _("Your organisation can't make claims at present. Contact support."))
        )
    return organization


def start_claim(
    *,
    actor: Actor,
    organization_id: int,
    name: str = "",
    uploaded_with: DraftUpload | None = None,
) -> Claim:
    """T1: start a draft for the organisation; ``uploaded_with`` is the file it comes from, if any.

    Effects, in order: the draft with its number and rule profile, the partner's contact prefilled
    with the person who starts, event ``claim_started``. Raises ``NotYours`` without a role that
    may draft for the organisation, ``Refused`` (MPN-09) if the organisation is suspended.
    """
    organization = organization_to_draft_for(actor, organization_id)
    user = actor.user
    assert user is not None
    with transaction.atomic():
        now = clock.now()
        claim = Claim(
            number=next_number(now),
            name=name,
            organization=organization,
            uploaded_with=uploaded_with,
            rule_profile=RuleProfile.current(),
            created_at=now,
            created_by=user,
            changed_at=now,
        )
        claim._history_user = user  # type: ignore[attr-defined]
        claim._change_reason = "claim_started"  # type: ignore[attr-defined]
        claim.save()
        ClaimContact.objects.create(
            claim=claim,
            kind=ClaimContact.Kind.PARTNER,
            name=user.full_name,
            email=user.email,
            locale=user.locale,
        )
        door.record(claim, kind="claim_started", actor=actor, at=now, to_status=str(claim.status))
    return claim


def edit_claim(
    *,
    claim_id: int,
    actor: Actor,
    version: int,
    changes: ClaimChanges,
    confirmed: Mapping[str, str] | None = None,
) -> Claim:
    """Change a claim's fields as table 2.4 allows in its status, and save it once.

    Effects, in order: the fields, tenant and subscriptions looked up anew, lines, contacts, event
    ``claim_edited`` with the names of what changed. While Submitted, the whole claim is checked
    again; errors refuse the change, and so do warnings that weren't confirmed, with the claim or
    in ``confirmed`` (``Problem.key`` to the explanation). Raises ``NotYours``,
    ``ChangedMeanwhile`` (SUBM-02), ``MovedOn`` (SUBM-03) for a field that is frozen, ``Refused``
    for errors and warnings, and after too many look-ups in vain (LIM-01). A save that changes
    nothing leaves neither an event nor a new version.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor, version=version) as (claim, now):
        if actor.side != Side.PARTNER or actor.user is None:
            raise NotYours
        user = actor.user
        memberships = actors.memberships_with(user, Capability.DRAFT)
        if Capability.DRAFT not in actors.capabilities_by(memberships, user, claim):
            raise NotYours
        before = list(_content(claim))
        named = changes.named()
        allowed = editable_fields(claim)
        if not named <= allowed:
            raise MovedOn(door.status_label(claim))
        if claim.status == Status.APPROVED and set(changes.contacts) - {ClaimContact.Kind.PARTNER}:
            raise MovedOn(door.status_label(claim))

        for name in PLAIN:
            if name in named:
                setattr(claim, name, getattr(changes, name))
        if changes.location_id is not None:
            claim.location = _own_location(claim, changes.location_id, memberships)
        if changes.tenant_id is not None:
            claim.tenant_id_as_typed = changes.tenant_id.strip()
        if changes.domain is not None:
            claim.domain_as_typed = changes.domain.strip()
        if changes.area_id is not None and changes.area_id != claim.area_id:
            claim.area_id = changes.area_id
            # Each area has its own offer of claiming without payment.
            if changes.opt_out_of_incentive is None:
                claim.opt_out_of_incentive = False
            if changes.activity_ids is None:
                claim.activities.clear()
        if changes.activity_ids is not None:
            claim.activities.set(changes.activity_ids)
        customer_before = claim.tenant_id
        if {"tenant_id", "domain"} & named:
            claim.tenant = look_up_customer(claim, user=user, now=now)

        removed = 0
        if {"tenant_id", "domain", "area_id", "activity_ids", "lines"} & named:
            removed = claim_lines.set_lines(
                claim,
                actor=actor,
                choices=changes.lines,
                other_customer=claim.tenant_id != customer_before,
            )
        _set_contacts(claim, changes.contacts, actor)

        if claim.status == Status.SUBMITTED:
            problems = checks.check_submission(claim, user, now)
            unconfirmed = submission.keep_confirmed(claim, problems, confirmed or {})
            if unconfirmed or blocking(problems):
                raise Refused(*blocking(problems), *unconfirmed)
            submission.mark_conflicts(claim, actor)
        if all(now_is == was for now_is, was in zip(_content(claim), before, strict=True)):
            return claim
        door.save(claim, actor=actor, now=now, reason="claim_edited")
        event = door.record(
            claim,
            kind="claim_edited",
            actor=actor,
            at=now,
            details={"fields": sorted(named), "lines_removed": removed},
        )
        door.tell(claim, event=event, actor=actor)
    return claim


def _content(claim: Claim) -> Iterator[Any]:
    """Yield all that an edit can change, to be compared part by part with what it was."""
    yield deepcopy(
        {each.attname: getattr(claim, each.attname) for each in claim._meta.concrete_fields}
    )
    yield sorted(claim.activities.order_by().values_list("pk", flat=True))
    yield list(ClaimLine.objects.filter(claim=claim).order_by("pk").values())
    yield list(ClaimContact.objects.filter(claim=claim).order_by("pk").values())


def discard_claim(*, claim_id: int, actor: Actor, version: int | None = None) -> Claim:
    """T20: throw a draft away that was never submitted. Raises ``MovedOn`` once it was."""
    with door.passage(claim_id=claim_id, act=Act.DISCARD, actor=actor, version=version) as passage:
        if passage.claim.first_submitted_at is not None:
            raise Refused(
                error(
                    "SUBM-03",
                    _(
                        "This claim was submitted before, so it stays on record. Submit it again "
                        "and withdraw it with a reason, or leave it: idle drafts are archived."
                    ),
                )
            )
        passage.go(event="claim_discarded")
    return passage.claim


def remember_section(*, claim: Claim, section: str) -> None:
    """Note where in a claim its partner works, to lead them back there.

    That is no change of the claim: it makes no version, no history and no event.
    """
    if claim.status in IN_THE_MAKING and claim.last_section != section:
        Claim.objects.filter(pk=claim.pk).update(last_section=section)
        claim.last_section = section


def require(actor: Actor, capability: Capability, claim: Claim) -> Any:
    """Return the acting partner user, or raise ``NotYours`` if they lack the capability."""
    if (
        actor.side != Side.PARTNER
        or actor.user is None
        or not actors.partner_can(actor.user, capability, claim)
    ):
        raise NotYours
    return actor.user


def _own_location(
    claim: Claim, location_id: int, memberships: Iterable[Membership]
) -> PartnerLocation:
    """Return the location if any of the memberships reaches it or it is the claim's already."""
    location = PartnerLocation.objects.filter(
        pk=location_id, organization_id=claim.organization_id
    ).first()
    scopes = [
        {each.pk for each in membership.locations.all()}
        for membership in memberships
        if membership.organization_id == claim.organization_id
    ]
    reached = any(not scope or location_id in scope for scope in scopes)
    if location is None or not (reached or location_id == claim.location_id):
        raise Refused(
            error("MPN-01", _("Choose one of your organisation's locations."), field="location")
        )
    return location


def _set_contacts(claim: Claim, entries: dict[str, ContactEntry], actor: Actor) -> None:
    for kind, entry in entries.items():
        contact = ClaimContact.objects.filter(claim=claim, kind=kind).first() or ClaimContact(
            claim=claim, kind=ClaimContact.Kind(kind)
        )
        typed = {each.name: getattr(entry, each.name).strip() for each in fields(entry)}
        if contact.pk and all(getattr(contact, name) == value for name, value in typed.items()):
            continue
        for name, value in typed.items():
            setattr(contact, name, value)
        contact._history_user = actor.user  # type: ignore[attr-defined]
        contact.save()
