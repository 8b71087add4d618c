"""Who belongs to an organisation, and what they may do there; a global admin decides.

Refusals:

- USR-01: at least one global admin for the whole organisation has to stay.
- USR-02: nobody changes or ends a role of their own.
- USR-03: a location isn't one of the organisation's.
- USR-04: whoever administers some locations gives and takes rights at these only.
- USR-05: the address is that of somebody who works for the operator, or of a closed account.
- USR-06: the person has this role here already.
- USR-07: the organisation is suspended.
- USR-08: there is nothing to invite to: the person has signed in, or the role has ended.
- LIM-01: too many letters were asked for.

Each act locks the organisation's row first, so that two admins can't take each other out at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from cpor_site.common import clock, limits, outbox
from cpor_site.common.backends import DeskBackend
from cpor_site.common.letters import render_letter, usable_locale
from cpor_site.common.models import User
from cpor_site.common.password_links import INVITATION
from cpor_site.common.problems import Refused, error

from ..actors import Actor, Capability, roles_with
from ..models import Membership, PartnerLocation, PartnerOrganization
from ..states import Side

if TYPE_CHECKING:
    from django.utils.functional import Promise

ABOUT = "invitation"
INVITED = "invited"
"""The reason in the history of a membership that somebody was invited to."""

DAYS = INVITATION.lifetime.days
INVITATIONS_A_DAY = 100
LETTERS_A_DAY = 3
DAY = timedelta(days=1)
IN_CHARGE = roles_with(Capability.MANAGE_USERS)


class NotInCharge(Refused):
    """The actor doesn't manage these people; pages answer as if there were none."""

    def __init__(self) -> None:
        super().__init__(error("ACC-02", _("You don't manage the people of this organisation.")))


@dataclass(frozen=True)
class _Charge:
    """An admin at work: the locked organisation, and the locations they administer (None: all)."""

    user: User
    organization: PartnerOrganization
    reach: frozenset[int] | None


def invite(
    *,
    actor: Actor,
    organization_id: int,
    email: str,
    full_name: str,
    roles: Sequence[str],
    location_ids: Sequence[int],
) -> list[Membership]:
    """Give a person one or more roles, at the listed locations or, without any, at all.

    Effects, in order: an account in the organisation's language and zone, without a password,
    unless the address has one; a membership for each role; one letter. Whoever has no password yet
    gets a link to choose one, anybody else the news. Nothing in what this returns or raises tells
    whether the address had an account.

    Raises ``NotInCharge``; ``Refused`` with USR-03 to USR-07 or LIM-01.
    """
    email, roles = email.strip().lower(), list(dict.fromkeys(roles))
    with _in_charge(actor, organization_id) as charge:
        places = _places(charge, location_ids)
        # Counted before the address is looked at, so that nobody tries addresses out at will.
        limits.ask("invitations", str(organization_id), most=INVITATIONS_A_DAY, within=DAY)
        user = User.objects.filter(email=email).first()
        if user is not None:
            _ask_suitable(user)
            for role in roles:
                _ask_new(user, charge.organization, role)
        if user is None:
            user = _new_person(charge, email, full_name)
        memberships = [_begin(charge, user, role, places) for role in roles]
        _write_letter(memberships, key=str(memberships[0].pk))
    return memberships


def change(
    *, actor: Actor, membership_id: int, role: str, location_ids: Sequence[int]
) -> Membership:
    """Make a membership one of another role or with other locations.

    Raises ``NotInCharge``; ``Refused`` with USR-01 to USR-04, USR-06 or USR-07.
    """
    with _membership(actor, membership_id) as (charge, membership):
        _ask_not_last(membership, stays=role in IN_CHARGE and not location_ids)
        _ask_not_own(charge, membership)
        places = _places(charge, location_ids)
        if role != membership.role:
            _ask_new(membership.user, charge.organization, role)
        kept = {each.pk for each in membership.locations.all()}
        if role == membership.role and kept == {each.pk for each in places}:
            return membership
        membership.role = role
        _save(charge, membership, "membership_changed", places)
    return membership


