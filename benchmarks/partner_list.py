"""Measures the list of a partner with many claims on PostgreSQL, against the plainest view of it.

    DATABASE_URL=postgresql://... python benchmarks/partner_list.py [--claims 100000] [--keep]

Use a database that may be emptied: the script deletes all claims, customers and partners in it, and
`--keep` measures anew what an earlier run has made. All claims are of one partner. Every number is
the time of a whole request through all middleware in this process, without network. The plain view
is one query of 25 claims by key, the same templates around it and nothing else.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import time
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import on_postgres

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

LOCATIONS = 20
SHARE_OF_TENANTS = 5
ROUNDS = 40
GOAL = 150
TABLES = "claims_claim, claims_customertenant, claims_partnerorganization, common_user"

# What stands in the table: statuses by the last two digits of a claim's key.
STATUS = """CASE WHEN n % 100 < 5 THEN 'editing' WHEN n % 100 < 10 THEN 'submitted'
  WHEN n % 100 < 15 THEN 'under_review' WHEN n % 100 < 17 THEN 'partner_action_required'
  WHEN n % 100 < 70 THEN 'approved' WHEN n % 100 < 94 THEN 'rejected'
  WHEN n % 1000 = 994 THEN 'disputed' ELSE 'ended' END"""

GENERATED = (
    """INSERT INTO claims_partnerorganization (id, name, global_partner_id, country, standing,
      mail_domain, locale, time_zone)
    VALUES (1, 'Fabrikam', '1000001', 'DE', 'active', 'fabrikam.example', 'en', 'UTC')""",
    """INSERT INTO claims_partnerlocation (id, organization_id, partner_id, name, country, city,
      address, partner_type, is_active)
    SELECT n, 1, (5000000 + n)::text, 'Office ' || n, 'DE', 'Munich', '', 'standard', true
    FROM generate_series(1, {locations}) n""",
    """INSERT INTO claims_customertenant (id, tenant_id, name, country, locale, sector, cloud,
      source, admin_emails, is_blocked, legal_hold, known_since)
    SELECT n, md5('t' || n)::uuid, initcap(substr(md5('n' || n), 1, 6)) || ' ' || n, 'DE', '',
      'commercial', 'public', 'import', '[]', false, false, now()
    FROM generate_series(1, {tenants}) n""",
    """INSERT INTO claims_tenantdomain (tenant_id, domain, kind, is_verified, is_active, is_primary)
    SELECT n, substr(md5('n' || n), 1, 6) || n || '.example', 'custom', true, true, true
    FROM generate_series(1, {tenants}) n""",
    """INSERT INTO claims_listedproduct (id, sku_id, part_number, display_name, is_dynamics,
      service_plans) VALUES (1, md5('p')::uuid, 'P', 'P', true, '[]') ON CONFLICT DO NOTHING""",
    """INSERT INTO claims_subscription (id, subscription_id, tenant_id, listed_product_id,
      offer_name, channel, state, first_seen_at, starts_on, ends_on, seats, is_trial,
      last_synced_at)
    SELECT n, md5('s' || n)::uuid, n % {tenants} + 1, 1, '', 'vl_ea', 'active', now(),
      now()::date - 300, now()::date + n % 1000, 10, false, now()
    FROM generate_series(1, {claims} / 2) n""",
    """INSERT INTO claims_claim (id, number, name, organization_id, location_id, tenant_id,
      tenant_id_as_typed, domain_as_typed, area_id, rule_profile_id, is_renewal, last_section,
      solution_seller_name, revenue_customer_name, isv_product_name, opt_out_of_incentive,
      public_sector_disclosure_confirmed, confirmed_warnings, acknowledged_wording, migrated,
      legacy_reference, status, association_state, version, round, created_at, created_by_id,
      changed_at, first_submitted_at, last_submitted_at, rejection_reasons, disputed_at,
      deadline_kind, due_at, consent_closes_at, activated_at, ended_at, ended_reason)
    SELECT n, 'CPOR-' || 2020 + n * 7 / ({claims} + 1) || '-' || lpad(n::text, 6, '0'),
      'Roll-out ' || substr(md5('c' || n), 1, 8), 1, n % {locations} + 1,
      (n::bigint * 7919) % {tenants} + 1, '',
      substr(md5('n' || (n::bigint * 7919) % {tenants} + 1), 1, 6)
        || (n::bigint * 7919) % {tenants} + 1 || '.example',
      CASE WHEN n % 3 = 0 THEN {first_area} ELSE {second_area} END, {profile}, false, '', '', '',
      '', false, false, '{{}}', '', n % 500 = 0, '', status,
      CASE WHEN status = 'ended' THEN 'ended' WHEN status <> 'approved' THEN 'none'
        WHEN n % 100 < 20 THEN 'provisional' ELSE 'active' END,
      1, 1, day, {user}, day - interval '1 second' * (n * 7919 % 9999999),
      CASE WHEN status <> 'editing' THEN day END, CASE WHEN status <> 'editing' THEN day END,
      CASE WHEN status = 'rejected' THEN '["R-POE"]' ELSE '[]' END::jsonb,
      CASE WHEN status = 'disputed' THEN now() END,
      CASE status WHEN 'submitted' THEN 'pickup' WHEN 'under_review' THEN 'review'
        WHEN 'partner_action_required' THEN 'partner_response' WHEN 'disputed' THEN 'dispute_answer'
        WHEN 'approved' THEN CASE WHEN n % 100 < 20 THEN 'consent' ELSE '' END ELSE '' END,
      CASE WHEN status IN ('submitted', 'under_review', 'partner_action_required', 'disputed')
        OR status = 'approved' AND n % 100 < 20 THEN day END,
      CASE WHEN status = 'approved' AND n % 100 < 20 THEN day END,
      CASE WHEN status = 'approved' AND n % 100 >= 20 THEN day END,
      CASE WHEN status = 'ended' THEN day END, ''
    FROM (SELECT n, {status} AS status,
      date_trunc('day', now()) + interval '1 day' * (n * 13 % 14 - 3) - interval '1 second' AS day
      FROM generate_series(1, {claims}) n) made""",
    """INSERT INTO claims_claimline (claim_id, product_id, activity_id, subscription_id,
      subscription_as_typed, line_status, contested, decision_note)
    SELECT n, {products}[1 + n % {product_count}], {activity},
      CASE WHEN n % 2 = 0 THEN n / 2 END, '', 'included', false, ''
    FROM generate_series(1, {claims}) n""",
    """INSERT INTO claims_claim_activities (claim_id, activity_id)
    SELECT n, CASE WHEN n % 50 = 0 THEN {activity} ELSE {other_activity} END
    FROM generate_series(1, {claims}) n""",
    """INSERT INTO claims_poedocument (claim_id, file, original_name, content_type, size, sha256,
      kind, occasion, signed_on, signer_name, signer_title, note, scan_state, uploaded_at,
      uploaded_by_id)
    SELECT n, '', 'proof.pdf', 'application/pdf', 1, md5('f' || n) || md5('g' || n), 'other',
      {occasion}, now()::date - n % 700, '', '', '', 'clean', now(), {user}
    FROM generate_series(1, {claims}) n WHERE n % 100 >= 5""",
    "ANALYZE",
)


def generate(claims: int) -> None:
    """Empty the tables and fill them, by the database's own means."""
    from django.core.management import call_command
    from django.db import connection

    from claims.models import (
        Activity,
        Membership,
        PartnerOrganization,
        PoEDocument,
        Product,
        RuleProfile,
        SolutionArea,
    )
    from cpor_site.common.models import User

    call_command("migrate", verbosity=0)
    on_postgres.empty(TABLES)
    call_command("load_catalogue", verbosity=0)
    user = User.objects.create_user("partner@fabrikam.example")
    areas = list(SolutionArea.objects.order_by("pk")[:2])
    activities = list(Activity.objects.order_by("pk")[:2])
    products = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    values: dict[str, Any] = {
        "claims": claims,
        "locations": LOCATIONS,
        "tenants": max(1, claims // SHARE_OF_TENANTS),
        "first_area": areas[0].pk,
        "second_area": areas[1].pk,
        "profile": f"'{RuleProfile.objects.order_by('pk')[0].pk}'",
        "user": user.pk,
        "products": f"(ARRAY{products})",
        "product_count": len(products),
        "activity": activities[0].pk,
        "other_activity": activities[1].pk,
        "status": STATUS,
        "occasion": f"'{PoEDocument.Occasion.values[0]}'",
    }
    with connection.cursor() as cursor:
        for statement in GENERATED:
            cursor.execute(statement.format(**values))
    organization = PartnerOrganization.objects.get(pk=1)
    role = Membership.Role.INCENTIVES_ADMIN
    Membership.objects.create(user=user, organization=organization, role=role)


def cases(client: Any) -> list[tuple[str, str]]:
    """Return what is measured: its name and its address."""
    from claims.models import Activity, Claim, CustomerTenant, Product, Subscription

    middle = Claim.objects.count() // 2
    claim = Claim.objects.get(pk=middle)
    tenant = CustomerTenant.objects.get(pk=middle // SHARE_OF_TENANTS)
    subscription = Subscription.objects.filter(lines__isnull=False).order_by("pk")[100]
    product = Product.objects.order_by("pk")[3]
    activity = Activity.objects.select_related("area").order_by("pk")[0]

    def listed(**query: Any) -> str:
        return "/claims/?" + urlencode(query)

    found = [
        ("first page", "/claims/"),
        *(
            (f"tab: {status}", listed(status=status))
            for status in ("mine", "submitted", "approved", "disputed", "cancelled")
        ),
        *(
            (f"sorted: {sort}", listed(sort=sort))
            for sort in (
                "number",
                "-number",
                "name",
                "customer",
                "-customer",
                "partner_id",
                "due",
                "-due",
                "-submitted",
                "-changed",
            )
        ),
        ("filter: due within 3 days", listed(due=3)),
        ("filter: area", listed(area=claim.area.code if claim.area else "")),
        ("filter: activity", listed(activity=f"{activity.area.code}.{activity.code}")),
        ("filter: product", listed(product=product.code)),
        ("filter: partner ID", listed(location="5000003")),
        ("filter: customer by name", listed(customer=tenant.name)),
        ("filter: customer by tenant ID", listed(customer=tenant.tenant_id)),
        ("filter: migrated", listed(migrated="on")),
        ("filter: proof older than 12 months", listed(proof_age=12)),
        ("filter: proof older than 24 months (none)", listed(proof_age=24)),
        ("filter: subscription ends in 30 days", listed(ending=30)),
        ("three filters together", listed(product=product.code, ending=90, proof_age=6)),
        ("search: claim number", listed(q=claim.number)),
        ("search: part of a name", listed(q=claim.name[5:15])),
        ("search: customer", listed(q=tenant.name)),
        ("search: part of a domain", listed(q=claim.domain_as_typed[1:9])),
        ("search: tenant ID", listed(q=tenant.tenant_id)),
        ("search: subscription ID", listed(q=subscription.subscription_id)),
        ("search: partner ID", listed(q="5000003")),
        ("search: what all names share", listed(q="roll-out")),
        ("search: no hit", listed(q="nothing of the kind")),
        ("search: GUID without a hit", listed(q="00000000-0000-4000-8000-000000000000")),
    ]
    for name, query in (("", {}), (", by customer", {"sort": "customer"})):
        found.append((f"a page far in{name}", far_in(client, listed(**query))))
    return [*found, ("claim page", f"/claims/{middle}/")]


def far_in(client: Any, address: str) -> str:
    """Return the address of a page behind half of the claims, in the order of the address."""
    from claims.listing_pages import Key, Place, segments_of
    from claims.models import Claim

    sort = "customer" if "customer" in address else ""
    segments = segments_of(sort)
    index = 0 if sort else len(segments) - 1
    segment = segments[index]
    claims = Claim.objects.filter(segment.condition)
    order = segment.expression.desc() if segment.descending else segment.expression.asc()
    middle = claims.count() // 2
    pk, at = claims.order_by(order).values_list("pk", segment.expression)[middle : middle + 1][0]
    page = client.get(f"{address}&after={Place(index, Key(pk, at))}")
    assert re.search(r'rel="next" href="([^"]+)"', page.content.decode())
    return unescape(f"{address}&after={Place(index, Key(pk, at))}")


def plain_view(request: Any) -> Any:
    """Show 25 claims by key in the list's own table, and nothing else."""
    from django.shortcuts import render

    from claims.models import Claim
    from claims.views.list_view import COLUMNS
    from cpor_site.common import clock
    from cpor_site.common.operator_calendar import operator_calendar

    claims = (
        Claim.objects.filter(organization__memberships__user=request.user)
        .select_related("organization", "location", "tenant", "area", "rule_profile")
        .prefetch_related("activities")
        .order_by("-pk")[:25]
    )
    context = {
        "claims": claims,
        "view": {"columns": [column for column in COLUMNS if column.shown]},
        "now": clock.now(),
        "calendar": operator_calendar(),
    }
    return render(request, "claims/list/table.html", context)


def timed(client: Any, address: str, rounds: int) -> list[float]:
    """Return the milliseconds of so many requests."""
    found = []
    for _ in range(rounds):
        begin = time.perf_counter()
        response = client.get(address)
        found.append((time.perf_counter() - begin) * 1000)
        if response.status_code != 200:
            sys.exit(f"{address}: {response.status_code}")
    return found


def measure(only: str, rounds: int) -> None:
    """Print the table."""
    from django.db import connection
    from django.test import Client, override_settings
    from django.urls import include, path

    from cpor_site import urls
    from cpor_site.common.models import User
    from cpor_site.warm_up import warm_up

    module = sys.modules[__name__]
    module.urlpatterns = [  # type: ignore[attr-defined]
        path("plain/", plain_view),
        path("", include(urls.urlpatterns)),
    ]
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(email="partner@fabrikam.example"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), current_setting('server_version'), "
            "EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') FROM claims_claim"
        )
        count, version, trigrams = cursor.fetchone()
    words = "with" if trigrams else "without"
    print(f"{count:,} claims, PostgreSQL {version} {words} pg_trgm, {rounds} requests each\n")
    print("| request | fastest ms | median ms | p95 ms | times the plain view |")
    print("| --- | ---: | ---: | ---: | ---: |")
    late = []
    with override_settings(ROOT_URLCONF=module.__name__):
        client.get("/claims/")
        warm_up()
        timed(client, "/plain/", rounds)
        plain = timed(client, "/plain/", rounds)
        floor = statistics.median(plain)
        print(line("plain view of 25 claims", plain, floor), flush=True)
        for name, address in cases(client):
            if only not in name:
                continue
            took = timed(client, address, rounds)
            print(line(name, took, floor), flush=True)
            if p95(took) > GOAL:
                late.append(name)
    print(f"\nOver {GOAL} ms: {', '.join(late) or 'none'}")


def line(name: str, took: list[float], floor: float) -> str:
    middle = statistics.median(took)
    return f"| {name} | {min(took):.0f} | {middle:.0f} | {p95(took):.0f} | {middle / floor:.1f} |"


def p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--keep", action="store_true", help="measure what is there")
    parser.add_argument("--only", default="", help="measure what has this in its name")
    options = parser.parse_args()
    on_postgres.start()
    if not options.keep:
        generate(options.claims)
    measure(options.only, options.rounds)


if __name__ == "__main__":
    main()
