"""An arbiter's ruling on competing claims: one for all parties, in one transaction (5.3 to 5.9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims import actors, deadlines, door
from claims.actors import Actor
from claims.models import Claim, Dispute, ExclusivityHold, ReviewDecision
from claims.refusals import NotYours
from claims.services.dispute_record import settle_dispute
from claims.services.lines import included_lines
from claims.services.submission import lock_customer, settle_findings
from claims.states import (
    Act,
    LineStatus,
    RejectionReason,
    RulingGround,
)
from claims.wording import date_words
from cpor_site.common import clock
from cpor_site.common.models import User
from cpor_site.common.problems import Problem, Refused, error, too_long

from ..models import CompetingClaimsCase, CompetingParty, CompetingRuling
from ..placeholders import placeholder_problems
from . import cases, comparing, leases, outcomes, secrecy
from .decisions import bind_and_approve, decide

Outcome, Standing = CompetingParty.Outcome, CompetingParty.Standing
REASONS = [str(RejectionReason.COMPETE)]
LONGEST_SHARED, LONGEST_INTERNAL = 3000, 5000


class CaseChanged(Refused):
    """The case has changed since the arbiter's page was opened (SUBM-02)."""

    def __init__(self) -> None:
        super().__init__(
            error(
                "SUBM-02",
                _(
                    "This case has changed meanwhile: a party joined or left, proof was added, or "
                    "an arbiter was named. Look at it as it is now, then rule."
                ),
            )
        )


@dataclass(frozen=True)
class _Words:
    """What the arbiter writes, cleaned."""

    grounds: list[str]
    shared: str
    internal: str


@dataclass
class _Ruling:
    """A ruling in progress; every claim of the case is locked."""

    case: CompetingClaimsCase
    actor: Actor
    now: datetime
    words: _Words
    incumbents: list[CompetingParty]
    winners: list[CompetingParty]
    losers: list[CompetingParty]
    others: list[CompetingParty]

    @property
    def told(self) -> dict[str, object]:
        """What every party may read."""
        return {"grounds": self.words.grounds, "text": self.words.shared}


def contenders(case: CompetingClaimsCase) -> list[CompetingParty]:
    """Return the challengers' lines that a ruling is about: those whose proof was found sufficient.

    Who isn't ready is no part of a ruling and stays undecided, so that nobody can hold one up; who
    has won the key before has been ruled on.
    """
    return _contenders(comparing.present(case))


def obstacles(case: CompetingClaimsCase, user: User) -> list[Problem]:
    """Return why this person can't rule on the case now; nothing if they can.

    ACC-01 for who doesn't lead, REV-41 for a case that is closed, REV-42 while no challenger is
    ready, REV-43 while an answer is awaited (with the day), and the refusals of ``ask_impartial``
    for any party's claim (REV-02, REV-04).
    """
    return _obstacles(case, comparing.present(case), user, clock.now())


def rule(
    *,
    case_id: int,
    actor: Actor,
    winner_id: int | None,
    grounds: Sequence[str],
    shared_reason: str,
    internal_reason: str,
    version: int | None = None,
) -> CompetingRuling:
    """Rule on a case; ``winner_id`` is a ``CompetingParty`` among ``contenders``, or None.

    Without a winner the present partner keeps the key; if nobody holds it, nobody prevails. Locks
    all claims of the case in order, then customer and case. Effects, in order: ruling, outcomes and
    requests for proof settled, the case closed, event ``competing_case_ruled`` on every party's
    claim; the losers' lines lost, and a claim without another line rejected as ``R-COMPETE``, else
    event ``line_lost``; the winner's claim approved unless it waits for another case; clocks that
    waited for this ruling go on; who wasn't ready is compared with the new holder at once.

    Raises ``obstacles``, ``CaseChanged`` (SUBM-02) for a stale ``version`` of the case, REV-44 for
    grounds (field ``grounds``), REV-45 for a reason that is missing (``shared_reason``,
    ``internal_reason``), REV-46 for a shared reason that names a party (``shared_reason``), REV-47
    for a winner that can't be one (``winner``), REV-48 while an earlier winner waits, REV-05 while
    somebody has a party's case open, and what stops the winner's approval.
    """
    user = leases.leading(actor)
    with transaction.atomic():
        case, parties = _locked(case_id, version)
        now = clock.now()
        problems = _obstacles(case, parties, user, now)
        if problems:
            raise Refused(*problems)
        words = _Words(list(dict.fromkeys(grounds)), shared_reason.strip(), internal_reason.strip())
        winner = next((each for each in parties if each.pk == winner_id), None)
        problems = [
            *_winner_problems(case, parties, winner_id, now),
            *_word_problems(words, parties, winner, _left(case)),
        ]
        if problems:
            raise Refused(*problems)
        ruling = _sorted_out(case, actor, now, words, parties, winner)
        written = _write(ruling, user, winner)
        _tell_all(ruling)
        _let_lose(ruling)
        _let_win(ruling)
        _after(ruling)
    return written


