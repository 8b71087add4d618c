"""A form that a service refused: as it was typed, about the claim as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.http import HttpRequest, QueryDict

from cpor_site.common.operator_calendar import operator_calendar
from cpor_site.common.problems import Problem

from ..forms.base import DeskForm
from ..models import Claim
from .sections import shown

F = TypeVar("F", bound=DeskForm)


def refused_form(
    request: HttpRequest, claim: Claim, problems: Iterable[Problem], make: Callable[[QueryDict], F]
) -> F:
    """Return the form with what was typed, and each problem at its field.

    ``claim`` is as it is now: sending once more replaces what somebody else changed meanwhile.
    """
    typed = request.POST.copy()
    typed["version"] = str(claim.version)
    form = make(typed)
    form.is_valid()
    form.note(problems)
    return form


def refused_context(
    claim: Claim,
    form: DeskForm,
    problems: Sequence[Problem],
    closed: list[Problem],
    now: datetime,
) -> dict[str, Any]:
    """Return what a page shows of its form: refusals that stand at no field, or why it is closed.

    ``closed`` says why nobody can send the form; a refusal that was just told isn't repeated.
    """
    return {
        "here": "claims",
        "claim": claim,
        "form": form,
        "problems": shown(claim, [each for each in problems if not form.takes(each)]),
        "has_errors": bool(problems),
        "closed": [] if problems else closed,
        "is_closed": bool(closed),
        "now": now,
        "calendar": operator_calendar(),
    }
