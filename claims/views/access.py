"""Who may open a page, and what becomes of a service's refusal."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from cpor_site.common.models import User
from cpor_site.common.problems import Problem, Refused

from .. import actors, selectors
from ..actors import Actor
from ..models import Claim
from ..refusals import NotYours

View = Callable[..., HttpResponse]


def reader(request: HttpRequest) -> User:
    """Return the signed-in person; pages without one are closed by ``login_required``."""
    return cast("User", request.user)


def acting(request: HttpRequest) -> Actor:
    """Return the signed-in person acting for their partner."""
    return actors.partner(reader(request))


def page(view: View) -> View:
    """Close a view to visitors and to caches."""
    return never_cache(login_required(view))


def claim_page(view: View) -> View:
    """Hand a view the claim of the address, or answer 404 to whoever may not see it."""

    @wraps(view)
    def inner(request: HttpRequest, claim_id: int, *args: Any, **kwargs: Any) -> HttpResponse:
        claim = selectors.claim_for(reader(request), claim_id)
        if claim is None:
            raise Http404
        return view(request, claim, *args, **kwargs)

    return page(inner)


def refusals_of(act: Callable[[], object]) -> tuple[Problem, ...]:
    """Run a service and return why it refused, nothing if it did the act.

    ``NotYours`` becomes a 404, so that nobody learns of a claim by trying.
    """
    try:
        act()
    except NotYours as refusal:
        raise Http404 from refusal
    except Refused as refusal:
        return refusal.problems
    return ()


def again(request: HttpRequest, claim: Claim) -> Claim:
    """Return the claim as it stands after an act."""
    found = selectors.claim_for(reader(request), claim.pk)
    if found is None:
        raise Http404
    return found
