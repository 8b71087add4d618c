"""New drafts from old claims: copies, renewals, replacements."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.files import File
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cpor_site.common import clock
from cpor_site.common.operator_calendar import operator_calendar
from cpor_site.common.problems import Refused, error

from .. import door
from ..actors import Actor, Capability
from ..line_facts import GatheredLines
from ..models import Claim, ClaimContact, ClaimLine, PoEDocument, Subscription
from ..refusals import MovedOn, NotYours
from ..states import OPEN_STATUSES, AssociationState, LineStatus, Status
from . import scanning
from .drafting import require, start_claim
from .lines import look_up_subscriptions

logger = logging.getLogger(__name__)

COPYABLE = (Status.REJECTED, Status.CANCELLED, Status.ENDED)
TAKEN_OUT = (LineStatus.REMOVED_BY_PARTNER, LineStatus.REMOVED_ON_ADVICE)
RENEWABLE_STATUSES = (Status.APPROVED, Status.ENDED)
TWICE = timedelta(seconds=10)
"""Within this time the same wish of the same person is one draft, asked for twice."""
RENEW_WITHIN = timedelta(days=60)
"""How long before a subscription's end its renewal may be prepared (T22)."""

EXTRAS = (
    "name",
    "tenant_id_as_typed",
    "domain_as_typed",
    "tenant",
    "area",
    "location",
    "solution_seller_name",
    "revenue_customer_name",
    "isv_product_name",
    "transaction_on",
    "opt_out_of_incentive",
)
OVER = (Subscription.State.EXPIRED, Subscription.State.CANCELLED)


@dataclass(frozen=True)
class _Kept:
    """A file of the new claim that lies in the storage already, and the document it comes from."""

    source: PoEDocument
    document: PoEDocument


def copy_claim(*, claim_id: int, actor: Actor, with_documents: bool = True) -> Claim:
    """Start a draft with everything of a claim that is over, to be made anew with better proof.

    Effects, in order: files copied in the storage, draft with lines, contacts and documents, event
    ``claim_copied``. Nothing is left in the storage if it fails. Raises ``NotYours``, ``MovedOn``
    for a claim that isn't over, ``Refused`` (MPN-09) for a suspended organisation.
    """
    source = _source(claim_id, actor, COPYABLE)
    return _draft(source, actor, _standing_lines(source), with_documents=with_documents)


def replace_claim(*, claim_id: int, actor: Actor, with_documents: bool = True) -> Claim:
    """Start a draft that is to take the place of an approved claim of one's own (5.1).

    For a wrong partner ID or activity, once the association is active: in the customer's window it
    is simply ended. The old claim stands until the new one's consent window has
    passed (T11). Effects and refusals as for ``copy_claim``, and SUB-13 while another draft or
    claim already replaces it.
    """
    source = _source(claim_id, actor, (Status.APPROVED,))
    if source.association_state != AssociationState.ACTIVE:
        raise MovedOn(door.status_label(source))
    _ask_not_replaced(source)
    lines = _standing_lines(source)
    return _draft(source, actor, lines, with_documents=with_documents, replaces=source)


def renew_claim(*, claim_id: int, actor: Actor, with_documents: bool = False) -> Claim:
    """Start a draft for what follows on subscriptions that end or have ended (T22).

    The draft has the lines whose subscription ends within 60 days or is over, each with the
    customer's one newer subscription of the product, or none where several or none fit. Effects
    and refusals as for ``copy_claim``; ``Refused`` (SUB-12) if no subscription ends soon.
    """
    source = _source(claim_id, actor, RENEWABLE_STATUSES)
    lines = ending_lines(source, operator_calendar().day_of(clock.now()))
    if not lines:
        raise Refused(error("SUB-12", _("None of this claim's subscriptions ends soon.")))
    newer = _newer_subscriptions(source, lines)
    return _draft(
        source,
        actor,
        lines,
        with_documents=with_documents,
        is_renewal=True,
        subscription_of=lambda line: newer.get(line.pk, ""),
    )


