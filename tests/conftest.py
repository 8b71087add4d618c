"""What all tests share: the shipped catalogue, and which tests the servers at hand allow."""

import gc
import os
from collections.abc import Iterator

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from tests import factories, shared
from tests.unguarded import let_tables_be_emptied


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("postgres") and connection.vendor != "postgresql":
            item.add_marker(pytest.mark.skip(reason="needs DATABASE_URL of a PostgreSQL"))
        if item.get_closest_marker("redis") and not os.environ.get("REDIS_URL"):
            item.add_marker(pytest.mark.skip(reason="needs REDIS_URL"))
    shared.put_together(items)


def pytest_collection_finish() -> None:
    """Spare the collector what stays until the end: thousands of tests and the loaded product."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Load the shipped catalogue once, because nearly every claim needs it."""
    let_tables_be_emptied()
    with django_db_blocker.unblock():
        factories.make_catalogue()
    yield
    with django_db_blocker.unblock():
        shared.clear()


@pytest.fixture
def _begun(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock():
        shared.begin(request)


@pytest.fixture
def _django_db_helper(_begun: None, _django_db_helper: None) -> None:
    """Make what tests share before the transaction begins that each test has for itself."""


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    """Forget how often earlier tests of this process tried something."""
    if isinstance(caches["default"], LocMemCache):
        caches["default"].clear()