def _locked(case_id: int, version: int | None) -> tuple[CompetingClaimsCase, list[CompetingParty]]:
    """Lock the parties' claims, the customer and the case; return the case with those present."""
    found = CompetingParty.objects.filter(case=case_id, left_at=None)
    claims = {
        each.pk: each for each in door.locked_in_order(list(found.values_list("claim", flat=True)))
    }
    for claim in list(claims.values())[:1]:
        lock_customer(claim)
    locked = cases.lock([case_id])
    if not locked:
        raise NotYours
    case = locked[0]
    parties = comparing.present(case)
    if version is not None and version != case.version:
        raise CaseChanged
    for party in parties:
        if party.claim_id not in claims:
            raise CaseChanged
        party.claim = claims[party.claim_id]
    return case, parties


def _contenders(parties: Sequence[CompetingParty]) -> list[CompetingParty]:
    ready = [each for each in parties if each.is_ready]
    won: set[int] = set()
    for claim in {each.claim_id: each.claim for each in ready}.values():
        won |= outcomes.won_lines(claim)
    return [each for each in ready if each.line_id not in won]


def _obstacles(
    case: CompetingClaimsCase, parties: Sequence[CompetingParty], user: User, now: datetime
) -> list[Problem]:
    if not (leases.can_review(user) and actors.is_lead(user)):
        return list(NotYours().problems)
    if case.closed_at is not None:
        return [error("REV-41", _("This case is closed: there is nothing to rule on any more."))]
    problems: list[Problem] = []
    for claim in {each.claim_id: each.claim for each in parties}.values():
        try:
            door.ask_impartial(user, claim)
        except Refused as refusal:
            problems += [each for each in refusal.problems if each not in problems]
    if not _contenders(parties):
        problems.append(
            error(
                "REV-42",
                _(
                    "No challenger's proof has been found sufficient yet. Its reviewer does so, or "
                    "you on the claim's page; then you can rule."
                ),
            )
        )
    incumbents = [each for each in parties if each.standing == Standing.INCUMBENT]
    waiting = comparing.awaited(incumbents, now)
    if waiting:
        due_at = max(each.due_at for each in waiting)
        problems.append(
            error(
                "REV-43",
                _(
                    "The present partner of record can still answer until %(day)s. You can rule "
                    "once it has answered, or after that day."
                )
                % {"day": date_words(timezone.localtime(due_at))},
            )
        )
    return problems


def _winner_problems(
    case: CompetingClaimsCase,
    parties: Sequence[CompetingParty],
    winner_id: int | None,
    now: datetime,
) -> list[Problem]:
    if winner_id is None:
        return []
    chosen = [each for each in _contenders(parties) if each.pk == winner_id]
    if not chosen:
        return [
            error(
                "REV-47",
                _("Choose a challenger whose proof was found sufficient, or that none prevails."),
                field="winner",
            )
        ]
    own = chosen[0].claim.organization_id
    if any(
        each.standing == Standing.INCUMBENT and each.claim.organization_id == own
        for each in parties
    ):
        return [
            error(
                "REV-47",
                _(
                    "This partner is partner of record already. Choose that no challenger "
                    "prevails; it then stays so."
                ),
                field="winner",
            )
        ]
    earlier = outcomes.earlier_winner(case.key)
    return [_still_waits(earlier)] if earlier is not None else []


