"""Rules about the customer: tenant, domain and contacts (section 3.1: TEN, DOM, CON)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Problem, error, warning

from .identifiers import (
    PUBLIC_MAIL_DOMAINS,
    is_within,
    mail_domain,
    mailbox,
    normalise_domain,
    parse_guid,
    without_www,
)

if TYPE_CHECKING:
    from ..directory import TenantLookup
    from ..models import ClaimContact

BUSINESS, TECHNICAL, PARTNER = "business", "technical", "partner"
CUSTOMER_KINDS = (BUSINESS, TECHNICAL)
NEEDED_FIELDS = {
    BUSINESS: ("name", "job_title", "email"),
    TECHNICAL: ("name", "job_title", "email"),
    PARTNER: ("name", "email"),
}


@dataclass(frozen=True)
class CustomerFacts:
    """What the rules need to know about the customer of a claim.

    ``lookup`` is None as long as there was nothing to look up or (``unavailable``) nobody to ask.
    ``recorded`` is the tenant ID of the customer that the claim refers to, if it does.
    """

    typed_tenant_id: str
    typed_domain: str
    lookup: TenantLookup | None = None
    unavailable: bool = False
    is_subscription_id: bool = False
    recorded: UUID | None = None
    own_tenant_id: UUID | None = None
    registry_authoritative: bool = True
    offered_clouds: Collection[str] = ("public",)


def identity_problems(facts: CustomerFacts) -> list[Problem]:
    """TEN-01 to TEN-08 and DOM-01 to DOM-04: who the customer is.

    An unknown tenant and a domain that isn't the tenant's give the same answer (DOM-03), so that
    nobody can find out which tenant IDs exist.
    """
    problems = [*_tenant_id_problems(facts), *_domain_problems(facts)]
    if problems:
        return problems
    tenant_id = parse_guid(facts.typed_tenant_id)
    if facts.unavailable:
        return [_unavailable(known=facts.recorded == tenant_id)]
    if facts.is_subscription_id:
        return [
            error(
                "TEN-04",
                _(
                    "This looks like the ID of a subscription. Enter the tenant ID here, and the "
                    "subscription later, with its product."
                ),
                field="tenant_id",
            )
        ]
    if facts.lookup is None or facts.lookup.tenant is None:
        problems = [_unknown(facts)]
    else:
        problems = _tenant_problems(facts, facts.lookup)
    if facts.recorded != tenant_id and not any(each.blocks for each in problems):
        problems.append(
            error(
                "TEN-08",
                _(
                    "What is on record about this customer has changed since you entered it. "
                    "Save this step once more."
                ),
                field="tenant_id",
            )
        )
    return problems


def contact_problems(
    contacts: Mapping[str, ClaimContact],
    *,
    technical_needed: bool,
    customer_domains: frozenset[str],
    partner_domains: frozenset[str],
    partner_addresses: Iterable[str],
) -> list[Problem]:
    """CON-01 to CON-05: the people who are written to.

    ``contacts`` maps a kind to the contact as it stands. ``customer_domains`` are the domains that
    count as the customer's; empty as long as the customer isn't known, then CON-01 waits.
    ``partner_addresses`` are e-mail addresses of people at the partner.
    """
    problems: list[Problem] = []
    partners = {mailbox(address) for address in partner_addresses}
    for kind in NEEDED_FIELDS:
        contact = contacts.get(kind)
        if kind == TECHNICAL and _is_blank(contact):
            if technical_needed:
                problems.append(
                    error(
                        "CON-04",
                        _(
                            "A claim for Dynamics 365 also needs a technical contact at the "
                            "customer."
                        ),
                        field=_field(kind, "name"),
                    )
                )
            continue
        problems += _completeness_problems(kind, contact)
        if contact is None or not contact.email or kind not in CUSTOMER_KINDS:
            continue
        host = mail_domain(contact.email)
        if mailbox(contact.email) in partners or is_within(host, partner_domains):
            problems.append(
                error(
                    "CON-02",
                    _(
                        "%(email)s belongs to your own company. Name a person who works for the "
                        "customer."
                    )
                    % {"email": contact.email},
                    field=_field(kind, "email"),
                    subject=kind,
                )
            )
        elif host and customer_domains and not is_within(host, customer_domains):
            problems.append(
                warning(
                    "CON-01",
                    _(
                        "%(email)s is outside the customer's domains. Tell us why this is the "
                        "right address, for example because it is the parent company's."
                    )
                    % {"email": contact.email},
                    field=_field(kind, "email"),
                    subject=f"{kind}:{mailbox(contact.email)}",
                    needs_reason=True,
                )
            )
    problems += _same_person_problems(contacts)
    return problems


def _tenant_id_problems(facts: CustomerFacts) -> list[Problem]:
    typed = facts.typed_tenant_id.strip()
    if not typed:
        return [
            error(
                "TEN-01",
                _("Enter the customer's tenant ID, which is also called directory ID."),
                field="tenant_id",
            )
        ]
    tenant_id = parse_guid(typed)
    if tenant_id is None or not tenant_id.int:
        return [
            error(
                "TEN-02" if tenant_id is None else "TEN-03",
                _(
                    "This isn't a tenant ID. A tenant ID has 32 hexadecimal digits in five "
                    "groups, for example 1b2c3d4e-0000-4000-8000-00805f9b34fb. An administrator "
                    "at the customer finds it on the overview page of their directory."
                ),
                field="tenant_id",
            )
        ]
    if tenant_id == facts.own_tenant_id:
        return [
            error(
                "TEN-06",
                _("This is your own organisation's tenant, which you can't claim."),
                field="tenant_id",
            )
        ]
    return []


def _domain_problems(facts: CustomerFacts) -> list[Problem]:
    domain = normalise_domain(facts.typed_domain)
    if domain is None:
        return [
            error(
                "DOM-01",
                _(
                    "Enter one of the customer's domains, for example contoso.com or "
                    "contoso.onmicrosoft.com."
                ),
                field="domain",
            )
        ]
    if without_www(domain) in PUBLIC_MAIL_DOMAINS:
        return [
            error(
                "DOM-02",
                _(
                    "Everybody can have an address at %(domain)s. Enter a domain that belongs to "
                    "the customer's organisation."
                )
                % {"domain": domain},
                field="domain",
            )
        ]
    return []


def _unknown(facts: CustomerFacts) -> Problem:
    if facts.registry_authoritative or facts.lookup is None or facts.lookup.known:
        return error(
            "DOM-03",
            _(
                "The domain and the tenant ID don't match. Check both with the customer; a single "
                "wrong character is enough."
            ),
            field="domain",
        )
    return warning(
        "TEN-05",
        _(
            "We have no record of this customer yet. You can go on; a reviewer confirms the "
            "tenant before the claim is approved."
        ),
        field="tenant_id",
        subject=facts.typed_tenant_id.strip().lower(),
    )


def _tenant_problems(facts: CustomerFacts, lookup: TenantLookup) -> list[Problem]:
    tenant = lookup.tenant
    assert tenant is not None
    if tenant.is_blocked:
        return [
            error(
                "TEN-06", _("Claims can't be made for this customer's tenant."), field="tenant_id"
            )
        ]
    if tenant.cloud not in facts.offered_clouds:
        return [
            error(
                "TEN-07",
                _("Customers in this cloud (%(cloud)s) can't be claimed here.")
                % {"cloud": tenant.get_cloud_display()},
                field="tenant_id",
            )
        ]
    if not lookup.domain_verified:
        return [
            warning(
                "DOM-04",
                _(
                    "The customer hasn't proved in their tenant that this domain is theirs. Use a "
                    "verified domain, or go on and explain."
                ),
                field="domain",
                subject=normalise_domain(facts.typed_domain) or "",
            )
        ]
    return []


def _unavailable(*, known: bool) -> Problem:
    if known:
        return warning(
            "SUB-17",
            _(
                "We can't check the customer's details at present. Keep the draft, or submit the "
                "claim and we check before the review."
            ),
            field="tenant_id",
            subject="customer",
        )
    return error(
        "TEN-08",
        _("We can't look the customer up at present. Your draft is kept; try again later."),
        field="tenant_id",
    )


def _is_blank(contact: ClaimContact | None) -> bool:
    return contact is None or not any(
        getattr(contact, name) for name in (*NEEDED_FIELDS[TECHNICAL], "phone")
    )


def _field(kind: str, name: str) -> str:
    return f"contacts-{kind}-{name}"


_SENTENCES_MISSING = {
    BUSINESS: _("The customer's business contact isn't complete. Still missing: %(missing)s."),
    TECHNICAL: _("The customer's technical contact isn't complete. Still missing: %(missing)s."),
    PARTNER: _("Your own contact isn't complete. Still missing: %(missing)s."),
}
_FIELD_NAMES = {"name": _("name"), "job_title": _("job title"), "email": _("e-mail address")}


def _completeness_problems(kind: str, contact: ClaimContact | None) -> list[Problem]:
    missing = [
        name for name in NEEDED_FIELDS[kind] if contact is None or not getattr(contact, name)
    ]
    if missing:
        names = ", ".join(str(_FIELD_NAMES[name]) for name in missing)
        return [
            error(
                "CON-03",
                _SENTENCES_MISSING[kind] % {"missing": names},
                field=_field(kind, missing[0]),
                subject=kind,
            )
        ]
    assert contact is not None
    try:
        validate_email(contact.email)
    except ValidationError:
        return [
            error(
                "CON-03",
                _("“%(email)s” isn't an e-mail address. Check it letter by letter.")
                % {"email": contact.email},
                field=_field(kind, "email"),
                subject=kind,
            )
        ]
    return []


def _same_person_problems(contacts: Mapping[str, ClaimContact]) -> list[Problem]:
    business, technical = contacts.get(BUSINESS), contacts.get(TECHNICAL)
    if (
        business is None
        or technical is None
        or not business.email
        or mailbox(business.email) != mailbox(technical.email)
    ):
        return []
    return [
        warning(
            "CON-05",
            _("The business contact and the technical contact are one person. Is that right?"),
            field=_field(TECHNICAL, "email"),
        )
    ]