def deactivate(*, actor: Actor, membership_id: int) -> Membership:
    """End a role; it can be given back. What the person has done stays.

    Raises ``NotInCharge``; ``Refused`` with USR-01, USR-02, USR-04 or USR-07.
    """
    with _membership(actor, membership_id) as (charge, membership):
        _ask_not_last(membership, stays=False)
        _ask_not_own(charge, membership)
        if membership.is_active:
            membership.is_active = False
            _save(charge, membership, "membership_deactivated")
    return membership


def reactivate(*, actor: Actor, membership_id: int) -> Membership:
    """Give an ended role back.

    Raises ``NotInCharge``; ``Refused`` with USR-02, USR-04, USR-05 or USR-07.
    """
    with _membership(actor, membership_id) as (charge, membership):
        _ask_not_own(charge, membership)
        _ask_suitable(membership.user)
        if not membership.is_active:
            membership.is_active = True
            _save(charge, membership, "membership_reactivated")
    return membership


def resend(*, actor: Actor, membership_id: int) -> None:
    """Write an invited person another letter; links in earlier ones go on working.

    Raises ``NotInCharge``; ``Refused`` with USR-04, USR-05, USR-07, USR-08 or LIM-01.
    """
    with _membership(actor, membership_id) as (_charge, membership):
        _ask_suitable(membership.user)
        if not membership.is_active or not awaits(membership):
            raise _refused(
                "USR-08", _("There is no invitation to send again: the person has signed in.")
            )
        limits.ask("invitation_letters", str(membership.pk), most=LETTERS_A_DAY, within=DAY)
        _write_letter([membership], key=f"{membership.pk}:{uuid4()}")


def awaits(membership: Membership) -> bool:
    """Whether the person was invited and hasn't signed in since."""
    born = membership.history.order_by("history_date", "history_id").first()
    if born is None or born.history_change_reason != INVITED:
        return False
    last = membership.user.last_login
    return last is None or last < born.history_date


def link_for(membership_id: int) -> str:
    """Return an invited person's link; asked for by the outbox in the moment of sending."""
    return INVITATION.link(Membership.objects.select_related("user").get(pk=membership_id).user)


@contextmanager
def _in_charge(actor: Actor, organization_id: int) -> Iterator[_Charge]:
    """Lock the organisation and ask on the locked row who acts, and whether anybody may."""
    with transaction.atomic():
        organization = (
            PartnerOrganization.objects.select_for_update().filter(pk=organization_id).first()
        )
        user = actor.user
        if organization is None or user is None or actor.side != Side.PARTNER or not user.is_active:
            raise NotInCharge
        own = Membership.objects.filter(
            user=user, organization=organization, is_active=True, role__in=IN_CHARGE
        ).prefetch_related("locations")
        reaches = [frozenset(place.pk for place in each.locations.all()) for each in own]
        if not reaches:
            raise NotInCharge
        if organization.standing != PartnerOrganization.Standing.ACTIVE:
            raise _refused(
                "USR-07",
                _(
                    "Your organisation is suspended, so nothing about its people can be changed. "
                    "Ask the operator."
                ),
            )
        reach = frozenset().union(*reaches) if all(reaches) else None
        yield _Charge(user, organization, reach)


@contextmanager
def _membership(actor: Actor, membership_id: int) -> Iterator[tuple[_Charge, Membership]]:
    """Find the membership in an organisation that the actor manages, within the actor's reach."""
    found = Membership.objects.filter(pk=membership_id).values_list("organization_id", flat=True)
    organization_id = found.first()
    if organization_id is None:
        raise NotInCharge
    with _in_charge(actor, organization_id) as charge:
        membership = (
            Membership.objects.select_for_update(of=("self",))
            .select_related("user", "organization")
            .get(pk=membership_id)
        )
        if membership.user_id != charge.user.pk:
            _ask_within(charge, {place.pk for place in membership.locations.all()})
        yield charge, membership


def _places(charge: _Charge, location_ids: Sequence[int]) -> list[PartnerLocation]:
    wanted = set(location_ids)
    places = list(PartnerLocation.objects.filter(pk__in=wanted, organization=charge.organization))
    if len(places) != len(wanted):
        raise _refused(
            "USR-03", _("Choose locations of your own organisation only."), field="locations"
        )
    _ask_within(charge, wanted)
    return places


def _ask_within(charge: _Charge, locations: set[int]) -> None:
    if charge.reach is not None and (not locations or not locations <= charge.reach):
        raise _refused(
            "USR-04",
            _(
                "You administer some locations, so you can give and take rights at these only. "
                "Ask a global admin of the whole organisation."
            ),
            field="locations",
        )


