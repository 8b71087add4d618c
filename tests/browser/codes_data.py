"""What the rules' codes need beside the demo: customers, partners and purchases with a flaw.

Run inside the desk's own process, on its clock: ``manage.py shell -c "... load()"``.
"""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from claims.models import (
    CustomerTenant,
    Membership,
    PartnerOrganization,
    PoEDocument,
    Product,
    Program,
    Subscription,
    WorkloadUsage,
)
from cpor_site.common import clock
from tests import factories

SMALL_SHOP = "aa000000-0000-4000-8000-00000000000a"
BLOCKED = "aa000000-0000-4000-8000-00000000000b"
CHINA = "aa000000-0000-4000-8000-00000000000c"
STALE = "aa000000-0000-4000-8000-00000000000d"
TRIAL = "bb000000-0000-4000-8000-00000000000a"
ENDING = "bb000000-0000-4000-8000-00000000000b"
ENROLLING, LAPSING, GLOBAL_ID = "5100091", "5100092", "1000001"
SUSPENDED = "suspended@partner.example"
FUTURE_WORKLOAD = "Workload of next year"


def load() -> None:
    """Add it all to the desk's data."""
    shop = _customer(SMALL_SHOP, "Small Shop", "smallshop.example")
    factories.make_domain(shop, "unproved.example", is_verified=False)
    _purchase(shop, "d365_sales", TRIAL, channel=Subscription.Channel.TRIAL, is_trial=True)
    soon = factories.today() + timedelta(days=30)
    _purchase(shop, "d365_finance", ENDING, ends_on=soon)
    WorkloadUsage.objects.create(
        tenant=shop,
        product=Product.objects.get(code="teams"),
        month=date(2026, 4, 1),
        paid_units=100,
        active_users=90,
    )
    blocked = _customer(BLOCKED, "Blocked", "blocked.example")
    blocked.is_blocked = True
    blocked.save()
    china = _customer(CHINA, "Far away", "faraway.example")
    china.cloud = CustomerTenant.Cloud.CHINA
    china.save()
    stale = _customer(STALE, "Long unseen", "unseen.example")
    long_ago = clock.now() - timedelta(days=5)
    _purchase(stale, "d365_sales", str(UUID(int=77)), last_synced_at=long_ago)
    _locations()
    closed = factories.make_organization("Closed Partner", standing="suspended")
    person = factories.make_user(SUSPENDED, password="try-the-claims-desk")
    factories.make_membership(person, closed, Membership.Role.INCENTIVES_ADMIN)
    teams = Product.objects.get(code="teams")
    future = Product.objects.create(
        code="future_workload",
        name=FUTURE_WORKLOAD,
        area=teams.area,
        eligible_from=factories.today() + timedelta(days=200),
    )
    future.activities.set(teams.activities.all())


def set_scan_state(file_name: str, state: str) -> None:
    """Let the virus check say something about a file."""
    PoEDocument.objects.filter(original_name=file_name).update(scan_state=state)


def _customer(tenant_id: str, name: str, domain: str) -> CustomerTenant:
    return factories.make_tenant(name, domain=domain, tenant_id=UUID(tenant_id))


def _purchase(tenant: CustomerTenant, code: str, subscription_id: str, **fields: object) -> None:
    values = {"subscription_id": UUID(subscription_id), "seats": 20}
    factories.make_subscription(tenant, Product.objects.get(code=code), **(values | fields))


def _locations() -> None:
    fabrikam = PartnerOrganization.objects.get(global_partner_id=GLOBAL_ID)
    enrolling = factories.make_location(
        fabrikam, enrolled=False, partner_id=ENROLLING, name="Fabrikam Ulm"
    )
    lapsing = factories.make_location(
        fabrikam, enrolled=False, partner_id=LAPSING, name="Fabrikam Bonn"
    )
    ends_on = factories.today() + timedelta(days=3)
    for program in Program.objects.all():
        factories.make_enrollment(enrolling, program, enrollment_status="enrolling")
        factories.make_enrollment(lapsing, program, ends_on=ends_on)
    factories.make_location(fabrikam, partner_id=GLOBAL_ID, name="Fabrikam")
