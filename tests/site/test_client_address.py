"""From which address a request comes, behind proxies or not."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from consent.models import ConsentAnswer
from cpor_site.common.client import address_of, network_of
from cpor_site.env import EnvError, read
from tests import acts, factories

PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PROXY),
        (0, "192.0.2.1", PROXY),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "198.51.100.6, 192.0.2.1", "192.0.2.1"),
        (2, "198.51.100.6, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
        (2, "192.0.2.1", PROXY),
        (1, None, PROXY),
        (1, "", PROXY),
        (1, "unknown", PROXY),
        (1, "192.0.2.1:4711", "192.0.2.1"),
        (1, "[2001:DB8::1]:4711", "2001:db8::1"),
        (1, "2001:db8:0:0::1", "2001:db8::1"),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "::ffff:192.0.2.1", "192.0.2.1"),
        (1, "192.0.2.1\n", "192.0.2.1"),
    ],
)
def test_whom_to_believe(
    rf: RequestFactory, settings: Any, proxies: int, forwarded: str | None, address: str
) -> None:
    settings.CPOR_TRUSTED_PROXIES = proxies
    headers: dict[str, Any] = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    assert address_of(rf.get("/", REMOTE_ADDR=PROXY, **headers)) == address


@pytest.mark.parametrize(
    ("caller", "who"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8::9:1", "2001:db8::/64"), ("", "")],
)
def test_limits_count_a_network_of_the_newer_kind_as_one(
    rf: RequestFactory, caller: str, who: str
) -> None:
    assert network_of(rf.get("/", REMOTE_ADDR=caller)) == who


@pytest.mark.parametrize("caller", ["", "/run/desk.sock"], ids=["nothing", "socket"])
def test_a_caller_without_address_has_none(rf: RequestFactory, caller: str) -> None:
    assert address_of(rf.get("/", REMOTE_ADDR=caller)) == ""


@pytest.mark.django_db
def test_a_customer_s_answer_is_recorded_with_the_customer_s_address(settings: Any) -> None:
    settings.CPOR_TRUSTED_PROXIES = 1
    claim = acts.in_window(factories.make_claim())
    client = Client(REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR="203.0.113.9, 192.0.2.1")
    address = reverse("consent_agree", args=[acts.token_of(claim)])
    client.post(address, {"responder_name": "Jana Meier"})
    assert ConsentAnswer.objects.get().ip_address == "192.0.2.1"


@pytest.mark.parametrize("value", ["-1", "11", "yes"])
def test_the_number_of_proxies_is_a_small_number(value: str) -> None:
    with pytest.raises(EnvError) as refused:
        read({"CPOR_MODE": "test", "CPOR_TRUSTED_PROXIES": value})
    assert len(refused.value.problems) == 1
    assert read({"CPOR_MODE": "test", "CPOR_TRUSTED_PROXIES": "2"}).trusted_proxies == 2
    assert read({"CPOR_MODE": "test"}).trusted_proxies == 0