def _still_waits(earlier: CompetingParty) -> Problem:
    """REV-48: two can't wait for one key."""
    closes_at = earlier.claim.consent_closes_at if earlier.claim.holds_lines else None
    if closes_at is None:
        return error(
            "REV-48",
            _(
                "An earlier ruling on this key isn't carried out yet: its winner is neither "
                "partner of record nor rejected. Wait for that, or rule that none prevails."
            ),
            field="winner",
        )
    return error(
        "REV-48",
        _(
            "The winner of an earlier ruling waits for the customer until %(day)s. Rule after "
            "that, or rule now that none prevails."
        )
        % {"day": date_words(timezone.localtime(closes_at))},
        field="winner",
    )


def _left(case: CompetingClaimsCase) -> list[Claim]:
    """Return the claims of parties that left: who stayed may not learn of them either."""
    left = CompetingParty.objects.filter(case=case, left_at__isnull=False).values("claim")
    return list(Claim.objects.filter(pk__in=left).select_related("organization", "location"))


def _word_problems(
    words: _Words,
    parties: Sequence[CompetingParty],
    winner: CompetingParty | None,
    left: Sequence[Claim],
) -> list[Problem]:
    problems = [
        *_ground_problems(words.grounds, parties, winner),
        *placeholder_problems({"shared_reason": words.shared}),
    ]
    for field, text, longest, sentence in (
        ("shared_reason", words.shared, LONGEST_SHARED, _("Write a reason that all may read.")),
        ("internal_reason", words.internal, LONGEST_INTERNAL, _("Write a reason for colleagues.")),
    ):
        if not text:
            problems.append(error("REV-45", sentence, field=field))
        problems += too_long("REV-45", text, longest, field=field)
    named = secrecy.named_in(words.shared, [each.claim for each in parties], left)
    if named:
        problems.append(
            error(
                "REV-46",
                _(
                    "All parties read the shared reason, and none may learn of another. Leave out: "
                    "%(found)s."
                )
                % {"found": secrecy.quoted(named)},
                field="shared_reason",
            )
        )
    return problems


def _ground_problems(
    grounds: Sequence[str], parties: Sequence[CompetingParty], winner: CompetingParty | None
) -> list[Problem]:
    if not grounds or any(each not in RulingGround.values for each in grounds):
        return [error("REV-44", _("Choose at least one ground."), field="grounds")]
    holds = any(each.standing == Standing.INCUMBENT for each in parties)
    if RulingGround.TIE in grounds and (winner is not None or not holds):
        return [
            error(
                "REV-44",
                _(
                    "Equally good proof lets the present partner of record stay. Choose another "
                    "ground, or that no challenger prevails."
                )
                if holds
                else _("Nobody is partner of record here, so equally good proof decides nothing."),
                field="grounds",
            )
        ]
    return []


def _sorted_out(
    case: CompetingClaimsCase,
    actor: Actor,
    now: datetime,
    words: _Words,
    parties: Sequence[CompetingParty],
    winner: CompetingParty | None,
) -> _Ruling:
    """Say who wins, loses and stays undecided; one company's claims are no rivals (Q5, Q6).

    Where nobody prevails, who yields to the waiting winner of an earlier ruling, and that winner,
    are told nothing: what they were told before goes on.
    """
    holding = [each for each in parties if each.standing == Standing.INCUMBENT]
    incumbents = [each for each in holding if winner or not comparing.is_ruled_on(each)]
    ready = _contenders(parties)
    if winner is not None:
        prevailing = {winner.claim.organization_id}
    else:
        prevailing = {each.claim.organization_id for each in holding}
    winners = [] if winner is None else [each for each in ready if _is_of(each, prevailing)]
    losers = [each for each in ready if not _is_of(each, prevailing)]
    ruled = {each.pk for each in [*incumbents, *winners, *losers]}
    others = [each for each in parties if each.pk not in ruled]
    return _Ruling(case, actor, now, words, incumbents, winners, losers, others)


def _is_of(party: CompetingParty, organizations: set[int]) -> bool:
    return party.claim.organization_id in organizations


def _write(ruling: _Ruling, user: User, winner: CompetingParty | None) -> CompetingRuling:
    case, actor, now = ruling.case, ruling.actor, ruling.now
    hold = None
    if winner is not None and ruling.incumbents:
        hold = ExclusivityHold.objects.filter(
            key=case.key, released_at=None, waits_for=None
        ).first()
    for group, outcome in (
        (ruling.incumbents, Outcome.YIELDS if winner else Outcome.KEPT),
        (ruling.winners, Outcome.WON),
        (ruling.losers, Outcome.LOST),
    ):
        for party in group:
            party.outcome, party.outcome_at = outcome, now
            comparing.save_party(party, actor)
    case.arbiter, case.closed_at = user, now
    comparing.save_case(case, actor)
    for party in ruling.incumbents:
        comparing.settle_request(party, now, actor)
    return CompetingRuling.objects.create(
        case=case,
        arbiter=user,
        winner=winner,
        displaces=hold,
        grounds=ruling.words.grounds,
        shared_reason=ruling.words.shared,
        internal_reason=ruling.words.internal,
        ruled_at=now,
    )


