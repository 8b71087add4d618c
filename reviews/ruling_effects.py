"""What a ruling does to each party, in a sentence: read from what it did, before it is undone."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from claims.models import Association, Claim
from claims.standing import until
from claims.states import DeadlineKind, Status

from .comparison import Column, Comparison
from .models import CompetingParty

Outcome = CompetingParty.Outcome


def consequences(compared: Comparison) -> list[tuple[Column, str]]:
    """Return for each party that was compared how it has fared.

    Asked in the rehearsal of the ruling, after it. ``compared`` is the case as it was before.
    """
    outcomes = dict(CompetingParty.objects.filter(case=compared.case).values_list("pk", "outcome"))
    claims = Claim.objects.select_related("rule_profile").in_bulk(
        [column.claim.pk for column in compared.columns]
    )
    return [
        (column, _consequence(column, claims[column.claim.pk], outcomes[column.party.pk]))
        for column in compared.columns
    ]


def _consequence(column: Column, claim: Claim, outcome: str) -> str:
    match outcome:
        case Outcome.WON:
            return _prevails(claim)
        case Outcome.LOST:
            return _loses(claim)
        case Outcome.YIELDS:
            return _(
                "Stays in force until the customer's time for the other claim has passed; without "
                "a refusal its association ends then, and it can dispute that."
            )
        case Outcome.KEPT if claim.activated_at is None:
            return _(
                "Stays approved, and becomes partner of record when its customer's time has passed "
                "without a refusal."
            )
        case Outcome.KEPT:
            return _("Stays partner of record.")
        case _ if column.is_incumbent:
            return _ruled_on_before(column)
        case _ if column.is_ready:
            return _("Isn't decided on: nothing changes for it by this ruling.")
        case _:
            return _(
                "Takes no part in the ruling: its proof isn't found sufficient. It stays undecided."
            )


def _prevails(claim: Claim) -> str:
    if claim.status != Status.APPROVED:
        return _("Prevails. The claim is in another case too, and waits for the ruling on that.")
    days = claim.rule_profile.consent_calendar_days
    return ngettext(
        "Prevails. The claim is approved, and the customer may then refuse within %(days)d day.",
        "Prevails. The claim is approved, and the customer may then refuse within %(days)d days.",
        days,
    ) % {"days": days}


def _loses(claim: Claim) -> str:
    if claim.status != Status.REJECTED:
        return _("Does not prevail: loses the contested lines; the claim goes on with the others.")
    if claim.deadline_kind != DeadlineKind.DISPUTE_FILING:
        return _("Does not prevail: the claim is rejected for good.")
    return _("Does not prevail: the claim is rejected, and its partner can dispute that once.")


def _ruled_on_before(column: Column) -> str:
    """Say what goes on for a holder that an earlier ruling moves: to yield, or to take over."""
    lines = [line.pk for line in column.lines]
    successor = (
        Association.objects.filter(
            hold__released_at=None, hold__waits_for__associations__line__in=lines
        )
        .select_related("claim")
        .first()
    )
    if successor is not None:
        return _yields_to(successor.claim)
    return _(
        "Prevailed in an earlier ruling, which stands: it takes the place of the present partner "
        "of record when its customer's time has passed without a refusal."
    )


def _yields_to(winner: Claim) -> str:
    words = {"number": winner.number}
    if winner.consent_closes_at is None:
        return (
            _(
                "Yields to %(number)s by an earlier ruling, which stands: its association ends "
                "when that customer's time has passed without a refusal."
            )
            % words
        )
    return _(
        "Yields to %(number)s by an earlier ruling, which stands: its association ends when that "
        "customer's time has passed (%(day)s) without a refusal."
    ) % {**words, "day": until(winner.consent_closes_at)}
