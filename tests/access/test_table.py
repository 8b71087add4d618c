"""Everybody at every address of the site, against the one table of who gets what."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from claims import actors
from cpor_site.common import clock
from tests.access.places import address_of, is_of_a_list, route_at, routes
from tests.access.reading import METHODS, Cell, Row, rows
from tests.access.walking import Answer, ask
from tests.access.world import ROLES, Role, World, absent, browser_of, make_world
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.access.urls")]

ROWS = rows()
REFUSED = {403, 404, 405}
WHO_ASKS = ("session", "person")
ONE_FOR_ALL = {"other", "viewer", "drafter", "editor"}
"""At the desk's lists ``head`` stands for these: a refusal is found to read no role there."""
COMPARES = {"visitor", "unproven", "other", "viewer", "editor", "norole", "reviewer"}
"""Who compares what is refused with what isn't there word by word; the others by the status."""


@shared
def world() -> World:
    return make_world()


@pytest.fixture
def _as_in_production(settings: Any) -> Iterator[None]:
    """Ask staff for second factors, and say nothing of the thousands of refusals to come."""
    settings.CPOR_STAFF_SECOND_FACTOR = "required"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "desk:secret", "MAILGUN_WEBHOOK_SIGNING_KEY": "secret"}
    logging.disable(logging.CRITICAL)
    with time_machine.travel(clock.now(), tick=False):  # Sessions note each minute of their use.
        yield
    logging.disable(logging.NOTSET)


def test_every_address_of_the_site_has_a_row() -> None:
    assert sorted(ROWS) == sorted(routes())
    assert {role for row in ROWS.values() for role in row.cells} == set(ROLES)
    assert all(set(row.cells) == set(ROLES) for row in ROWS.values())


def test_a_billing_admin_may_do_what_an_incentives_admin_may() -> None:
    """So the walk needs no column for them: rights hang on capabilities, not on roles."""
    of_role = actors.ROLE_CAPABILITIES
    assert of_role[Role.BILLING_ADMIN] == of_role[Role.INCENTIVES_ADMIN]


class Walk:
    """One person on the way through all rows; ``wrong`` is what differs from the table."""

    def __init__(self, world: World, role: str) -> None:
        self.role = role
        self.world = world
        self.browser: Client = browser_of(world.people.get(role), role)
        self.wrong: list[str] = []
        self.usual = self._usual()

    def _usual(self) -> Counter[str]:
        """Return what is asked to know who the reader is, where no key leads anywhere."""
        pages = [reverse("account"), "/nothing/", *("/admin/common/evidenceseal/add/",) * 2]
        asked: Counter[str] = Counter()
        for page in pages:
            for method in METHODS:
                asked |= ask(self.browser, method, page).asked
        return asked

    def go(self, route: str, row: Row) -> None:
        """Ask for what is one's own, somebody else's and nobody's at one address."""
        if self.role in ONE_FOR_ALL and area_of(route) == "lists":
            return
        own = self.world.keys_of(self.role, route)
        for method in METHODS:
            cell, none = row.cells[self.role][method], row.none[self.role][method]
            answer = self.ask(method, route, own, none if cell.is_nothing else cell)
            if none.says == "." or not answer.asked - self.usual:
                continue  # What wasn't looked for can't be told from what isn't there.
            compares = self.role in COMPARES
            if cell.is_shut or cell.is_nothing:
                if compares:
                    other = self.ask(method, route, nowhere(own), none if cell.is_nothing else cell)
                    self.same(route, method, answer, other)
                continue
            if compares or self.role == "root":
                self.ask(method, route, nowhere(own), none)
            for names in self.world.foreign(self.role, route):
                theirs = own | {name: self.world.theirs[name] for name in names}
                answer = self.ask(method, route, theirs, none)
                if compares:
                    nobodys = theirs | {name: absent(theirs[name]) for name in names}
                    self.same(route, method, answer, self.ask(method, route, nobodys, none))

    def ask(self, method: str, route: str, keys: dict[str, Any], cell: Cell) -> Answer:
        """Ask once, and compare the answer with the cell."""
        address = address_of(route, keys)
        answer = ask(self.browser, method, address, f"version={self.world.version(route, keys)}")
        told, to = self.told(answer, address)
        if (told, to) != (cell.status, cell.to):
            self.wrong.append(f"{method} {address}: {told} {to}, not {cell.status} {cell.to}")
        if cell.says == "desk" and answer.asked.total() > len(WHO_ASKS):
            self.wrong.append(f"{method} {address}: asks more than who is there before it refuses")
        turned_away = cell.is_shut or answer.status in REFUSED
        if turned_away and answer.written:
            self.wrong.append(f"{method} {address}: is refused, and writes to {answer.written}")
        return answer

    def told(self, answer: Answer, address: str) -> tuple[str, str]:
        """Return an answer in the words of the table, with the route that a redirect leads to."""
        ways = {
            f"/sign-in/?next={address}": "in",
            f"/admin/login/?next={address}": "desk",
        }
        if answer.location in ways:
            return ways[answer.location], ""
        if self.role == "unproven" and answer.location == reverse("mfa_index"):
            return "2fa", ""
        return str(answer.status), route_at(answer.location) if answer.location else ""

    def same(self, route: str, method: str, one: Answer, other: Answer) -> None:
        """Note whatever tells what is there from what isn't."""
        for name, here, there in zip(Answer.SHOWN, one.shows, other.shows, strict=True):
            if here != there:
                self.wrong.append(f"{method} {route}: its {name} tells that it is there")


def nowhere(keys: dict[str, Any]) -> dict[str, Any]:
    """Return keys of the same length behind which there is nothing; some models' keys are words."""
    row = keys["object"]
    nobodys = "0" * len(row) if isinstance(row, str) else absent(row)
    return {name: absent(key) for name, key in keys.items()} | {"object": nobodys}


def area_of(route: str) -> str:
    if route.startswith("admin/"):
        return "lists" if is_of_a_list(route) else "desk"
    return "claims" if route.startswith("claims/") else "accounts"


@pytest.mark.usefixtures("_as_in_production")
@pytest.mark.parametrize("area", ["desk", "lists", "claims", "accounts"])
@pytest.mark.parametrize("role", ROLES)
def test_who_gets_what(role: str, area: str, world: World) -> None:
    walk = Walk(world, role)
    for route, row in ROWS.items():
        if area_of(route) == area:
            walk.go(route, row)
    assert not walk.wrong, "\n".join(walk.wrong)
