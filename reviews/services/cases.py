"""Opening and closing cases of competing claims (section 5.1 to 5.3).

Everything that makes, joins, leaves or settles a case holds the customer's row, so that at one
customer one act at a time does so; the order of locks is claims, customer, cases, holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from claims import actors, conflicts
from claims.actors import Actor
from claims.models import Claim, ClaimLine
from claims.services.comments import write_notice
from claims.services.submission import lock_customer
from claims.states import LineStatus
from cpor_site.common.key_lists import Among

from ..models import CompetingClaimsCase, CompetingParty
from . import comparing, outcomes

Standing = CompetingParty.Standing
IN_THE_RUNNING = (LineStatus.INCLUDED, LineStatus.APPROVED)
COMPARING = _(
    "We have to compare your claim with another one for the same products. Your proof is read "
    "within the usual time, but the decision can take longer than that. There is nothing for you "
    "to do now; if you have newer proof, add it."
)


def follow(claim: Claim, now: datetime, actor: Actor = actors.SYSTEM) -> None:
    """Bring the cases of competing claims in line with where the claim stands now.

    A line that meets another organisation on its key joins the key's one open case, and so does the
    line it meets; each challenger that is new to the matter reads a neutral comment. Lines out of
    the running leave, and a case with a single organisation left is closed: there is nothing to
    compare any more. Where the winner of a ruling falls away, the present partner is told.
    """
    lock_customer(claim)
    met = _rivals(claim)
    cases = _locked_cases(claim, {each.key for each in met})
    joined = [party for conflict in met for party in _join(conflict, cases, now, actor)]
    if joined:
        _tell(joined, now)
    if met:
        # Who was a challenger before may be partner of record by now, and wasn't asked as one.
        comparing.ask_incumbents(cases.values(), now)
    _leave(claim, cases, now, actor)
    outcomes.spare(claim, now)


def parties_of(claims: Sequence[Claim]) -> set[int]:
    of_these = Among("claim", [claim.pk for claim in claims])
    parties = CompetingParty.objects.filter(of_these).filter(
        Q(left_at=None, case__closed_at=None) | Q(outcome=CompetingParty.Outcome.WON)
    )
    return set(parties.values_list("claim", flat=True))


def open_parties(claim: Claim) -> QuerySet[CompetingParty]:
    """Return the claim's lines that take part in an open case."""
    return CompetingParty.objects.filter(
        claim=claim, left_at=None, case__closed_at=None
    ).select_related("case", "line")


def rivals_of(claim: Claim) -> list[Claim]:
    """Return the other organisations' claims that this one has ever been in a case with."""
    met = CompetingParty.objects.filter(claim=claim).values("case")
    others = CompetingParty.objects.filter(case__in=met).values("claim")
    return list(
        Claim.objects.filter(pk__in=others)
        .exclude(organization=claim.organization_id)
        .select_related("organization", "location")
        .order_by("pk")
    )


def note_new_proof(claim: Claim) -> None:
    """Let an arbiter whose page is older than the change read the case anew before ruling."""
    cases = lock(open_parties(claim).values_list("case", flat=True))
    newer = CompetingClaimsCase.objects.filter(pk__in=[case.pk for case in cases], closed_at=None)
    newer.update(version=F("version") + 1)


def lock(case_ids: Iterable[int]) -> list[CompetingClaimsCase]:
    """Return the cases with their rows locked, in the order that all acts use."""
    return list(
        CompetingClaimsCase.objects.select_for_update().filter(pk__in=set(case_ids)).order_by("pk")
    )


def _rivals(claim: Claim) -> list[conflicts.Conflict]:
    """Return the conflicts that a case has to settle.

    Two who hold a key already, one of them waiting, have been ruled on, and so have a line that won
    and the hold it may displace.
    """
    if not (claim.is_undecided or claim.holds_lines):
        return []
    met = [
        each
        for each in conflicts.find_conflicts(claim)
        if each.rival and not (claim.holds_lines and each.standing == "holder")
    ]
    if not met:
        return []
    may_displace = outcomes.displaceable([*(each.line for each in met), *_others(met)])
    holds = _holds([*(each.line for each in met), *_others(met)])
    return [
        each
        for each in met
        if not may_displace[each.line.pk] & holds[each.other_line.pk]
        and not may_displace[each.other_line.pk] & holds[each.line.pk]
    ]


