"""The people who sit before the desk in several tests."""

from __future__ import annotations

import pytest
from django.test import Client

from cpor_site.common.models import User
from tests import factories

from .pages import browser_of, rita


@pytest.fixture
def reviewer() -> User:
    return rita()


@pytest.fixture
def ops() -> User:
    return factories.make_reviewer(
        "otto@desk.example", role="Ops", full_name="Otto Ops", time_zone="Europe/Berlin"
    )


@pytest.fixture
def client(ops: User) -> Client:
    return browser_of(ops)
