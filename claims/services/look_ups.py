"""Keeping people from trying out which tenants and subscriptions exist (section 3, principle).

Only misses count: who knows their customers never meets the limit. Once it is reached nothing is
looked up any more for a while, lest a look-up that still succeeds tell what exists.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

from cpor_site.common import limits
from cpor_site.common.limits import TooMany
from cpor_site.common.models import User
from cpor_site.common.problems import Refused

from ..models import Claim

logger = logging.getLogger(__name__)

MOST_MISSES = 60
WITHIN = timedelta(hours=1)
_NAME = "look_up_missed"


def ask_look_up(user: User, *, field: str) -> None:
    """Raise ``Refused`` (LIM-01, at ``field``) if the user has missed too often of late."""
    if not limits.used_up(_NAME, str(user.pk), most=MOST_MISSES, within=WITHIN):
        return
    refusal = TooMany(limits.window_end(WITHIN))
    raise Refused(*(replace(each, field=field) for each in refusal.problems))


def note_miss(user: User, claim: Claim, *, what: str, asked: str) -> None:
    """Count and log that something wasn't found; ``asked`` is what was asked for, normalised."""
    limits.allowed(_NAME, str(user.pk), most=MOST_MISSES, within=WITHIN)
    logger.info(
        "A %s wasn't found: user %s asked for %s in claim %s.", what, user.pk, asked, claim.number
    )