def ending_lines(claim: Claim, today: date) -> list[ClaimLine]:
    """Return the lines whose subscription ends within 60 days or is over; one query."""
    return list(
        ClaimLine.objects.filter(
            Q(subscription__ends_on__lte=today + RENEW_WITHIN) | Q(subscription__state__in=OVER),
            claim=claim,
            line_status__in=[LineStatus.APPROVED, LineStatus.ENDED],
        )
        .select_related("product", "activity__program", "subscription")
        .order_by("pk")
    )


def lines_to_renew(claim: Claim, lines: Sequence[ClaimLine]) -> list[ClaimLine]:
    """Return those of the ``ending_lines`` that no renewal of the claim stands for; one query.

    A renewal that was discarded, rejected or has ended itself stands for nothing.
    """
    renewed = Counter(
        ClaimLine.objects.filter(claim__in=renewals_of(claim))
        .exclude(line_status__in=TAKEN_OUT)
        .values_list("product", flat=True)
    )
    left = []
    for line in lines:
        if renewed[line.product_id] > 0:
            renewed[line.product_id] -= 1
        else:
            left.append(line)
    return left


def renewals_of(claim: Claim) -> QuerySet[Claim]:
    """Return the drafts and claims that renew this one and are not over, the newest first."""
    found = Claim.objects.filter(copied_from=claim, is_renewal=True, status__in=OPEN_STATUSES)
    return found.order_by("-pk")


def _source(claim_id: int, actor: Actor, statuses: Iterable[Status]) -> Claim:
    claim = Claim.objects.select_related("organization", "tenant").filter(pk=claim_id).first()
    if claim is None:
        raise NotYours
    require(actor, Capability.DRAFT, claim)
    if claim.status not in statuses:
        raise MovedOn(door.status_label(claim))
    return claim


def _replacing(claim: Claim) -> QuerySet[Claim]:
    return Claim.objects.filter(replaces=claim, status__in=OPEN_STATUSES)


def _ask_not_replaced(claim: Claim) -> None:
    other = _replacing(claim).first()
    if other is not None:
        raise Refused(
            error(
                "SUB-13",
                _("Claim %(number)s already replaces this one.") % {"number": other.number},
            )
        )


def _standing_lines(claim: Claim) -> list[ClaimLine]:
    """Return what was claimed in the end: all lines but those that were taken out or split off."""
    return list(
        ClaimLine.objects.filter(claim=claim)
        .exclude(line_status__in=[*TAKEN_OUT, LineStatus.MOVED])
        .select_related("product", "activity__program", "subscription")
        .order_by("pk")
    )


def _typed(line: ClaimLine) -> str:
    subscription = line.subscription
    return line.subscription_as_typed or (str(subscription.subscription_id) if subscription else "")


def _draft(
    source: Claim,
    actor: Actor,
    lines: list[ClaimLine],
    *,
    with_documents: bool,
    replaces: Claim | None = None,
    is_renewal: bool = False,
    subscription_of: Callable[[ClaimLine], str] = _typed,
) -> Claim:
    kept = _copy_files(source) if with_documents else []
    try:
        with transaction.atomic():
            door.locked(source.pk)
            asked_twice = _just_made(source, actor, replaces, is_renewal=is_renewal)
            if asked_twice is not None:
                _remove_all(kept)
                return asked_twice
            if replaces is not None:
                # Once more, now that no colleague can begin another at the same time.
                _ask_not_replaced(source)
            claim = start_claim(
                actor=actor, organization_id=source.organization_id, name=source.name
            )
            with door.open_for_change(claim_id=claim.pk, actor=actor) as (claim, now):
                for name in EXTRAS:
                    setattr(claim, name, getattr(source, name))
                claim.copied_from = source
                claim.is_renewal = is_renewal
                claim.replaces = replaces
                if with_documents:
                    claim.public_sector_disclosure_confirmed = (
                        source.public_sector_disclosure_confirmed
                    )
                claim.activities.set(source.activities.all())
                copies = _copy_lines(claim, lines, actor, subscription_of)
                _copy_contacts(source, claim, actor)
                for each in kept:
                    _keep(each, claim, copies, actor)
                look_up_subscriptions(claim, actor)
                door.save(claim, actor=actor, now=now, reason="claim_copied")
                door.record(
                    claim,
                    kind="claim_copied",
                    actor=actor,
                    at=now,
                    details={"text": source.number, "documents": len(kept)},
                )
    except BaseException:
        _remove_all(kept)
        raise
    return claim


