"""Measures the reviewers' queue on PostgreSQL with generated claims, against a plain ModelAdmin.

    DATABASE_URL=postgresql://... python benchmarks/review_queue.py [--claims 1000000] [--keep]

Use a database that may be emptied: the script deletes all claims, customers and partners in it, and
`--keep` measures anew what an earlier run has made. Every number is the time of a whole request
through all middleware in this process, without network; both sides are measured in the same run,
with the same terms. A plain ModelAdmin pages by row numbers, counts every row and
joins what it searches.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import on_postgres

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

ORGANIZATIONS, LOCATIONS, SHARE_OF_TENANTS = 500, 2000, 20
PAGE_OF = 10_000
ROUNDS = 40
PLAIN_ROUNDS = 1
TABLES = (
    "claims_claim, claims_customertenant, claims_partnerorganization, claims_listedproduct, "
    "reviews_competingclaimscase, common_user"
)

# What stands in the table: statuses by the last two digits of a claim's key.
STATUS = """CASE WHEN n % 100 < 8 THEN 'editing' WHEN n % 100 < 11 THEN 'submitted'
  WHEN n % 100 < 14 THEN 'under_review' WHEN n % 100 < 17 THEN 'partner_action_required'
  WHEN n % 100 < 70 THEN 'approved' WHEN n % 100 < 94 THEN 'rejected'
  WHEN n % 1000 = 994 THEN 'disputed' ELSE 'ended' END"""

GENERATED = (
    """INSERT INTO claims_partnerorganization (id, name, global_partner_id, country, standing,
      mail_domain, locale, time_zone)
    SELECT n, 'Partner ' || n, (1000000 + n)::text, 'DE', 'active', 'partner' || n || '.example',
      'en', 'UTC' FROM generate_series(1, {organizations}) n""",
    """INSERT INTO claims_partnerlocation (id, organization_id, partner_id, name, country, city,
      address, partner_type, is_active)
    SELECT n, n % {organizations} + 1, (5000000 + n)::text, 'Office ' || n, 'DE', 'Munich', '',
      'standard', true FROM generate_series(1, {locations}) n""",
    """INSERT INTO claims_customertenant (id, tenant_id, name, country, locale, sector, cloud,
      source, admin_emails, is_blocked, legal_hold, known_since)
    SELECT n, md5('t' || n)::uuid, initcap(substr(md5('n' || n), 1, 6)) || ' ' || n, 'DE', '',
      'commercial', 'public', 'import', '[]', false, false, now()
    FROM generate_series(1, {tenants}) n""",
    """INSERT INTO claims_tenantdomain (tenant_id, domain, kind, is_verified, is_active, is_primary)
    SELECT n, substr(md5('n' || n), 1, 6) || n || '.example', 'custom', true, true, true
    FROM generate_series(1, {tenants}) n""",
    """INSERT INTO claims_tenantdomain (tenant_id, domain, kind, is_verified, is_active, is_primary)
    SELECT n, substr(md5('m' || n), 1, 6) || n || '.onmicrosoft.com', 'initial', true, true, false
    FROM generate_series(1, {tenants}) n""",
    """INSERT INTO claims_listedproduct (id, sku_id, part_number, display_name, is_dynamics,
      service_plans) VALUES (1, md5('p')::uuid, 'P', 'P', true, '[]')""",
    """INSERT INTO claims_subscription (id, subscription_id, tenant_id, listed_product_id,
      offer_name, channel, state, first_seen_at, seats, is_trial, last_synced_at)
    SELECT n, md5('s' || n)::uuid, n % {tenants} + 1, 1, '', 'vl_ea', 'active', now(), 10, false,
      now() FROM generate_series(1, {subscriptions}) n""",
    """INSERT INTO claims_claim (id, number, name, organization_id, location_id, tenant_id,
      tenant_id_as_typed, domain_as_typed, area_id, rule_profile_id, is_renewal, last_section,
      solution_seller_name, revenue_customer_name, isv_product_name, opt_out_of_incentive,
      public_sector_disclosure_confirmed, confirmed_warnings, acknowledged_wording, migrated,
      legacy_reference, status, association_state, version, round, created_at, created_by_id,
      changed_at, first_submitted_at, last_submitted_at, assigned_reviewer_id, rejection_reasons,
      disputed_at, deadline_kind, due_at, consent_closes_at, ended_reason)
    SELECT n, 'CPOR-' || 2020 + n * 7 / ({claims} + 1) || '-' || lpad(n::text, 6, '0'), '',
      (n % {locations} + 1) % {organizations} + 1, n % {locations} + 1,
      (n::bigint * 7919) % {tenants} + 1, '', '',
      CASE WHEN n % 3 = 0 THEN {first_area} ELSE {second_area} END, {profile}, false, '', '', '',
      '', false, false, '{{}}', '', false, '', status,
      CASE WHEN status = 'ended' THEN 'ended' WHEN status <> 'approved' THEN 'none'
        WHEN n % 100 < 20 THEN 'provisional' ELSE 'active' END,
      1, CASE WHEN status = 'submitted' AND n % 7 = 0 THEN 2 ELSE 1 END, now(), {first_user},
      now(), now(), now(),
      CASE WHEN status IN ('under_review', 'partner_action_required')
        OR status = 'submitted' AND n % 7 = 0 THEN {first_user} + n % {users} END,
      CASE WHEN status = 'rejected' THEN '["R-POE"]' ELSE '[]' END::jsonb,
      CASE WHEN status = 'disputed' THEN now() END,
      CASE status WHEN 'submitted' THEN 'pickup' WHEN 'under_review' THEN 'review'
        WHEN 'partner_action_required' THEN 'partner_response' WHEN 'disputed' THEN 'dispute_answer'
        WHEN 'approved' THEN CASE WHEN n % 100 < 20 THEN 'consent' ELSE '' END ELSE '' END,
      CASE WHEN status IN ('submitted', 'under_review', 'partner_action_required', 'disputed')
        OR status = 'approved' AND n % 100 < 20 THEN day END,
      CASE WHEN status = 'approved' AND n % 100 < 20 THEN day END, ''
    FROM (SELECT n, {status} AS status,
      date_trunc('day', now()) + interval '1 day' * (n * 13 % 14 - 3) - interval '1 second' AS day
      FROM generate_series(1, {claims}) n) made""",
    """INSERT INTO claims_claimline (id, claim_id, product_id, activity_id, subscription_id,
      subscription_as_typed, line_status, contested, decision_note)
    SELECT n, n, {product}, {activity}, CASE WHEN n % 2 = 0 THEN n % {subscriptions} + 1 END, '',
      'included', false, '' FROM generate_series(1, {claims}) n""",
    """INSERT INTO claims_claim_activities (claim_id, activity_id)
    SELECT n, {activity} FROM generate_series(1, {claims}) n""",
    """INSERT INTO reviews_competingclaimscase (id, key, opened_at, version)
    SELECT n, 'workload:' || n, now(), 1 FROM generate_series(1, {cases}) n""",
    """INSERT INTO reviews_competingparty (case_id, claim_id, line_id, standing, joined_at, outcome)
    SELECT n % {cases} + 1, n * 100 + 9, n * 100 + 9, 'challenger', now(), ''
    FROM generate_series(1, {cases} * 2) n""",
    "ANALYZE",
)


def generate(claims: int) -> None:
    """Empty the tables and fill them, by the database's own means."""
    from django.core.management import call_command
    from django.db import connection

    from claims.models import Activity, Product, RuleProfile, SolutionArea
    from cpor_site.common.models import User
    from reviews.roles import sync_roles

    call_command("migrate", verbosity=0)
    on_postgres.empty(TABLES)
    call_command("load_catalogue", verbosity=0)
    sync_roles()
    people = [User.objects.create_user(f"reviewer{number}@desk.example") for number in range(20)]
    areas = list(SolutionArea.objects.order_by("pk")[:2])
    values: dict[str, Any] = {
        "claims": claims,
        "organizations": ORGANIZATIONS,
        "locations": LOCATIONS,
        "tenants": max(1, claims // SHARE_OF_TENANTS),
        "subscriptions": max(1, claims // 2),
        "cases": max(1, claims // 500),
        "first_area": areas[0].pk,
        "second_area": areas[1].pk,
        "profile": RuleProfile.objects.order_by("pk")[0].pk,
        "first_user": people[0].pk,
        "users": len(people),
        "product": Product.objects.order_by("pk")[0].pk,
        "activity": Activity.objects.order_by("pk")[0].pk,
        "status": STATUS,
    }
    with connection.cursor() as cursor:
        for statement in GENERATED:
            cursor.execute(statement.format(**values))


def plain_site() -> Any:
    """Return an admin site with a plain ModelAdmin of claims, as one would write it first."""
    from django.contrib import admin

    from claims.models import Claim

    class PlainClaimAdmin(admin.ModelAdmin):
        list_display = (
            "number",
            "tenant",
            "organization",
            "location",
            "area",
            "status",
            "due_at",
            "round",
            "assigned_reviewer",
        )
        list_filter = ("status", "area")
        list_select_related = ("tenant", "organization", "location", "area", "assigned_reviewer")
        list_per_page = 25
        search_fields = (
            "number",
            "tenant__tenant_id",
            "tenant__name",
            "tenant__domains__domain",
            "location__partner_id",
            "lines__subscription__subscription_id",
        )
        ordering = ("-pk",)

    site = admin.AdminSite(name="plain")
    site.register(Claim, PlainClaimAdmin)
    return site


Terms = Iterator[str]


def terms() -> dict[str, Terms]:
    """Return what people search for, other terms each time, all of them present."""
    from claims.models import Claim, CustomerTenant, PartnerLocation, Subscription, TenantDomain

    chance = random.Random(20)  # noqa: S311

    def some(queryset: Any, field: str, last: int) -> list[str]:
        keys = [chance.randrange(1, last + 1) for _ in range(ROUNDS)]
        return [str(each) for each in queryset.filter(pk__in=keys).values_list(field, flat=True)]

    last = {
        model: model._base_manager.order_by("-pk").values_list("pk", flat=True)[0]
        for model in (Claim, CustomerTenant, PartnerLocation, Subscription)
    }
    numbers = some(Claim.objects, "number", last[Claim])
    names = some(CustomerTenant.objects, "name", last[CustomerTenant])
    in_use = Subscription.objects.filter(lines__isnull=False)
    domains = TenantDomain.objects.order_by("pk").values_list("domain", flat=True)
    found = {
        "claim number": numbers,
        "beginning of a claim number": [each[:13] for each in numbers],
        "year (a seventh of all)": [each[:9] for each in numbers],
        "tenant ID": some(CustomerTenant.objects, "tenant_id", last[CustomerTenant]),
        "beginning of a customer's name": [each[:4] for each in names],
        "beginning of a domain": [str(each)[:7] for each in domains[:ROUNDS]],
        "subscription ID": some(in_use, "subscription_id", last[Subscription]),
        "partner ID": some(PartnerLocation.objects, "partner_id", last[PartnerLocation]),
        "number without a hit": [f"CPOR-1999-{number:06}" for number in range(ROUNDS)],
        "name without a hit": [f"Nobody {number}" for number in range(ROUNDS)],
        "GUID without a hit": [f"00000000-0000-4000-8000-{number:012}" for number in range(ROUNDS)],
    }
    return {name: cycle(each) for name, each in found.items()}


def cases() -> list[tuple[str, Callable[[], str], Callable[[], str] | None]]:
    """Return what is measured: its name, the queue's address and the plain list's if it has one."""
    from claims.models import Claim, SolutionArea

    area = SolutionArea.objects.order_by("pk")[0]
    beyond = list(
        Claim.objects.order_by("-pk").values_list("pk", flat=True)[
            (deep := min(PAGE_OF, Claim.objects.count() // 25) * 25 - 26) : deep + 1
        ]
    )[0]

    def at(query: str) -> Callable[[], str]:
        return lambda: query

    def searched(name: str, kinds: dict[str, Terms]) -> Callable[[], str]:
        from urllib.parse import urlencode

        return lambda: "?" + urlencode({"q": next(kinds[name])})

    ours, theirs = terms(), terms()
    found: list[tuple[str, Callable[[], str], Callable[[], str] | None]] = [
        ("first page: open claims", at(""), at("")),
        ("first page: all claims", at("?queue=all"), at("")),
    ]
    found += [
        (f"queue: {code}", at(f"?queue={code}"), None)
        for code in (
            "unassigned",
            "mine",
            "resubmitted",
            "overdue",
            "partner",
            "customer",
            "competing",
            "disputes",
        )
    ]
    found += [
        ("filter: due today", at("?due=today"), None),
        ("filter: status", at("?status=rejected"), at("?status__exact=rejected")),
        (
            "filter: status and area",
            at(f"?status=submitted&area={area.code}"),
            at(f"?status__exact=submitted&area__id__exact={area.pk}"),
        ),
        ("filter: area in a queue", at(f"?queue=partner&area={area.code}"), None),
    ]
    found += [(f"search: {name}", searched(name, ours), searched(name, theirs)) for name in ours]
    found.append((f"page {PAGE_OF:,}", at(f"?queue=all&after=0~~{beyond}"), at(f"?p={PAGE_OF}")))
    return found


def timed(client: Any, base: str, query: Callable[[], str], rounds: int) -> list[float]:
    """Return the milliseconds of so many requests."""
    found = []
    if rounds > 1:
        client.get(base + query())
    for _ in range(rounds):
        address = base + query()
        begin = time.perf_counter()
        response = client.get(address)
        found.append((time.perf_counter() - begin) * 1000)
        if response.status_code != 200:
            sys.exit(f"{address}: {response.status_code}")
    return found


def measure() -> None:
    """Print the table."""
    from django.contrib.auth.models import Group
    from django.db import connection
    from django.test import Client, override_settings
    from django.urls import include, path

    from cpor_site import urls
    from cpor_site.common.models import User
    from cpor_site.warm_up import warm_up

    module = sys.modules[__name__]
    module.urlpatterns = [  # type: ignore[attr-defined]
        path("plain/", plain_site().urls),
        path("", include(urls.urlpatterns)),
    ]
    client = Client()
    person = User.objects.order_by("pk")[0]
    person.is_staff = True
    person.save()
    person.groups.set([Group.objects.get(name="Reviewer")])
    root = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser(
        "root@desk.example"
    )
    plain = Client()
    client.force_login(person)
    plain.force_login(root)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), current_setting('server_version') FROM claims_claim")
        rows, version = cursor.fetchone()
    print(
        f"{rows:,} claims, PostgreSQL {version}, {ROUNDS} requests each (plain: {PLAIN_ROUNDS})\n"
    )
    print("| request | median ms | p95 ms | of it web CPU | plain ModelAdmin, median ms |")
    print("| --- | ---: | ---: | ---: | ---: |")
    worst = 0.0
    with override_settings(ROOT_URLCONF=module.__name__):
        client.get("/admin/claims/claim/")
        plain.get("/plain/claims/claim/")
        warm_up()
        for name, ours, theirs in cases():
            before = time.process_time()
            milliseconds = timed(client, "/admin/claims/claim/", ours, ROUNDS)
            busy = (time.process_time() - before) * 1000 / (ROUNDS + 1)
            line = f"| {name} | {_median(milliseconds)} | {_p95(milliseconds)} | {busy:.0f} "
            worst = max(worst, statistics.quantiles(milliseconds, n=20)[-1])
            if theirs is None:
                print(f"{line}| |", flush=True)
                continue
            others = timed(plain, "/plain/claims/claim/", theirs, PLAIN_ROUNDS)
            print(f"{line}| {_median(others)} |", flush=True)
        milliseconds = timed(client, "/admin/", lambda: "", ROUNDS)
        print(f"| landing page | {_median(milliseconds)} | {_p95(milliseconds)} | | |")
    print(f"\nWorst p95 of the queue: {worst:.0f} ms")


def _median(milliseconds: list[float]) -> str:
    return f"{statistics.median(milliseconds):.0f}"


def _p95(milliseconds: list[float]) -> str:
    return f"{statistics.quantiles(milliseconds, n=20)[-1]:.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--keep", action="store_true", help="measure what is there already")
    options = parser.parse_args()
    on_postgres.start()
    from django.test.utils import setup_test_environment

    setup_test_environment()
    if not options.keep:
        generate(options.claims)
    measure()


if __name__ == "__main__":
    main()