def _others(met: Iterable[conflicts.Conflict]) -> list[ClaimLine]:
    return [each.other_line for each in met]


def _holds(lines: Iterable[ClaimLine]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    rows = ClaimLine.objects.filter(pk__in={line.pk for line in lines}).exclude(association=None)
    for line_id, hold_id in rows.values_list("pk", "association__hold"):
        found[line_id].add(hold_id)
    return found


def _locked_cases(claim: Claim, keys: set[str]) -> dict[str, CompetingClaimsCase]:
    own = CompetingParty.objects.filter(claim=claim, left_at=None).values("case")
    return {
        case.key: case
        for case in CompetingClaimsCase.objects.select_for_update()
        .filter(Q(key__in=keys) | Q(pk__in=own), closed_at=None)
        .order_by("pk")
    }


def _join(
    conflict: conflicts.Conflict,
    cases: dict[str, CompetingClaimsCase],
    now: datetime,
    actor: Actor,
) -> list[CompetingParty]:
    """Let both lines join the key's case; return the parties that are new to it."""
    case = cases.get(conflict.key)
    if case is None:
        case = cases[conflict.key] = CompetingClaimsCase(key=conflict.key, opened_at=now)
        comparing.save_case(case, actor)
    joined = []
    for line in (conflict.line, conflict.other_line):
        holds = line.line_status == LineStatus.APPROVED
        standing = Standing.INCUMBENT if holds else Standing.CHALLENGER
        party = CompetingParty.objects.filter(case=case, line=line, left_at=None).first()
        if party is not None and party.standing == standing:
            continue
        if party is None:
            party = CompetingParty(case=case, line=line, claim=line.claim, joined_at=now)
            joined.append(party)
        party.standing = standing
        comparing.save_party(party, actor)
        comparing.save_case(case, actor)
    return joined


def _tell(joined: Iterable[CompetingParty], now: datetime) -> None:
    """Write a neutral comment to every challenger that was in no open case before (S0).

    Who has prevailed with the line already has read so, and is compared with nobody.
    """
    new: dict[int, list[CompetingParty]] = defaultdict(list)
    for party in joined:
        if party.standing == Standing.CHALLENGER:
            new[party.claim_id].append(party)
    for parties in new.values():
        claim = parties[0].claim
        if open_parties(claim).exclude(pk__in=[each.pk for each in parties]).exists():
            continue
        if {each.line_id for each in parties} <= outcomes.won_lines(claim):
            continue
        write_notice(claim, COMPARING, now=now)


def _leave(
    claim: Claim, cases: dict[str, CompetingClaimsCase], now: datetime, actor: Actor
) -> None:
    touched = {}
    for party in open_parties(claim):
        case = cases[party.case.key]
        touched[case.pk] = case
        if not in_the_running(claim, party.line):
            party.left_at = now
            comparing.save_party(party, actor)
            comparing.save_case(case, actor)
            comparing.settle_request(party, now, actor)
    for case in touched.values():
        if not _is_left_to_compare(case):
            comparing.close_unruled(case, now, actor)


def _is_left_to_compare(case: CompetingClaimsCase) -> bool:
    """Whether somebody whom no ruling was about yet still meets another organisation.

    A partner of record and the winner that waits for it are compared no more.
    """
    present = comparing.present(case)
    if len({party.claim.organization_id for party in present}) < 2:
        return False
    return any(
        party.line.line_status == LineStatus.INCLUDED
        and party.line_id not in outcomes.won_lines(party.claim)
        for party in present
    )


def in_the_running(claim: Claim, line: ClaimLine) -> bool:
    """Whether the line is still claimed or held."""
    return (claim.is_undecided or claim.holds_lines) and line.line_status in IN_THE_RUNNING
