"""What waits while competing claims are compared: the present partner's answer and the clocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from claims import actors, deadlines, door
from claims.actors import Actor
from claims.models import Claim, ExclusivityHold, ProofRequest
from claims.services import pausing, proof_requests
from claims.services.comments import write_notice
from claims.states import LineStatus
from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun

from ..models import CompetingClaimsCase, CompetingParty

Standing = CompetingParty.Standing
GOES_ON = _("The comparison with another claim is over, and your review goes on from here.")
SETTLED = _(
    "The matter for which we asked you for newer proof is settled, and nothing is awaited from you "
    "any more."
)
STAYS = _("You stay partner of record.")
NOTHING_CHANGES = _("It changes nothing about what was decided before.")


def save_case(case: CompetingClaimsCase, actor: Actor) -> None:
    """Save the locked case as its next version, with its history's author."""
    case.version += case.pk is not None
    case._history_user = actor.user  # type: ignore[attr-defined]
    case.save()


def save_party(party: CompetingParty, actor: Actor) -> None:
    """Save the party with its history's author."""
    party._history_user = actor.user  # type: ignore[attr-defined]
    party.save()


def present(case: CompetingClaimsCase) -> list[CompetingParty]:
    """Return the parties that are still in the case, in the order of joining."""
    return list(
        CompetingParty.objects.filter(case=case, left_at=None)
        .select_related(
            "claim__organization",
            "claim__tenant",
            "claim__location",
            "claim__rule_profile",
            "line__product",
            "line__activity",
            "proof_request",
        )
        .order_by("joined_at", "pk")
    )


def ask_incumbents(cases: Iterable[CompetingClaimsCase], now: datetime) -> None:
    """Ask every claim in force that hasn't been asked, where a challenger is ready (5.3).

    One request for a claim, whatever number of its lines is contested; 5 business days.
    """
    asking: dict[int, list[tuple[CompetingClaimsCase, CompetingParty]]] = defaultdict(list)
    for case in cases:
        parties = present(case)
        if not any(each.is_ready for each in parties):
            continue
        for party in parties:
            if party.standing == Standing.INCUMBENT and party.proof_request_id is None:
                asking[party.claim_id].append((case, party))
    due_at = deadlines.newer_proof(now).due_at if asking else None
    for _claim_id, group in sorted(asking.items()):
        assert due_at is not None
        lines = [party.line for _case, party in group]
        request = proof_requests.ask(group[0][1].claim, lines, due_at=due_at, now=now)
        for case, party in group:
            party.proof_request = request
            save_party(party, actors.SYSTEM)
            case.asked_at, case.answers_due_at = case.asked_at or now, due_at
            save_case(case, actors.SYSTEM)


def awaited(parties: Iterable[CompetingParty], now: datetime) -> list[ProofRequest]:
    """Return the requests of these parties to which an answer may still come."""
    requests = {each.proof_request_id: each.proof_request for each in parties}
    return [
        each
        for each in requests.values()
        if each is not None and not each.answer and each.closed_at is None and each.due_at > now
    ]


def settle_request(party: CompetingParty, now: datetime, actor: Actor) -> bool:
    """Settle what the party was asked, unless another open case waits for it; tell nobody."""
    request = party.proof_request
    if request is None or request.closed_at is not None:
        return False
    elsewhere = CompetingParty.objects.filter(
        proof_request=request, left_at=None, case__closed_at=None
    ).exclude(pk=party.pk)
    if elsewhere.exists():
        return False
    proof_requests.close(request, actor=actor, now=now)
    return True


def close_unruled(case: CompetingClaimsCase, now: datetime, actor: Actor) -> None:
    """Close a locked case in which there is nothing to compare any more.

    What the present partner was asked is settled, and it is told so; the challengers' clocks go on.
    """
    case.closed_at = now
    save_case(case, actor)
    parties = present(case)
    settle_and_tell([each for each in parties if each.standing == Standing.INCUMBENT], now)
    for party in parties:
        if party.standing == Standing.CHALLENGER:
            let_go_on(party.claim_id)


