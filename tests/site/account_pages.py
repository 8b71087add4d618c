"""What the tests about accounts share."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from cpor_site.common import outbox
from cpor_site.common.models import OutboxMessage, User
from tests import factories

NEW = "seven quiet otters in a row"
LINK = re.compile(r"http://\S+?(/account/password/new/\S+?/)(?=\s|$)")


def enter(user: User, password: str = factories.PASSWORD, **browser: Any) -> Client:
    """Return a client in which somebody has filled in the sign-in page."""
    client = Client(**browser)
    sign_in(client, user.email, password)
    return client


def sign_in(client: Client, email: str, password: str = factories.PASSWORD) -> Any:
    return client.post(reverse("sign_in"), {"login": email, "password": password})


def is_in(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


def sent_link(mailoutbox: list[Any]) -> str:
    """Send what waits, and return the path of the link in the last letter."""
    outbox.send_due()
    found = LINK.search(mailoutbox[-1].body)
    assert found, mailoutbox[-1].body
    return found[1]


def form_of(client: Client, link: str) -> str:
    """Open a link as a browser does, and return the address of the form behind it."""
    answer = client.get(link)
    return str(answer.headers["Location"]) if answer.status_code == 302 else ""


def choose(client: Client, link: str, password: str = NEW, again: str = "") -> Any:
    """Open a link and fill in the form behind it."""
    address = form_of(client, link) or link
    return client.post(address, {"password1": password, "password2": again or password})


def letters() -> list[tuple[str, str]]:
    """Return kind and recipient of every letter, oldest first."""
    return list(OutboxMessage.objects.order_by("pk").values_list("kind", "recipient"))
