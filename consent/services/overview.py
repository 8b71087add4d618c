"""All that partners hold on one tenant, for somebody of that customer (section 7.5).

Behind a link that is mailed to an address of the customer and good for a short time. It shows
approved claims alone: nothing that is still with the reviewers, no other tenant.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from claims.models import Association, Claim, CustomerTenant
from claims.refusals import NotYours
from claims.states import AssociationState, Status
from cpor_site.common import clock
from cpor_site.common.mail_addresses import is_address
from cpor_site.common.operator_calendar import operator_zone
from cpor_site.common.problems import Refused, information

from .. import letters, tokens
from ..models import ConsentAnswer, ConsentRecipient, OverviewLink
from ..wording import end_text, line_text
from .answers import LinkUnknown
from .belonging import administers, living_claims, on_claims_of, sees_whole_tenant, tenants_of
from .links import addressee_of, make_link, may_write_to
from .requests import Addressee

LIFETIME = timedelta(hours=2)
LATELY = timedelta(days=180)
"""How long the overview still shows what has ended."""

MOST_TENANTS = 20
MOST_CLAIMS = 200


class OverviewExpired(Refused):
    """TOK-05: the link was good for a short time, which is over."""

    def __init__(self, at: datetime) -> None:
        local = timezone.localtime(at, operator_zone())
        super().__init__(
            information(
                "TOK-05",
                _("This link was good until %(date)s, %(time)s (%(zone)s).")
                % {
                    "date": formats.date_format(local, "DATE_FORMAT"),
                    "time": formats.time_format(local, "TIME_FORMAT"),
                    "zone": operator_zone().key,
                },
            )
        )


@dataclass(frozen=True)
class Item:
    """One line: its words, its association, and when an announced withdrawal takes effect."""

    text: str
    association: Association
    ends_at: datetime | None
    why_ended: str

    @property
    def is_open(self) -> bool:
        """Whether it stands and nobody has withdrawn it."""
        return self.association.state != AssociationState.ENDED and self.ends_at is None


@dataclass(frozen=True)
class Entry:
    """One claim on the overview, with its lines.

    ``in_window``: the customer may still decline; ``can_withdraw``: something stands after the
    window that nobody has taken back yet.
    """

    claim: Claim
    lines: list[Item]
    stands: bool
    in_window: bool

    @property
    def can_withdraw(self) -> bool:
        return not self.in_window and any(each.is_open for each in self.lines)


def send_overview(*, email: str, ip_address: str | None = None) -> None:
    """Write one letter with a link for each customer that the address belongs to, if it does.

    Does nothing, and says nothing, for an unknown address and after too many letters in a day.
    """
    email = email.strip()
    if not may_write_to(email):
        return
    now = clock.now()
    with transaction.atomic():
        links = []
        for tenant in tenants_of(email)[:MOST_TENANTS]:
            nonce = tokens.fresh_nonce()
            links.append(
                OverviewLink.objects.create(
                    tenant=tenant,
                    email=email,
                    locale=_locale_of(email, tenant),
                    nonce=nonce,
                    token_hash=tokens.hash_of(tokens.token_for(nonce)),
                    created_at=now,
                    expires_at=now + LIFETIME,
                    ip_address=ip_address,
                )
            )
        if links:
            letters.write_overview(links, hours=LIFETIME // timedelta(hours=1), now=now)


def links_of_letter(link_id: int) -> list[str]:
    """Return the links of one letter; asked for by the outbox in the moment of sending."""
    first = OverviewLink.objects.get(pk=link_id)
    links = OverviewLink.objects.filter(email=first.email, created_at=first.created_at)
    return [
        settings.CPOR_PUBLIC_URL
        + reverse("consent_overview", args=[tokens.known_token(link.nonce, link.token_hash)])
        for link in links.order_by("pk")
    ]


def link_of(token: str) -> OverviewLink:
    """Return whose link this is.

    Raises ``LinkUnknown``, also for an address that no longer belongs to the customer, and
    ``OverviewExpired``.
    """
    link = (
        OverviewLink.objects.select_related("tenant")
        .filter(token_hash=tokens.hash_of(token))
        .first()
    )
    if link is None:
        raise LinkUnknown
    if clock.now() >= link.expires_at:
        raise OverviewExpired(link.expires_at)
    named = _claims_on(link).filter(on_claims_of(link.email))
    if not administers(link.email, link.tenant) and not named.exists():
        raise LinkUnknown
    return link


def shows_all(link: OverviewLink) -> bool:
    """Whether the reader sees every partner of the tenant, or only those who named the reader."""
    return sees_whole_tenant(link.email, link.tenant)


def entries_of(link: OverviewLink) -> list[Entry]:
    """Return the claims to show, newest first; the number of queries doesn't depend on theirs."""
    claims = list(
        _claims_on(link)
        .select_related("organization", "location")
        .prefetch_related(
            Prefetch(
                "associations",
                Association.objects.select_related(
                    "line__product", "line__activity", "line__subscription", "line__claim"
                ).order_by("pk"),
            )
        )
        .order_by("-pk")[:MOST_CLAIMS]
    )
    withdrawn: dict[int, dict[int, datetime]] = defaultdict(dict)
    for claim_id, line_id, at in ConsentAnswer.objects.filter(
        request__claim__in=claims, kind=ConsentAnswer.Kind.WITHDRAWN, carried_out_at=None
    ).values_list("request__claim", "lines", "takes_effect_at"):
        if at is not None:
            withdrawn[claim_id][line_id] = at
    return [_entry(claim, withdrawn.get(claim.pk, {})) for claim in claims]


