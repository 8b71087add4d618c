"""Many claims leave their cases of competing claims at once (T7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, QuerySet

from claims.models import Claim, CustomerTenant
from claims.states import LineStatus
from cpor_site.common.key_lists import Among
from cpor_site.common.together import change_together

from ..models import CompetingClaimsCase, CompetingParty
from . import cases

Outcome = CompetingParty.Outcome


class _Present(NamedTuple):
    """A party of an open case.

    A silent one was asked nothing, has won nothing, and no clock of it stands; a claimant holds
    nothing yet.
    """

    pk: int
    claim: int
    organization: int
    is_silent: bool
    is_claimant: bool


def leave_together(claims: Sequence[Claim], now: datetime) -> set[int]:
    """Do by few statements what ``cases.follow`` does where nobody else hears of it.

    ``claims`` are out of the running. Returns the keys of those that have left: they have won
    nothing, and in their cases nobody was asked for newer proof, no clock stands, and no second
    line leaves now. For the others nothing is done.
    """
    own = {claim.pk for claim in claims}
    if not own:
        return set()
    _lock_customers(claims)
    mine = CompetingParty.objects.filter(Among("claim", own), left_at=None, case__closed_at=None)
    by_case = _present([case.pk for case in cases.lock(mine.values_list("case", flat=True))])
    winners = CompetingParty.objects.filter(Among("claim", own), outcome=Outcome.WON)
    gone = own - set(winners.values_list("claim", flat=True))
    for parties in by_case.values():
        leaving = [party.claim for party in parties if party.claim in own]
        if len(leaving) > 1 or not all(party.is_silent for party in parties):
            gone.difference_update(leaving)
    left, settled = {}, []
    for case, parties in by_case.items():
        for party in parties:
            if party.claim in gone:
                left[case] = party.pk
                others = [each for each in parties if each is not party]
                if not _are_left_to_compare(others):
                    settled.append(case)
    parting = CompetingParty.objects.filter(Among("pk", left.values()))
    change_together(parting, {"left_at": now}, now=now)
    another = {"version": F("version") + 1}
    change_together(_cases(left), another, now=now)
    change_together(_cases(settled), another | {"closed_at": now}, now=now)
    return gone


def _lock_customers(claims: Sequence[Claim]) -> None:
    """Hold the claims' customers, as everybody who changes a case does, by ascending key."""
    keys = {claim.tenant_id for claim in claims if claim.tenant_id}
    customers = CustomerTenant.objects.select_for_update(no_key=True).filter(Among("pk", keys))
    list(customers.order_by("pk").values_list("pk"))


def _are_left_to_compare(parties: Sequence[_Present]) -> bool:
    """What ``cases`` asks of a case, for parties none of which has won anything."""
    organizations = {each.organization for each in parties}
    return len(organizations) > 1 and any(each.is_claimant for each in parties)


def _present(case_ids: Collection[int]) -> dict[int, list[_Present]]:
    """Return who is in the cases now."""
    found: dict[int, list[_Present]] = defaultdict(list)
    won = CompetingParty.objects.filter(line=OuterRef("line"), outcome=Outcome.WON)
    rows = (
        CompetingParty.objects.filter(Among("case", case_ids), left_at=None)
        .annotate(has_won=Exists(won))
        .values_list(
            "pk",
            "case",
            "claim",
            "claim__organization",
            "line__line_status",
            "proof_request",
            "claim__paused_at",
            "has_won",
        )
    )
    for pk, case, claim, organization, status, *heard in rows:
        is_claimant = status == LineStatus.INCLUDED
        found[case].append(_Present(pk, claim, organization, not any(heard), is_claimant))
    return found


def _cases(keys: Collection[int]) -> QuerySet[CompetingClaimsCase]:
    return CompetingClaimsCase.objects.filter(Among("pk", keys))