def _by_claim(parties: Sequence[CompetingParty]) -> list[tuple[Claim, list[CompetingParty]]]:
    found: dict[int, list[CompetingParty]] = defaultdict(list)
    for party in parties:
        found[party.claim_id].append(party)
    return [(group[0].claim, group) for _key, group in sorted(found.items())]


def _tell_all(ruling: _Ruling) -> None:
    """Leave the event that says how the claim fared, and nothing of anybody else."""
    for claim, group in _by_claim([*ruling.incumbents, *ruling.winners, *ruling.losers]):
        details = {
            "outcome": str(group[0].outcome),
            "lines": [each.line_id for each in group],
            "waits": _waits_elsewhere(claim, group),
        } | ruling.told
        door.touch(claim, now=ruling.now)
        event = door.record(
            claim, kind=door.RULED, actor=ruling.actor, at=ruling.now, details=details
        )
        door.tell(claim, event=event, actor=ruling.actor)


def _waits_elsewhere(claim: Claim, group: Sequence[CompetingParty]) -> bool:
    """Whether other lines of the claim still take part in an open case."""
    won = outcomes.won_lines(claim) | {each.line_id for each in group}
    return cases.open_parties(claim).exclude(line__in=won).exists()


def _let_lose(ruling: _Ruling) -> None:
    for claim, group in _by_claim(ruling.losers):
        for party in group:
            line = party.line
            line.line_status, line.contested = LineStatus.LOST_ARBITRATION, False
            line._history_user = ruling.actor.user  # type: ignore[attr-defined]
            line.save()
        details = {"lines": [each.line_id for each in group]} | ruling.told
        if included_lines(claim):
            _lose_lines(claim, ruling, details)
        else:
            _reject(claim, ruling, details)


def _lose_lines(claim: Claim, ruling: _Ruling, details: dict[str, object]) -> None:
    actor, now = ruling.actor, ruling.now
    door.save(claim, actor=actor, now=now, reason="line_lost")
    event = door.record(claim, kind="line_lost", actor=actor, at=now, details=details)
    door.tell(claim, event=event, actor=actor)


def _reject(claim: Claim, ruling: _Ruling, details: dict[str, object]) -> None:
    with door.passage(claim_id=claim.pk, act=Act.REJECT, actor=ruling.actor) as passage:
        passage.now = ruling.now
        rejected = passage.claim
        settle_findings(rejected, passage.now)
        settle_dispute(rejected, Dispute.Outcome.REJECTED, by=ruling.actor.user, now=passage.now)
        decide(passage, ReviewDecision.Outcome.REJECTED, REASONS, ruling.words.shared, "")
        passage.go(
            event="claim_rejected",
            deadline=deadlines.dispute_filing(rejected, passage.now, REASONS),
            details={"reasons": REASONS} | details,
            reasons=REASONS,
        )


def _let_win(ruling: _Ruling) -> None:
    """Approve the winner's claims, but for one that waits for another case."""
    for claim, group in _by_claim(ruling.winners):
        if _waits_elsewhere(claim, group):
            continue
        with door.passage(claim_id=claim.pk, act=Act.APPROVE, actor=ruling.actor) as passage:
            passage.now = ruling.now
            bind_and_approve(passage, text=ruling.words.shared, details=dict(ruling.told))


def _after(ruling: _Ruling) -> None:
    """Let clocks go on, and compare who wasn't ready with whoever holds the key now."""
    for claim, _group in _by_claim([*ruling.losers, *ruling.winners]):
        comparing.let_go_on(claim.pk)
    comparing.settle_and_tell(
        [each for each in ruling.others if each.standing == Standing.INCUMBENT], ruling.now
    )
    for claim, _group in _by_claim(ruling.others):
        comparing.let_go_on(claim.pk)
        cases.follow(claim, ruling.now, ruling.actor)
