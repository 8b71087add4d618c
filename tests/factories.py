"""Plain functions that make rows for tests; every argument has a sensible default."""

from __future__ import annotations

import hashlib
import itertools
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from fpdf import FPDF

from claims.catalogue_loader import load_catalogue
from claims.models import (
    Activity,
    Claim,
    ClaimContact,
    ClaimLine,
    CustomerTenant,
    ListedProduct,
    Membership,
    PartnerLocation,
    PartnerOrganization,
    PoEDocument,
    Product,
    Program,
    ProgramEnrollment,
    RuleProfile,
    SolutionArea,
    Subscription,
    TenantDomain,
)
from claims.services.numbers import next_number
from cpor_site.common import clock
from cpor_site.common.models import User
from cpor_site.common.operator_calendar import operator_day
from reviews.roles import sync_roles

M365 = "microsoft_365"
BIZAPPS = "business_applications"
PASSWORD = "correct horse battery staple"  # noqa: S105

_serial = itertools.count(1)


def today() -> date:
    """Return the operator's date, which in the late evening is no longer that of UTC."""
    return operator_day(clock.now())


def number_from(first: int) -> None:
    """Number what is made from here on from ``first``: for data beside somebody else's."""
    global _serial
    _serial = itertools.count(first)


def make_catalogue() -> None:
    """Load the shipped catalogue and rule profiles, unless they are there already."""
    if not RuleProfile.objects.exists():
        load_catalogue()


def profile(code: str = "2020") -> RuleProfile:
    make_catalogue()
    return RuleProfile.objects.get(code=code)


def area(code: str = M365) -> SolutionArea:
    make_catalogue()
    return SolutionArea.objects.get(code=code)


def activity(code: str = "usage", area_code: str = M365) -> Activity:
    make_catalogue()
    return Activity.objects.get(code=code, area__code=area_code)


def product(code: str = "exchange_online") -> Product:
    make_catalogue()
    return Product.objects.get(code=code)


def make_user(email: str = "", **fields: Any) -> User:
    number = next(_serial)
    values: dict[str, Any] = {"full_name": f"Person {number}"} | fields
    password = values.pop("password", PASSWORD)
    return User.objects.create_user(email or f"person{number}@people.example", password, **values)


def make_reviewer(email: str = "", *, role: str = "Reviewer", **fields: Any) -> User:
    """Make a user of the operator's; ``role`` is a name of the roles table."""
    user = make_user(email, is_staff=True, **fields)
    if not Group.objects.filter(name=role).exists():
        sync_roles()
    user.groups.add(Group.objects.get(name=role))
    return user


def make_organization(name: str = "", **fields: Any) -> PartnerOrganization:
    number = next(_serial)
    values = {
        "name": name or f"Partner {number}",
        "global_partner_id": str(1_000_000 + number),
        "country": "DE",
        "mail_domain": f"partner{number}.example",
    }
    return PartnerOrganization.objects.create(**(values | fields))


def make_location(
    organization: PartnerOrganization | None = None, *, enrolled: bool = True, **fields: Any
) -> PartnerLocation:
    """Make a location, by default enrolled in every program of the catalogue."""
    number = next(_serial)
    organization = organization or make_organization()
    values = {
        "organization": organization,
        "partner_id": str(5_000_000 + number),
        "name": f"{organization.name} office {number}",
        "country": "DE",
        "city": "Munich",
    }
    location = PartnerLocation.objects.create(**(values | fields))
    if enrolled:
        make_catalogue()
        for program in Program.objects.all():
            make_enrollment(location, program)
    return location


def make_enrollment(
    location: PartnerLocation, program: Program | str, **fields: Any
) -> ProgramEnrollment:
    if isinstance(program, str):
        program = Program.objects.get(code=program)
    values: dict[str, Any] = {
        "enrollment_status": ProgramEnrollment.Status.ENROLLED,
        "starts_on": date(2019, 7, 1),
        "payee_profile_ok": True,
    }
    return ProgramEnrollment.objects.create(location=location, program=program, **(values | fields))


def make_membership(
    user: User | None = None,
    organization: PartnerOrganization | None = None,
    role: str = Membership.Role.INCENTIVES_ADMIN,
    *,
    locations: list[PartnerLocation] | None = None,
    **fields: Any,
) -> Membership:
    membership = Membership.objects.create(
        user=user or make_user(),
        organization=organization or make_organization(),
        role=role,
        **fields,
    )
    if locations:
        membership.locations.set(locations)
    return membership


def make_tenant(name: str = "", *, domain: str = "", **fields: Any) -> CustomerTenant:
    """Make a tenant with a verified primary domain and its initial onmicrosoft.com domain."""
    number = next(_serial)
    values: dict[str, Any] = {
        "tenant_id": uuid4(),
        "name": name or f"Customer {number}",
        "country": "DE",
        "known_since": clock.now(),
        "last_verified_at": clock.now(),
    }
    tenant = CustomerTenant.objects.create(**(values | fields))
    make_domain(tenant, domain or f"customer{number}.example", is_primary=True)
    make_domain(tenant, f"customer{number}.onmicrosoft.com", kind=TenantDomain.Kind.INITIAL)
    return tenant


def make_domain(tenant: CustomerTenant, domain: str, **fields: Any) -> TenantDomain:
    values: dict[str, Any] = {"kind": TenantDomain.Kind.CUSTOM}
    return TenantDomain.objects.create(tenant=tenant, domain=domain, **(values | fields))


