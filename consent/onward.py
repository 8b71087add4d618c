"""How far hand-offs have come, in the partner's words: facts, and never a promise of money."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.utils.translation import gettext as _

from claims.models import Claim
from claims.standing import day
from claims.states import AssociationState
from cpor_site.common import clock

from .models import IncentiveHandoff
from .services.waiting import with_standing

Kind, State = IncentiveHandoff.Kind, IncentiveHandoff.State


def sentences(claim: Claim) -> list[str]:
    """Return a sentence for each way that the claim's rows stand, with the products it is about."""
    if claim.activated_at is None:
        return []
    own = IncentiveHandoff.objects.filter(claim=claim).select_related(
        "line__product", "line__activity__program", "line__association__location"
    )
    rows = with_standing(own, clock.now()).order_by("sequence")
    products: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        names = products[_sentence(row)]
        name = str(row.line.product.name)
        if name not in names:
            names.append(name)
    told = [
        _("%(products)s: %(sentence)s") % {"products": ", ".join(names), "sentence": sentence}
        for sentence, names in products.items()
    ]
    return told + list(dict.fromkeys(_lapsed(row) for row in rows if _is_lapsed(row)))


def _is_lapsed(row: IncentiveHandoff) -> bool:
    """Whether the program knows of a line in force whose location is no longer enrolled."""
    known = row.state in (State.SENT, State.ACKNOWLEDGED)
    in_force = row.line.association.state == AssociationState.ACTIVE
    return known and in_force and bool(getattr(row, "is_suspended", False))


def _lapsed(row: IncentiveHandoff) -> str:
    return _(
        "%(location)s isn't enrolled in %(program)s now. You stay partner of record; see to the "
        "enrolment, because meanwhile the program may leave these lines out."
    ) % _where(row)


def _where(row: IncentiveHandoff) -> dict[str, str]:
    return {
        "location": row.line.association.location.partner_id,
        "program": row.line.activity.program.name,
    }


def _sentence(row: IncentiveHandoff) -> str:
    if row.kind == Kind.TERMINATION:
        return _of_an_end(row)
    match row.state:
        case State.ACKNOWLEDGED:
            return _("the program confirmed on %(day)s that it has it.") % _on(row.acknowledged_at)
        case State.SENT:
            return _("passed on to the program on %(day)s, which hasn't confirmed it yet.") % _on(
                row.sent_at
            )
        case State.FAILED if row.acknowledged_at is not None:
            return _("the program did not take it: %(reason)s") % {"reason": row.acknowledgement}
        case State.FAILED:
            return _not_delivered()
    if getattr(row, "is_suspended", False):
        return _(
            "waits, because %(location)s isn't enrolled in %(program)s now. It is passed on by "
            "itself once the location is enrolled again; you stay partner of record meanwhile."
        ) % _where(row)
    return _("waits to be passed on, which happens by itself.")


def _of_an_end(row: IncentiveHandoff) -> str:
    match row.state:
        case State.ACKNOWLEDGED:
            return _("the program confirmed on %(day)s that the association has ended.") % _on(
                row.acknowledged_at
            )
        case State.SENT:
            return _("the program was told on %(day)s that the association has ended.") % _on(
                row.sent_at
            )
        case State.FAILED if row.acknowledged_at is not None:
            return _("the program did not take the association's end: %(reason)s") % {
                "reason": row.acknowledgement
            }
        case State.FAILED:
            return _not_delivered()
    return _("the program is told by itself that the association has ended.")


def _not_delivered() -> str:
    return _("could not be passed on yet. We know of it and try again; you needn't do anything.")


def _on(moment: datetime | None) -> dict[str, str]:
    return {"day": day(moment) if moment else ""}
