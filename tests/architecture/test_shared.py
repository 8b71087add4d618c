"""What tests share is found untouched by each of them, and gone for all others."""

from __future__ import annotations

import pytest

from claims.models import Claim
from tests import acts, factories
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def draft() -> Claim:
    return factories.make_claim()


@shared
def submitted(draft: Claim) -> Claim:
    return acts.submit(draft)


@shared
def beside(draft: Claim) -> Claim:
    return factories.make_claim(tenant=draft.tenant)


def names() -> list[str]:
    return list(Claim.objects.order_by("pk").values_list("name", flat=True))


@pytest.mark.parametrize("_time", range(2))
def test_each_finds_it_untouched(_time: int, draft: Claim) -> None:
    assert (names(), draft.name, draft.status) == (["Test claim"], "Test claim", "editing")
    draft.name = "Changed"
    draft.save()
    factories.make_claim()


@pytest.mark.parametrize("_time", range(2))
def test_what_goes_on_from_it_finds_it_too(_time: int, submitted: Claim, draft: Claim) -> None:
    assert (names(), submitted.status, draft.status) == (["Test claim"], "submitted", "editing")
    assert submitted.pk == draft.pk
    Claim.objects.update(name="Changed")


@pytest.mark.parametrize("_time", range(2))
def test_of_two_that_go_on_neither_finds_the_other(_time: int, beside: Claim) -> None:
    assert names() == ["Test claim", "Test claim"]
    assert set(Claim.objects.values_list("status", flat=True)) == {"editing"}
    Claim.objects.filter(pk=beside.pk).update(name="Changed")


def test_nothing_of_it_is_there_for_others() -> None:
    assert names() == []