def _just_made(
    source: Claim, actor: Actor, replaces: Claim | None, *, is_renewal: bool
) -> Claim | None:
    """Return the draft that a first click has started, if this is the second of a double click."""
    return Claim.objects.filter(
        copied_from=source,
        created_by=actor.user,
        status=Status.EDITING,
        replaces=replaces,
        is_renewal=is_renewal,
        created_at__gt=clock.now() - TWICE,
    ).first()


def _copy_lines(
    claim: Claim,
    lines: list[ClaimLine],
    actor: Actor,
    subscription_of: Callable[[ClaimLine], str],
) -> dict[int, ClaimLine]:
    copies: dict[int, ClaimLine] = {}
    seen: dict[tuple[int, int, str], ClaimLine] = {}
    for line in lines:
        typed = subscription_of(line)
        key = (line.product_id, line.activity_id, typed.lower())
        if key not in seen:
            copy = ClaimLine(
                claim=claim,
                product=line.product,
                activity=line.activity,
                subscription_as_typed=typed,
            )
            copy._history_user = actor.user  # type: ignore[attr-defined]
            copy.save()
            seen[key] = copy
        copies[line.pk] = seen[key]
    return copies


def _copy_contacts(source: Claim, claim: Claim, actor: Actor) -> None:
    """Take the customer's people over; the partner's contact is whoever makes the copy."""
    for contact in source.contacts.exclude(kind=ClaimContact.Kind.PARTNER):
        copy = ClaimContact(
            claim=claim,
            kind=contact.kind,
            name=contact.name,
            job_title=contact.job_title,
            email=contact.email,
            phone=contact.phone,
            locale=contact.locale,
        )
        copy._history_user = actor.user  # type: ignore[attr-defined]
        copy.save()


def _copy_files(source: Claim) -> list[_Kept]:
    """Copy the standing documents' files before any row is locked: a storage may be slow."""
    kept: list[_Kept] = []
    try:
        for document in PoEDocument.objects.filter(claim=source).order_by("pk"):
            if not document.counts:
                continue
            copy = PoEDocument(
                claim=source,
                original_name=document.original_name,
                content_type=document.content_type,
                size=document.size,
                sha256=document.sha256,
                kind=document.kind,
                document_on=document.document_on,
                signed_on=document.signed_on,
                signer_name=document.signer_name,
                signer_title=document.signer_title,
                note=document.note,
                scan_state=scanning.state_of_copy(document.scan_state),
            )
            try:
                content = document.file.open("rb")
            except FileNotFoundError:
                logger.error("The file of document %s is missing from the storage.", document.pk)
                continue
            with content:
                copy.file.save(document.original_name, File(content), save=False)
            kept.append(_Kept(document, copy))
    except BaseException:
        _remove_all(kept)
        raise
    return kept


def _keep(kept: _Kept, claim: Claim, copies: dict[int, ClaimLine], actor: Actor) -> None:
    document = kept.document
    assert actor.user is not None
    document.claim = claim
    document.uploaded_at = claim.created_at
    document.uploaded_by = actor.user
    document._history_user = actor.user  # type: ignore[attr-defined]
    document.save()
    covered = {copies[line.pk] for line in kept.source.covers.all() if line.pk in copies}
    document.covers.set(covered)


def _remove_all(kept: list[_Kept]) -> None:
    for each in kept:
        file = each.document.file
        try:
            file.storage.delete(file.name)
        except Exception:
            logger.exception("The file %s of a copy that failed is left over.", file.name)


def _newer_subscriptions(source: Claim, lines: list[ClaimLine]) -> dict[int, str]:
    """Return the one subscription that follows on each line's, by the line's key."""
    candidates = GatheredLines(source, lines).candidates()
    taken = {line.subscription_id for line in lines}
    found = {}
    for line in lines:
        old = line.subscription
        fitting = [
            each
            for each in candidates.get(line.product_id, [])
            if each.pk not in taken
            and each.state not in OVER
            and (
                old is None
                or old.ends_on is None
                or each.ends_on is None
                or each.ends_on > old.ends_on
            )
        ]
        if len(fitting) == 1:
            found[line.pk] = str(fitting[0].subscription_id)
    return found
