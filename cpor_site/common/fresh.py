"""Acts that ask people who sit before the screen to show once more that it is they.

    @confirmed
    def rule(request, ...): ...

A view that bears the mark is only reached by a POST of somebody who signed in, or showed it anew,
within ``CPOR_CONFIRM_MINUTES``. Anybody else gets a page that asks for it; that page carries the
fields of the form along and hands them to the view afterwards, so that nothing typed is lost.
Files can't be carried: such a view takes none. Reading is never asked for anything.

Times here are the machine's: how long somebody has been away is no business of a clock that the
demo moves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

Answer = TypeVar("Answer", bound=HttpResponseBase)

SHOWN_AT = "shown_at"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class ConfirmationNeeded(Exception):
    """Somebody has to show that it is they; the site's middleware asks them."""


def note(request: HttpRequest) -> None:
    """Write down that the person has shown just now who they are."""
    request.session[SHOWN_AT] = int(time.time())


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person has shown who they are within the last ``CPOR_CONFIRM_MINUTES``."""
    if not request.user.is_authenticated:
        return False
    age = time.time() - request.session.get(SHOWN_AT, 0)
    return bool(age < settings.CPOR_CONFIRM_MINUTES * 60)


def confirmed(view: Callable[..., Answer]) -> Callable[..., Answer]:
    """Let only those change something by this view who have shown lately who they are."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> Answer:
        if request.method not in SAFE and not is_fresh(request):
            raise ConfirmationNeeded
        return view(request, *args, **kwargs)

    return asked