def _ask_not_last(membership: Membership, *, stays: bool) -> None:
    """Refuse to leave the organisation without a global admin for all of it."""
    if stays or not membership.is_active or membership.role not in IN_CHARGE:
        return
    if membership.locations.exists():
        return
    others = Membership.objects.filter(
        Q(locations__isnull=True),
        organization_id=membership.organization_id,
        is_active=True,
        role__in=IN_CHARGE,
        user__is_active=True,
    ).exclude(pk=membership.pk)
    if not others.exists():
        raise _refused(
            "USR-01",
            _(
                "This is the last global admin for the whole organisation. Make somebody else "
                "global admin first; they can then change this role."
            ),
        )


def _ask_not_own(charge: _Charge, membership: Membership) -> None:
    if membership.user_id == charge.user.pk:
        raise _refused(
            "USR-02", _("You can't change or end a role of your own. Ask another global admin.")
        )


def _ask_suitable(user: User) -> None:
    if user.is_staff or not DeskBackend().user_can_authenticate(user):
        raise _refused(
            "USR-05",
            _("This address can't be given a role at a partner. Ask the operator."),
            field="email",
        )


def _ask_new(user: User, organization: PartnerOrganization, role: str) -> None:
    held = Membership.objects.filter(user=user, organization=organization, role=role).first()
    if held is not None:
        sentence = (
            _("This person is %(role)s here already. Change that role instead.")
            if held.is_active
            else _("This person was %(role)s here. Give the role back instead.")
        )
        raise _refused("USR-06", sentence % {"role": held.get_role_display()}, field="roles")


def _new_person(charge: _Charge, email: str, full_name: str) -> User:
    organization = charge.organization
    user = User(
        email=email,
        full_name=full_name,
        locale=usable_locale(organization.locale),
        time_zone=organization.time_zone,
    )
    user.set_unusable_password()
    _sign(user, charge, INVITED)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        # Another organisation has invited the same person in this very moment.
        user = User.objects.get(email=email)
        _ask_suitable(user)
    return user


def _begin(charge: _Charge, user: User, role: str, places: Sequence[PartnerLocation]) -> Membership:
    membership = Membership(user=user, organization=charge.organization, role=role)
    _sign(membership, charge, INVITED)
    membership.save()
    if places:
        membership.locations.set(places)
    return membership


def _save(
    charge: _Charge,
    membership: Membership,
    reason: str,
    places: Sequence[PartnerLocation] | None = None,
) -> None:
    """Save the membership with one entry in its history."""
    if places is not None:
        # The entry that saving writes holds the locations too.
        row: Any = membership
        row.skip_history_when_saving = True
        membership.locations.set(places)
        del row.skip_history_when_saving
    _sign(membership, charge, reason)
    membership.save()


def _sign(row: Any, charge: _Charge, reason: str) -> None:
    """Let the row's next entry in the history say who changed it, and by which act."""
    row._history_user = charge.user
    row._change_reason = reason


def _write_letter(memberships: Sequence[Membership], *, key: str) -> None:
    first = memberships[0]
    user, organization = first.user, first.organization
    locale = usable_locale(user.locale, organization.locale)
    kind = "people_added" if user.has_usable_password() else "people_invited"
    with translation.override(locale):
        roles = [str(each.get_role_display()) for each in memberships]
        places = [str(place) for place in first.locations.all()]
    letter = render_letter(
        f"claims/letters/{kind}",
        locale,
        {
            "reader_name": user.full_name,
            "organization": organization.name,
            "roles": roles,
            "places": places,
            "email": user.email,
            "days": DAYS,
            "link": outbox.MARKER,
            "sign_in": settings.CPOR_PUBLIC_URL + reverse("sign_in"),
        },
    )
    outbox.enqueue(
        key=f"{kind}:{key}",
        kind=kind,
        recipient=user.email,
        locale=locale,
        subject=letter.subject,
        text_body=letter.text,
        html_body=letter.html,
        about=f"{ABOUT}:{first.pk}" if kind == "people_invited" else "",
        now=clock.now(),
    )


def _refused(code: str, sentence: str | Promise, *, field: str = "") -> Refused:
    return Refused(error(code, sentence, field=field))
