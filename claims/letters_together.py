"""The letters about many claims that moved at once: the same rows as ``letters.write_letters``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from django.db.models import prefetch_related_objects

from cpor_site.common import outbox
from cpor_site.common.key_lists import Among
from cpor_site.common.letter_series import LetterSeries
from cpor_site.common.models import User
from cpor_site.common.operator_calendar import operator_calendar

from . import actors, letters
from .actors import Capability
from .letter_words import line_in_words
from .letters import Reader
from .models import (
    Activity,
    Claim,
    ClaimContact,
    ClaimEvent,
    ClaimLine,
    CustomerTenant,
    Membership,
)
from .signals import Moved
from .standing import open_requests
from .standing_for_partners import move_facts
from .states import LineStatus

WRITTEN_TOGETHER = frozenset({"claim_rejected", "window_closed"})


def write_letters(moves: Sequence[Moved]) -> None:
    """Write the letters that the events call for, those of frequent kinds by few statements."""
    for claim, event in moves:
        if event.kind not in WRITTEN_TOGETHER:
            letters.write_letters(claim, event)
    together = [move for move in moves if move.event.kind in WRITTEN_TOGETHER]
    if together:
        outbox.enqueue_many(_written(together))


def _written(moves: Sequence[Moved]) -> Iterable[outbox.Entry]:
    claims = [move.claim for move in moves]
    prefetch_related_objects(claims, open_requests())
    readers = _readers(claims)
    customers = _customers(claims)
    lines = _approved_lines([claim for claim, event in moves if event.kind == "window_closed"])
    calendar = operator_calendar()
    series = LetterSeries()

    def rest_for(claim: Claim, event: ClaimEvent, reader: Reader) -> Callable[[], dict[str, Any]]:
        def rest() -> dict[str, Any]:
            move = letters.move_for(claim, reader, event.at, calendar)
            return (
                {"due_at": claim.due_at, "happened_at": event.at}
                | own_context(claim, event)
                | letters.reader_facts(reader, move)
            )

        return rest

    for claim, event in moves:
        customer = customers.get(claim.tenant_id or 0, claim.domain_as_typed)
        names: dict[str, Any] = letters.names_of(claim, customer)
        names["lines"] = lines.get(claim.pk, ())
        facts = (event.at, repr(event.details), *move_facts(claim))
        for reader in readers[claim.pk]:
            names["reader_name"] = reader.name
            letter = series.letter(
                f"{letters.FOLDER}/{event.kind}",
                reader.locale,
                names,
                alike=(reader.zone, *facts),
                rest=rest_for(claim, event, reader),
            )
            yield letters.entry(claim, event, reader, letter)


def own_context(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    """Return what the letter says beside names; reads of the claim what ``move_facts`` holds."""
    if event.kind == "claim_rejected":
        return letters.rejected_context(claim, event)
    return letters.active_context(claim)


def _readers(claims: Sequence[Claim]) -> dict[int, list[Reader]]:
    found: dict[int, list[Reader]] = {claim.pk: [] for claim in claims}
    organizations = {claim.pk: claim.organization for claim in claims}
    contacts = ClaimContact.objects.filter(Among("claim", found), kind=ClaimContact.Kind.PARTNER)
    for claim_id, *contact in contacts.values_list("claim", "email", "name", "locale"):
        reader = letters.contact_reader(organizations[claim_id], *contact)
        found[claim_id].append(reader)
    submitters = User.objects.in_bulk({claim.submitted_by_id for claim in claims} - {None})
    held = _memberships(submitters)
    for claim in claims:
        user = submitters.get(claim.submitted_by_id or 0)
        if user is None or not user.is_active:
            continue
        if Capability.SEE in actors.allowed(held[user.pk, claim.organization_id], user, claim):
            found[claim.pk].append(letters.user_reader(claim.organization, user))
    return {key: letters.each_once(readers) for key, readers in found.items()}


def _memberships(users: Collection[int]) -> dict[tuple[int, int], list[actors.Held]]:
    """Return what the users' active memberships hold, by user and organisation."""
    places: dict[tuple[int, int, int, str], set[int]] = defaultdict(set)
    memberships = Membership.objects.filter(user__in=users, is_active=True)
    for key, user, organization, role, location in memberships.values_list(
        "pk", "user", "organization", "role", "locations"
    ):
        # A membership without locations of its own comes as one row without any.
        places[key, user, organization, role].update([location] if location else [])
    found: dict[tuple[int, int], list[actors.Held]] = defaultdict(list)
    for (_key, user, organization, role), locations in places.items():
        found[user, organization].append(actors.Held(organization, role, frozenset(locations)))
    return found


def _customers(claims: Sequence[Claim]) -> dict[int, str]:
    """Return the names of the claims' customers, by key."""
    tenants = {claim.tenant_id for claim in claims if claim.tenant_id}
    return dict(CustomerTenant.objects.filter(Among("pk", tenants)).values_list("pk", "name"))


def _approved_lines(claims: Sequence[Claim]) -> dict[int, list[str]]:
    """Return the approved lines of the claims in words, by claim."""
    found: dict[int, list[str]] = {claim.pk: [] for claim in claims}
    if not claims:
        return found
    activities = Activity.objects.in_bulk()
    profiles = {claim.pk: claim.rule_profile_id for claim in claims}
    for claim_id, product, activity, subscription in (
        ClaimLine.objects.filter(Among("claim", found), line_status=LineStatus.APPROVED)
        .order_by("pk")
        .values_list("claim", "product__name", "activity", "subscription__subscription_id")
    ):
        name = activities[activity].name_in(profiles[claim_id])
        found[claim_id].append(line_in_words(product, name, subscription))
    return found