def _entry(claim: Claim, withdrawn: dict[int, datetime]) -> Entry:
    closes_at = claim.consent_closes_at
    return Entry(
        claim=claim,
        lines=[
            Item(
                text=line_text(each.line),
                association=each,
                ends_at=withdrawn.get(each.line_id),
                why_ended=end_text(each),
            )
            for each in claim.associations.all()
        ],
        stands=claim.status == Status.APPROVED,
        in_window=claim.association_state == AssociationState.PROVISIONAL
        and (closes_at is None or clock.now() <= closes_at),
    )


def open_claim(*, token: str, claim_id: int, ip_address: str | None = None) -> str:
    """Give the reader of an overview a fresh link to one claim on it, and return its token.

    Supersedes the links that the address had to the claim (TOK-02). Raises the refusals of the
    overview's link and ``NotYours`` for a claim that isn't on it or can't be answered any more.
    """
    link = link_of(token)
    now = clock.now()
    with transaction.atomic():
        claim = _claims_on(link).filter(living_claims(), pk=claim_id).first()
        if claim is None:
            raise NotYours
        addressee = addressee_of(claim, link.email) or Addressee(
            _role_of(link), "", link.email, link.locale
        )
        recipient = make_link(claim, addressee, now=now, ip_address=ip_address)
    return tokens.token_for(recipient.nonce)


def _claims_on(link: OverviewLink) -> QuerySet[Claim]:
    ended = Association.objects.filter(
        tenant=link.tenant, effective_to__gte=clock.now() - LATELY
    ).values("claim")
    claims = Claim.objects.filter(Q(status=Status.APPROVED) | Q(pk__in=ended), tenant=link.tenant)
    if not shows_all(link):
        claims = claims.filter(on_claims_of(link.email))
    return claims


def _role_of(link: OverviewLink) -> str:
    """Return what the address is at the customer by its links to other claims."""
    known = ConsentRecipient.objects.filter(
        is_address("email", link.email), request__claim__tenant=link.tenant
    )
    role = known.order_by("-pk").values_list("role", flat=True).first()
    return role or ConsentRecipient.Role.TENANT_ADMIN


def _locale_of(email: str, tenant: CustomerTenant) -> str:
    known = ConsentRecipient.objects.filter(
        is_address("email", email), request__claim__tenant=tenant
    )
    locale = known.order_by("-pk").values_list("locale", flat=True).first()
    return locale or tenant.locale or settings.LANGUAGE_CODE
