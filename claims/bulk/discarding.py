"""Throwing away the drafts of one upload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from cpor_site.common.models import User
from cpor_site.common.problems import Problem, Refused

from ..actors import Actor
from ..models import Claim, DraftUpload
from ..refusals import NotYours
from ..services.drafting import discard_claim
from ..states import Status
from . import past


@dataclass(frozen=True)
class Discarded:
    """What became of one draft; ``problem`` says why it stays, None if it was discarded."""

    claim: Claim
    problem: Problem | None


def drafts_to_discard(user: User, upload: DraftUpload) -> QuerySet[Claim]:
    """Return the upload's drafts that are still being edited and that the user may discard."""
    return past.drafts_of(user, upload).filter(
        status=Status.EDITING, first_submitted_at__isnull=True
    )


def discard_drafts(
    *, actor: Actor, upload: DraftUpload, versions: Mapping[int, int]
) -> list[Discarded]:
    """T20 for each draft of the upload that is named; one that can't be discarded stops no other.

    ``versions`` maps the drafts' primary keys to the versions that the actor's page showed, so that
    what somebody has worked on meanwhile stays (SUBM-02). Each is discarded through the door, in a
    transaction of its own. What is no claim of this upload, or not the actor's, is left out.
    """
    user = actor.user
    if user is None:
        raise NotYours
    done = []
    for claim in past.drafts_of(user, upload).filter(pk__in=versions):
        problem = None
        try:
            discard_claim(claim_id=claim.pk, actor=actor, version=versions[claim.pk])
        except NotYours:
            continue
        except Refused as refusal:
            problem = refusal.problems[0]
        done.append(Discarded(claim, problem))
    return done