def settle_and_tell(incumbents: Iterable[CompetingParty], now: datetime) -> None:
    """Settle what these partners were asked, and tell each once that nothing is awaited."""
    told: set[int] = set()
    for party in incumbents:
        if settle_request(party, now, actors.SYSTEM) and party.claim_id not in told:
            told.add(party.claim_id)
            _tell_settled(party, now)


def is_ruled_on(incumbent: CompetingParty) -> bool:
    """Whether an earlier ruling still moves the line: it yields to its winner, or is its winner."""
    yields = CompetingParty.objects.filter(
        line=incumbent.line_id, outcome=CompetingParty.Outcome.YIELDS
    )
    waits = ExclusivityHold.objects.filter(
        associations__line=incumbent.line_id, released_at=None, waits_for__isnull=False
    )
    return yields.exists() or waits.exists()


def awaiting_ruling() -> QuerySet[CompetingParty]:
    """Return the parties whose proof was found sufficient and whose case is still open."""
    return CompetingParty.objects.filter(
        standing=Standing.CHALLENGER,
        left_at=None,
        case__closed_at=None,
        sufficient_round=F("claim__round"),
    )


def waits(claim: Claim) -> bool:
    """Whether the claim's proof was found sufficient and a ruling is still awaited."""
    return awaiting_ruling().filter(claim=claim).exists()


def standing_idle() -> QuerySet[Claim]:
    """Return the claims whose clock stands though nothing is compared any more."""
    return Claim.objects.filter(
        ~Exists(awaiting_ruling().filter(claim=OuterRef("pk"))),
        status__in=pausing.PAUSABLE,
        paused_at__isnull=False,
    )


def let_go_on(claim_id: int) -> None:
    """Let a claim's clock run on unless it waits for another ruling.

    At once if nobody else has the claim's row, and after this transaction otherwise: to wait for
    the row here could make two acts wait for each other. If the process dies in between,
    ``resume_reviews`` does it later.
    """
    paused = Claim.objects.filter(pk=claim_id, paused_at__isnull=False)
    if paused.select_for_update(skip_locked=True, no_key=True).first() is not None:
        go_on(claim_id)
    elif paused.exists():
        transaction.on_commit(partial(go_on, claim_id))


def go_on(claim_id: int) -> bool:
    """Let the clock of a claim run on if it stands and nothing is compared any more."""
    with door.open_for_change(claim_id=claim_id, actor=actors.SYSTEM) as (claim, now):
        if waits(claim) or not pausing.resume(claim, actor=actors.SYSTEM, now=now):
            return False
        write_notice(claim, GOES_ON, now=now)
        event = door.record(claim, kind="competing_check_ended", actor=actors.SYSTEM, at=now)
        door.tell(claim, event=event, actor=actors.SYSTEM)
    return True


def resume_reviews(*, dry_run: bool = False) -> JobRun:
    """Let clocks run on that an act left standing because its process died after the commit."""
    now = clock.now()
    return run_sweep(
        "resume_reviews", keyset(standing_idle()), _resume_review, dry_run=dry_run, now=now
    )


def _resume_review(claim_id: int) -> Outcome:
    return Outcome.ACTED if go_on(claim_id) else Outcome.SKIPPED


def _tell_settled(party: CompetingParty, now: datetime) -> None:
    claim, request = party.claim, party.proof_request
    assert request is not None
    lines = request.lines.filter(line_status=LineStatus.APPROVED).values_list("pk", flat=True)
    ruled_on = is_ruled_on(party)
    write_notice(claim, SETTLED, NOTHING_CHANGES if ruled_on else STAYS, now=now)
    door.touch(claim, now=now)
    event = door.record(
        claim,
        kind="proof_request_closed",
        actor=actors.SYSTEM,
        at=now,
        details={"lines": sorted(lines), "ruled_on": ruled_on},
    )
    door.tell(claim, event=event, actor=actors.SYSTEM)
