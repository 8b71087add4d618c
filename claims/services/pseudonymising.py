"""Names and addresses of a claim's people give way to pseudonyms (Q26, 4.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from cpor_site.common import clock
from cpor_site.common.evidence import personal
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun, OutboxMessage, Pseudonymisation, PseudonymisedRow
from cpor_site.common.problems import Refused, error

from .. import actors, door
from ..actors import Actor
from ..models import Claim, DraftUpload
from ..signals import people_replaced
from ..states import Status

JOB = "pseudonymise"


@dataclass(frozen=True)
class Replaced:
    """What was replaced on one claim, or would be: people, rows of evidence, letters."""

    number: str
    people: int
    rows: int
    letters: int


class StillRunning(Refused):
    """PSE-01: the people are still needed, for letters and for the customer's say."""

    def __init__(self) -> None:
        super().__init__(
            error(
                "PSE-01",
                _(
                    "The claim hasn't come to its end, so its people are still written to. Name "
                    "another contact, or end the claim first."
                ),
            )
        )


class HeldByLaw(Refused):
    """PSE-02: the customer's records are under legal hold."""

    def __init__(self) -> None:
        super().__init__(
            error(
                "PSE-02",
                _("The customer's records are under legal hold. Lift it first, if you may."),
            )
        )


def past_retention(now: datetime) -> QuerySet[Claim]:
    """Return the claims whose end is ``CPOR_RETENTION_YEARS`` ago and who still name people."""
    before = _years_before(now, settings.CPOR_RETENTION_YEARS)
    done = Pseudonymisation.objects.filter(claim_key=OuterRef("pk"))
    return (
        Claim.objects.filter(
            Q(status__in=[Status.ENDED, Status.CANCELLED], ended_at__lte=before)
            | Q(status=Status.REJECTED, due_at=None, decided_at__lte=before)
            | Q(status=Status.EDITING, archived_at__lte=before)
        )
        .exclude(tenant__legal_hold=True)
        .filter(~Exists(done))
    )


def pseudonymise_claim(
    *,
    claim_id: int,
    actor: Actor = actors.SYSTEM,
    on_request: bool = False,
    reason: str = "",
    words: bool = False,
    dry_run: bool = False,
) -> Replaced:
    """Give the people on a claim pseudonyms, wherever the desk tells of them.

    Effects, in order: contacts, histories, answers, recipients, events and letters; the salt under
    which the chain holds their names deleted; event ``people_pseudonymised`` (reviewers only).
    ``words`` also removes comments, notes and other free text. What partners' and operator's own
    people are called stays, for it says who acted. Raises ``NotYours`` for an unknown claim,
    ``StillRunning`` before its end, ``HeldByLaw``. A dry run does all of it and rolls it back.
    """
    with transaction.atomic():
        with door.open_for_change(claim_id=claim_id, actor=actor) as (claim, now):
            if not is_at_rest(claim):
                raise StillRunning
            if claim.tenant is not None and claim.tenant.legal_hold:
                raise HeldByLaw
            act, people = personal.pseudonymise_rows(
                claim_key=claim.pk,
                claim_number=claim.number,
                by=actor.user,
                at=now,
                on_request=on_request,
                reason=reason[:300],
                words=words,
            )
            of_claim = OutboxMessage.objects.filter(claim_number=claim.number)
            letters = replace_in_letters(of_claim, people)
            people_replaced.send(Claim, claim=claim, people=people)
            claim = door.locked(claim.pk)
            door.save(claim, actor=actor, now=now, reason="people_pseudonymised", is_touched=False)
            door.record(
                claim,
                kind="people_pseudonymised",
                actor=actor,
                at=now,
                details={"act": act.pk, "on_request": on_request, "words": words},
                internal=True,
            )
            rows = PseudonymisedRow.objects.filter(act=act).count()
        transaction.set_rollback(dry_run)
    known = {*people.emails.values(), *people.names.values()}
    return Replaced(claim.number, len(known), rows, letters)


def pseudonymise_past_retention() -> JobRun:
    """Pseudonymise every claim past retention, each by itself.

    Afterwards letters about no claim, and what uploads of drafts kept of rows that became none.
    """
    now = clock.now()
    before = _years_before(now, settings.CPOR_RETENTION_YEARS)

    def act_on_one(claim_id: int) -> Outcome:
        pseudonymise_claim(claim_id=claim_id)
        return Outcome.ACTED

    run = run_sweep(JOB, due(now), act_on_one, now=now)
    old = OutboxMessage.objects.filter(claim_number="", created_at__lte=before)
    replace_in_letters(old, personal.People())
    uploads = DraftUpload.objects.filter(uploaded_at__lte=before).exclude(refused_rows=[])
    uploads.update(refused_rows=[], problems=[])
    return run


def due(now: datetime) -> Iterator[int]:
    """Yield the keys of the claims past retention."""
    return keyset(past_retention(now))


def is_at_rest(claim: Claim) -> bool:
    """Whether nobody on the claim is written to any more."""
    if claim.status == Status.EDITING:
        return claim.archived_at is not None
    if claim.status == Status.REJECTED:
        return claim.due_at is None
    return claim.status in (Status.ENDED, Status.CANCELLED)


def replace_in_letters(letters: QuerySet[OutboxMessage], people: personal.People) -> int:
    """Take out of the letters to whom they went and what they said; those in the queue stay."""
    changed = 0
    left = letters.exclude(state=OutboxMessage.State.QUEUED)
    left = left.exclude(recipient__endswith=f"@{personal.DOMAIN}")
    for address in left.order_by().values_list("recipient", flat=True).distinct():
        changed += left.filter(recipient=address).update(
            # A key may hold the address it was written for.
            key=Concat(Value("pseudonymised:"), "pk", output_field=OutboxMessage.key.field),
            recipient=people.address_for(address),
            subject=personal.REMOVED,
            text_body=personal.REMOVED,
            html_body="",
            last_error="",
            bounce_reason="",
        )
    return changed


def _years_before(now: datetime, years: int) -> datetime:
    try:
        return now.replace(year=now.year - years)
    except ValueError:  # The 29th of February.
        return now.replace(year=now.year - years, day=28)
