"""Fresh links: asked for by mail address, sent only to people of the customer (7.5, TOK-02)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from claims.models import Claim
from cpor_site.common import clock, limits
from cpor_site.common.mail_addresses import folded, is_address

from .. import letters, tokens
from ..models import ConsentEvent, ConsentRecipient, ConsentRequest
from .belonging import living_claims, on_claims_of
from .requests import Addressee, addressees, link_for

Kind = ConsentEvent.Kind

LETTERS_A_DAY = 3
"""How many letters with links one address gets in a day, whoever asks for them."""

CLAIMS_A_LETTER = 10
"""For how many claims, the newest, one letter holds links; the overview leads to the others."""


def send_new_links(*, email: str, token: str = "", ip_address: str | None = None) -> None:
    """Write a letter with fresh links, if the address belongs to the customer of a living claim.

    ``token`` is the link from whose page somebody asks, whatever has become of it: then the letter
    is about that claim alone, else about every living claim that the address is asked about. Older
    links of the address are superseded; each new one leaves a ``ConsentEvent``. Does nothing, and
    says nothing, for an unknown address and after ``LETTERS_A_DAY``.
    """
    email = email.strip()
    if not may_write_to(email):
        return
    now = clock.now()
    with transaction.atomic():
        claims = _claims_of(email, token)
        recipients = []
        for claim in claims:
            addressee = addressee_of(claim, email)
            if addressee is not None:
                recipients.append(make_link(claim, addressee, now=now, ip_address=ip_address))
        if recipients:
            first = ConsentEvent.objects.get(recipient=recipients[0], kind=Kind.LINK_REQUESTED)
            letters.write_new_links(recipients, about=str(first.pk), now=now)


def may_write_to(email: str) -> bool:
    """Count one letter to the address and return whether it is among the few of the day."""
    return limits.allowed(
        "consent_letter", email.lower(), most=LETTERS_A_DAY, within=timedelta(days=1)
    )


def addressee_of(claim: Claim, email: str) -> Addressee | None:
    """Return the customer's person with that address on the claim, or None.

    Counts who holds a link that wasn't superseded, the customer's contacts as they are now, and
    the registered administrators; never the partner's own contact.
    """
    wanted = folded(email)
    for recipient in ConsentRecipient.objects.filter(
        is_address("email", wanted), request__claim=claim, superseded_at=None
    ).order_by("-pk")[:1]:
        return Addressee(recipient.role, recipient.name, recipient.email, recipient.locale)
    for each in addressees(claim):
        if folded(each.email) == wanted:
            return each
    return None


def make_link(
    claim: Claim, addressee: Addressee, *, now: datetime, ip_address: str | None = None
) -> ConsentRecipient:
    """Give somebody a fresh link to the claim and supersede the ones they had (TOK-02).

    A claim that nobody was asked about, such as a migrated one, gets a request that is closed from
    the beginning: its link serves to withdraw. Runs in a transaction.
    """
    request = (
        ConsentRequest.objects.select_for_update()
        .filter(claim=claim)
        .order_by("-created_at", "-pk")
        .first()
    )
    if request is None:
        request = ConsentRequest.objects.create(claim=claim, created_at=now, closed_at=now)
    ConsentRecipient.objects.filter(
        is_address("email", addressee.email), request__claim=claim, superseded_at=None
    ).update(superseded_at=now)
    nonce = tokens.fresh_nonce()
    recipient = ConsentRecipient.objects.create(
        request=request,
        role=addressee.role,
        name=addressee.name,
        email=addressee.email,
        locale=addressee.locale,
        nonce=nonce,
        token_hash=tokens.hash_of(tokens.token_for(nonce)),
    )
    ConsentEvent.objects.create(
        request=request,
        recipient=recipient,
        kind=Kind.LINK_REQUESTED,
        at=now,
        ip_address=ip_address,
    )
    return recipient


def links_of_letter(event_id: int) -> list[str]:
    """Return the links of one letter; asked for by the outbox in the moment of sending."""
    return [link_for(recipient_id) for recipient_id in recipients_of_letter(event_id)]


def note_letter(event_id: int, at: datetime) -> None:
    """Note on the recipients of one letter that it has left."""
    ConsentRecipient.objects.filter(pk__in=recipients_of_letter(event_id), sent_at=None).update(
        sent_at=at
    )


def recipients_of_letter(event_id: int) -> list[int]:
    """Return the keys of those whose links stand in one letter."""
    first = ConsentEvent.objects.select_related("recipient").get(pk=event_id)
    assert first.recipient is not None
    return list(
        ConsentEvent.objects.filter(
            is_address("recipient__email", first.recipient.email),
            kind=Kind.LINK_REQUESTED,
            at=first.at,
        )
        .order_by("pk")
        .values_list("recipient", flat=True)
    )


def _claims_of(email: str, token: str) -> list[Claim]:
    """Return the living claims that a letter to the address may be about, newest first."""
    known = ConsentRecipient.objects.filter(token_hash=tokens.hash_of(token)).first()
    living = Claim.objects.filter(living_claims()).select_related("organization", "tenant")
    if known is not None:
        living = living.filter(pk=known.request.claim_id)
    else:
        living = living.filter(on_claims_of(email))
    return list(living.order_by("-pk")[:CLAIMS_A_LETTER])
