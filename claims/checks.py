"""Asking the rules of section 3 about a claim: gathers the facts by few queries, calls the rules.

Every function returns problems with ``field`` set to the name of the form field they belong to:
``tenant_id``, ``domain``, ``area``, ``activities``, ``lines``, ``location``, ``documents``,
``contacts-<kind>-<field>``, or the name of a field of ``ClaimChanges``. ``line`` is the primary key
of the claim line that a problem is about. The number of queries doesn't depend on the number of
lines, contacts or documents.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings

from cpor_site.common.operator_calendar import operator_day
from cpor_site.common.problems import Problem

from . import conflicts
from .directory import CustomerDirectory, DirectoryUnavailable, TenantLookup, customer_directory
from .line_facts import GatheredLines, included_lines
from .location_checks import check_location
from .models import (
    Activity,
    Claim,
    ClaimLine,
    CustomerTenant,
    Membership,
    PoEDocument,
    Subscription,
)
from .rules import customer, documents, subscriptions
from .rules import lines as line_rules
from .rules.customer import CustomerFacts
from .rules.documents import DocumentFacts
from .rules.identifiers import PUBLIC_MAIL_DOMAINS, normalise_domain, parse_guid, without_www
from .rules.naming import name_problems
from .states import Status

if TYPE_CHECKING:
    from cpor_site.common.models import User


def find_tenant(claim: Claim) -> CustomerTenant | None:
    """Return the customer that the typed tenant ID and domain name together; None if there is none.

    While the directory is unavailable a customer that was found before stays, unless another tenant
    ID was typed since.
    """
    tenant_id, domain = (
        parse_guid(claim.tenant_id_as_typed),
        normalise_domain(claim.domain_as_typed),
    )
    if tenant_id is None or domain is None:
        return None
    try:
        lookup = _look_up(customer_directory(), tenant_id, domain)
    except DirectoryUnavailable:
        stays = claim.tenant is not None and claim.tenant.tenant_id == tenant_id
        return claim.tenant if stays else None
    if lookup.tenant is not None or lookup.known or settings.CPOR_REGISTRY_AUTHORITATIVE:
        return lookup.tenant
    return CustomerTenant.objects.filter(
        tenant_id=tenant_id, source=CustomerTenant.Source.CLAIM
    ).first()


def _look_up(directory: CustomerDirectory, tenant_id: UUID, domain: str) -> TenantLookup:
    """Look a customer up by the domain as typed, then without the ``www.`` of a pasted address."""
    found = directory.look_up(tenant_id, domain)
    bare = without_www(domain)
    if found.tenant is not None or bare == domain:
        return found
    second = directory.look_up(tenant_id, bare)
    if second.tenant is not None:
        return second
    return TenantLookup(known=found.known or second.known)


def resolve_subscriptions(
    claim: Claim, lines: Sequence[ClaimLine]
) -> list[tuple[ClaimLine, Subscription | None]]:
    """Return each line with the subscription it means: typed, or the product's only one.

    None where no subscription is needed, where the line's text means none that fits its product,
    and where an earlier line has the same one (LIN-04). ``lines`` should have ``product`` loaded.
    While the directory is unavailable each line keeps what it has.
    """
    gathered = GatheredLines(claim, lines)
    try:
        chosen = [gathered.chosen(line) for line in lines]
    except DirectoryUnavailable:
        chosen = [line.subscription if _is_at(claim, line.subscription) else None for line in lines]
    resolved: list[tuple[ClaimLine, Subscription | None]] = []
    taken: set[tuple[int, int, int]] = set()
    for line, found in zip(lines, chosen, strict=True):
        key = (line.product_id, line.activity_id, found.pk) if found else None
        resolved.append((line, None if key in taken else found))
        if key:
            taken.add(key)
    return resolved


def unknown_subscriptions(claim: Claim, asked: Collection[UUID]) -> list[UUID]:
    """Return those of the IDs that are no subscriptions of the claim's customer.

    None of them while the directory is unavailable: then nobody learns anything.
    """
    if claim.tenant is None or not asked:
        return []
    try:
        found = customer_directory().subscriptions(
            claim.tenant, product_ids=(), subscription_ids=asked
        )
    except DirectoryUnavailable:
        return []
    return sorted(set(asked) - {each.subscription_id for each in found})


def check_customer(claim: Claim) -> list[Problem]:
    """TEN and DOM: who the customer is."""
    tenant_id, domain = (
        parse_guid(claim.tenant_id_as_typed),
        normalise_domain(claim.domain_as_typed),
    )
    lookup: TenantLookup | None = None
    unavailable = is_subscription_id = False
    if tenant_id is not None and domain is not None:
        directory = customer_directory()
        try:
            lookup = _look_up(directory, tenant_id, domain)
            is_subscription_id = lookup.tenant is None and directory.is_subscription_of(
                tenant_id, without_www(domain)
            )
        except DirectoryUnavailable:
            lookup, unavailable = None, True
    facts = CustomerFacts(
        typed_tenant_id=claim.tenant_id_as_typed,
        typed_domain=claim.domain_as_typed,
        lookup=lookup,
        unavailable=unavailable,
        is_subscription_id=is_subscription_id,
        recorded=claim.tenant.tenant_id if claim.tenant else None,
        own_tenant_id=claim.organization.tenant_id,
        registry_authoritative=settings.CPOR_REGISTRY_AUTHORITATIVE,
        offered_clouds=settings.CPOR_OFFERED_CLOUDS,
    )
    return customer.identity_problems(facts)


def check_lines(claim: Claim, now: datetime) -> list[Problem]:
    """ACT, LIN and SUB but for conflicts: activities, products, subscriptions as they are now.

    Also asked before an approval (status Under review): then subscriptions that can't be checked
    are an error.
    """
    gathered = GatheredLines(claim, included_lines(claim))
    return _distinct(_line_problems(gathered, now))


def check_conflicts(claim: Claim) -> list[Problem]:
    """ACT-07, SUB-13 and SUB-14/15: who else has what is claimed here."""
    gathered = GatheredLines(claim, included_lines(claim))
    return _distinct(
        subscriptions.conflict_problems(gathered.line_facts, conflicts.find_conflicts(claim))
    )


def check_contacts(claim: Claim) -> list[Problem]:
    """CON: the people at the customer and at the partner."""
    return _contact_problems(claim, included_lines(claim))


def check_documents(claim: Claim, now: datetime) -> list[Problem]:
    """POE: the proof of execution as a whole."""
    return _document_problems(claim, included_lines(claim), now)


def check_submission(claim: Claim, user: User, now: datetime) -> list[Problem]:
    """Return everything that speaks against handing the claim in, in the order of its pages.

    That is name, customer, activities and products with their conflicts, location, contacts and
    documents.
    """
    lines = included_lines(claim)
    gathered = GatheredLines(claim, lines)
    about_lines = _line_problems(gathered, now)
    faulty = {each.line for each in about_lines if each.blocks}
    others = [each for each in conflicts.find_conflicts(claim) if each.line.pk not in faulty]
    return _distinct(
        [
            *name_problems(claim.name),
            *check_customer(claim),
            *about_lines,
            *subscriptions.conflict_problems(gathered.line_facts, others),
            *check_location(claim, user, now),
            *_contact_problems(claim, lines),
            *_document_problems(claim, lines, now),
        ]
    )


def _line_problems(gathered: GatheredLines, now: datetime) -> list[Problem]:
    claim = gathered.claim
    # Once handed in, a claim isn't lost because its product leaves the list during the review.
    drafting = claim.status == Status.EDITING
    claimed_on = operator_day(now if drafting else claim.first_submitted_at or now)
    return [
        *line_rules.activity_problems(claim, _activities(claim), today=claimed_on),
        *line_rules.line_problems(claim, gathered.line_facts, today=claimed_on),
        *line_rules.usage_problems(gathered.line_facts, gathered.usage_percents()),
        *_looked_up_problems(gathered, now, operator_day(now)),
    ]


def _looked_up_problems(gathered: GatheredLines, now: datetime, today: date) -> list[Problem]:
    """What the directory has to be asked about: subscriptions, seats, how fresh all this is."""
    claim, lines = gathered.claim, gathered.lines
    if claim.tenant is None or not lines:
        return []
    problems: list[Problem] = []
    needing = [line for line in lines if gathered.needs_subscription(line)]
    try:
        for line in needing:
            facts = gathered.facts(line)
            if facts is not None:
                problems += subscriptions.subscription_problems(facts, today=today)
        figures = customer_directory().figures(claim.tenant)
    except DirectoryUnavailable:
        if not needing:
            return []
        last_chance = claim.status == Status.UNDER_REVIEW
        return [subscriptions.unavailable_problem(last_chance=last_chance)]
    programs = {line.activity.program_id: line.activity.program for line in lines}
    problems += line_rules.seat_problems(programs, figures.seats)
    if needing:
        problems += subscriptions.freshness_problems(figures.refreshed_at, now=now)
    return problems


def _contact_problems(claim: Claim, lines: Sequence[ClaimLine]) -> list[Problem]:
    contacts = {each.kind: each for each in claim.contacts.all()}
    colleagues = list(
        Membership.objects.filter(organization=claim.organization_id)
        .order_by()
        .values_list("user__email", flat=True)
    )
    if customer.PARTNER in contacts:
        colleagues.append(contacts[customer.PARTNER].email)
    own_domain = normalise_domain(claim.organization.mail_domain)
    return customer.contact_problems(
        contacts,
        technical_needed=(
            claim.rule_profile.technical_contact_for_dynamics
            and any(line.product.is_dynamics for line in lines)
        ),
        customer_domains=_customer_domains(claim),
        partner_domains=frozenset([own_domain] if own_domain else []) - PUBLIC_MAIL_DOMAINS,
        partner_addresses=[each for each in colleagues if each],
    )


def _customer_domains(claim: Claim) -> frozenset[str]:
    """Return the domains that count as the customer's; none if they can't be known now."""
    if claim.tenant is None:
        return frozenset()
    if claim.tenant.source == CustomerTenant.Source.CLAIM:
        typed = normalise_domain(claim.domain_as_typed)
        return frozenset([without_www(typed)] if typed else [])
    try:
        return customer_directory().domains(claim.tenant)
    except DirectoryUnavailable:
        return frozenset()


def _document_problems(claim: Claim, lines: Sequence[ClaimLine], now: datetime) -> list[Problem]:
    attached = list(
        PoEDocument.objects.filter(claim=claim, withdrawn_at=None)
        .prefetch_related("covers")
        .order_by("pk")
    )
    facts = DocumentFacts(
        documents=attached,
        lines=lines,
        covered={each.pk: {line.pk for line in each.covers.all()} for each in attached},
        used_elsewhere=_used_elsewhere(claim, attached),
        customer=claim.tenant.name if claim.tenant else "",
        sector=claim.tenant.sector if claim.tenant else "",
        disclosure_confirmed=claim.public_sector_disclosure_confirmed,
        max_age_months=claim.rule_profile.poe_max_age_months,
        max_files=settings.CPOR_POE_MAX_FILES,
        max_total_mb=settings.CPOR_POE_MAX_TOTAL_MB,
    )
    return documents.document_problems(facts, today=operator_day(now))


def _used_elsewhere(claim: Claim, attached: Iterable[PoEDocument]) -> frozenset[str]:
    """Return which of the files the organisation also handed in for another customer."""
    if claim.tenant_id is None:
        return frozenset()
    return frozenset(
        PoEDocument.objects.filter(
            sha256__in={each.sha256 for each in attached},
            withdrawn_at=None,
            claim__organization=claim.organization_id,
            claim__tenant__isnull=False,
        )
        .exclude(claim__tenant=claim.tenant_id)
        .order_by()
        .values_list("sha256", flat=True)
    )


def _activities(claim: Claim) -> list[Activity]:
    return list(claim.activities.select_related("program"))


def _is_at(claim: Claim, subscription: Subscription | None) -> bool:
    return subscription is not None and subscription.tenant_id == claim.tenant_id


def _distinct(problems: Iterable[Problem]) -> list[Problem]:
    """Leave out what would be told twice, such as one thing about two lines of one subscription."""
    kept: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        kept.setdefault((problem.key, str(problem.message)), problem)
    return list(kept.values())
