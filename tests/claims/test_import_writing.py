"""Writing in sets leaves what saving one by one would have left."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, models, transaction

from claims.imports.bulk import insert_rows, update_rows
from claims.imports.writing import change, create, write_history, write_history_links
from claims.models import (
    CustomerTenant,
    ListedProduct,
    Membership,
    PartnerLocation,
    Subscription,
    TenantDomain,
)
from cpor_site.common import clock
from tests import factories
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 6, 2, 10, 30, tzinfo=UTC)
OWN = ("history_id", "history_date", "history_change_reason")


def history(model: Any) -> list[dict[str, Any]]:
    """Return the history, oldest first, without what each writing has of its own."""
    rows = model.history.order_by("history_id").values()
    return [{name: row[name] for name in row if name not in OWN} for row in rows]


def tenant(**fields: Any) -> CustomerTenant:
    values = {"tenant_id": uuid4(), "name": "Contoso", "country": "DE", "known_since": NOW}
    return CustomerTenant(**(values | fields))


def examples() -> list[tuple[models.Model, str, Any]]:
    """Return unsaved rows of every kind that is written as objects, with a change for each."""
    owner = tenant(admin_emails=["a@b.example"])
    owner.save()
    with unguarded():
        CustomerTenant.history.all().delete()
    plans = [{"id": "1", "name": "ž", "friendly_name": "%s 'quoted'"}]
    return [
        (tenant(legal_hold=True, locale="pl"), "name", "Contoso “Group”"),
        (TenantDomain(tenant=owner, domain="a.example", kind="custom"), "is_active", False),
        (
            ListedProduct(sku_id=uuid4(), part_number="P", display_name="P", service_plans=plans),
            "service_plans",
            [*plans, {}],
        ),
    ]


@pytest.mark.parametrize("number", range(3))
def test_objects_and_their_history_are_as_if_saved(number: int) -> None:
    fresh, name, value = examples()[number]
    model: Any = type(fresh)
    create([fresh], now=NOW, reason="created")
    loaded = model.objects.get(pk=fresh.pk)
    setattr(loaded, name, value)
    change([loaded], [name], now=NOW, reason="changed")
    in_sets = (history(model), model.objects.filter(pk=fresh.pk).values().get())
    told = model.history.order_by("history_id").values_list(
        "history_date", "history_change_reason", "history_type"
    )
    assert list(told) == [(NOW, "created", "+"), (NOW, "changed", "~")]

    before = model.objects.get(pk=fresh.pk)
    setattr(before, name, getattr(fresh, name))
    model.objects.filter(pk=fresh.pk).delete()
    with unguarded():
        model.history.all().delete()
    before.save(force_insert=True)
    setattr(before, name, value)
    before.save()
    assert (history(model), model.objects.filter(pk=fresh.pk).values().get()) == in_sets


def test_only_the_named_fields_are_changed() -> None:
    kept = tenant()
    kept.save()
    stale = CustomerTenant.objects.get()
    CustomerTenant.objects.update(legal_hold=True)
    stale.name = "New"
    change([stale], ["name"], now=NOW, reason="changed")

    found = CustomerTenant.objects.get()
    assert (found.name, found.legal_hold) == ("New", True)


def test_links_are_in_the_history_as_if_set() -> None:
    location = factories.make_location(enrolled=False)
    other = factories.make_location(location.organization, enrolled=False)
    user = factories.make_user()
    membership = Membership.objects.create(
        user=user, organization=location.organization, role="global_admin"
    )
    membership.locations.set([location, other])
    by_setting = [entry.partnerlocation for entry in membership.history.latest().locations.all()]
    write_history(Membership, [membership.pk], kind="~", now=clock.now(), reason="again")
    write_history_links(Membership, "locations", [membership.pk])

    latest = membership.history.latest()
    assert latest.history_change_reason == "again"
    found = [entry.partnerlocation for entry in latest.locations.all()]
    assert set(found) == set(by_setting) == {location, other}
    assert PartnerLocation.objects.count() == 2


NAMES = ["subscription_id", "tenant_id", "listed_product_id", "channel", "state", "offer_name"]
NAMES += ["provisioned_at", "starts_on", "ends_on", "seats", "is_trial"]
NAMES += ["first_seen_at", "last_synced_at"]


def test_plain_rows_come_back_as_they_went_in() -> None:
    owner, product = tenant(), ListedProduct(sku_id=uuid4(), part_number="P", display_name="P")
    owner.save()
    product.save()
    ids = (uuid4(), uuid4())
    awkward = "tab\tback\\slash \\N new\nline „é“ %s"
    first = (ids[0], owner.pk, product.pk, "csp", "active", awkward, None, None, None, 0, False)
    second = (ids[1], owner.pk, product.pk, "trial", "expired", "", NOW, date(2025, 1, 1))
    rows = [(*first, NOW, NOW), (*second, date(2025, 6, 2), 7, True, NOW, NOW)]
    insert_rows(Subscription, NAMES, rows)
    assert list(Subscription.objects.order_by("pk").values_list(*NAMES)) == rows

    keys = list(Subscription.objects.order_by("pk").values_list("pk", flat=True))
    later = datetime(2026, 1, 1, tzinfo=UTC)
    # Two batches in one transaction, as a test or an outer transaction makes them.
    with transaction.atomic():
        update_rows(Subscription, ["state", "last_synced_at"], [(keys[1], "active", later)])
        update_rows(Subscription, ["offer_name", "ends_on"], [(keys[0], "new", date(2027, 1, 1))])
    changed = [dict(zip(NAMES, row, strict=True)) for row in rows]
    changed[0] |= {"offer_name": "new", "ends_on": date(2027, 1, 1)}
    changed[1] |= {"state": "active", "last_synced_at": later}
    assert list(Subscription.objects.order_by("pk").values(*NAMES)) == changed


def test_nothing_to_write_asks_nothing() -> None:
    with connection.execute_wrapper(_refuse):
        create([], now=NOW, reason="")
        change([], ["name"], now=NOW, reason="")
        write_history(Subscription, [], kind="+", now=NOW, reason="")
        write_history_links(Membership, "locations", [])
        insert_rows(Subscription, NAMES, [])
        update_rows(Subscription, NAMES, [])


def _refuse(execute: Any, sql: str, *rest: Any) -> Any:
    raise AssertionError(sql)