def primary_domain(tenant: CustomerTenant) -> str:
    return TenantDomain.objects.get(tenant=tenant, is_primary=True).domain


def make_listed_product(product: Product | None = None, **fields: Any) -> ListedProduct:
    number = next(_serial)
    values: dict[str, Any] = {
        "sku_id": uuid4(),
        "part_number": f"PART_{number}",
        "display_name": product.name if product else f"Listed product {number}",
        "is_dynamics": bool(product and product.is_dynamics),
        "product": product,
    }
    return ListedProduct.objects.create(**(values | fields))


def make_subscription(
    tenant: CustomerTenant, product: Product | None = None, **fields: Any
) -> Subscription:
    """Make an active volume-licensing subscription of the product (Dynamics 365 Sales)."""
    if "listed_product" not in fields:
        product = product or globals()["product"]("d365_sales")
        fields["listed_product"] = make_listed_product(product)
    now = clock.now()
    values: dict[str, Any] = {
        "subscription_id": uuid4(),
        "tenant": tenant,
        "channel": Subscription.Channel.VL_EA,
        "state": Subscription.State.ACTIVE,
        "provisioned_at": now - timedelta(days=200),
        "first_seen_at": now - timedelta(days=200),
        "starts_on": today() - timedelta(days=200),
        "ends_on": today() + timedelta(days=500),
        "seats": 300,
        "last_synced_at": now,
    }
    return Subscription.objects.create(**(values | fields))


def make_pdf(text: str = "Statement of work") -> bytes:
    """Make a real one-page PDF."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.multi_cell(0, 8, text)
    return bytes(pdf.output())


def make_document(claim: Claim, content: bytes | None = None, **fields: Any) -> PoEDocument:
    """Make a stored proof for the claim, signed a month ago."""
    content = content or make_pdf(f"Statement of work for {claim.number}, {next(_serial)}")
    now = clock.now()
    values: dict[str, Any] = {
        "original_name": "statement of work.pdf",
        "content_type": "application/pdf",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "kind": PoEDocument.Kind.STATEMENT_OF_WORK,
        "signed_on": today() - timedelta(days=30),
        "signer_name": "Jana Meier",
        "signer_title": "CIO",
        "uploaded_at": now,
        "uploaded_by": claim.created_by,
    }
    document = PoEDocument(claim=claim, **(values | fields))
    document.file.save("proof", ContentFile(content), save=False)
    document.save()
    return document


def make_contact(claim: Claim, kind: str, **fields: Any) -> ClaimContact:
    domain = primary_domain(claim.tenant) if claim.tenant else "customer.example"
    if kind == ClaimContact.Kind.PARTNER:
        domain = claim.organization.mail_domain
    values = {
        "name": f"{kind.title()} contact",
        "job_title": "Head of IT",
        "email": f"{kind}@{domain}",
        "locale": "en",
    }
    return ClaimContact.objects.create(claim=claim, kind=kind, **(values | fields))


def make_claim(
    *,
    user: User | None = None,
    location: PartnerLocation | None = None,
    tenant: CustomerTenant | None = None,
    area_code: str = M365,
    activities: tuple[str, ...] = ("usage",),
    products: tuple[str, ...] = ("exchange_online",),
    subscriptions: tuple[Subscription | None, ...] = (),
    rule_profile: str = "2020",
    document: bool = True,
    contacts: bool = True,
    **fields: Any,
) -> Claim:
    """Make a claim in Editing that could be submitted as it is.

    The user gets the Incentives admin role for the location's organisation if they have none. For
    Business Applications a subscription is made for each product, unless ``subscriptions`` names
    one (or None) for each.
    """
    location = location or make_location()
    user = user or make_user()
    if not Membership.objects.filter(user=user, organization=location.organization).exists():
        make_membership(user, location.organization)
    tenant = tenant or make_tenant()
    now = clock.now()
    values: dict[str, Any] = {
        "number": next_number(now),
        "name": "Test claim",
        "organization": location.organization,
        "location": location,
        "tenant": tenant,
        "tenant_id_as_typed": str(tenant.tenant_id),
        "domain_as_typed": primary_domain(tenant),
        "area": area(area_code),
        "rule_profile": profile(rule_profile),
        "created_at": now,
        "created_by": user,
        "changed_at": now,
    }
    claim = Claim(**(values | fields))
    claim.save()
    chosen = [activity(code, area_code) for code in activities]
    claim.activities.set(chosen)
    for index, code in enumerate(products):
        subscription = None
        if subscriptions:
            subscription = subscriptions[index]
        elif area_code == BIZAPPS:
            subscription = make_subscription(tenant, product(code))
        for each in chosen:
            ClaimLine.objects.create(
                claim=claim,
                product=product(code),
                activity=each,
                subscription=subscription,
                subscription_as_typed=str(subscription.subscription_id) if subscription else "",
            )
    if contacts:
        make_contact(claim, ClaimContact.Kind.BUSINESS)
        make_contact(claim, ClaimContact.Kind.PARTNER)
        if area_code == BIZAPPS:
            make_contact(claim, ClaimContact.Kind.TECHNICAL)
    if document:
        make_document(claim)
    return Claim.objects.get(pk=claim.pk)


def at(text: str) -> datetime:
    """Return an aware moment from ISO text such as ``2026-06-04T10:00+02:00``."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None
    return moment


def guid(number: int) -> UUID:
    """Return a recognisable GUID."""
    return UUID(int=0x1000_0000_0000_4000_8000_0000_0000_0000 + number)
