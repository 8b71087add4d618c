"""Fills the scanned desk's database; prints as JSON who looks at what.

    python -m tests.scan.prepare [demo]

For each person a name, the value of their session's cookie, addresses to begin at, one for each
page that links lead to, and those that are left out because another of their kind is looked at.
With ``demo`` it is the demo's claims as seen by four people, otherwise one claim whose customer is
being asked, as seen by a visitor.
"""

from __future__ import annotations

import json
import sys
from fnmatch import fnmatch
from typing import Any
from urllib.parse import urljoin, urlsplit

import django

LEFT_OUT = {
    "/sign-out/": "ends the scan",
    "/admin/logout/": "ends the scan",
    "/admin/common/user/*/password/": "gives the session a new key, which the scan doesn't follow",
    "/account/sessions/*/end/": "ends the scan",
    "/claims/*/discard/": "leaves nothing to look at",
    "/claims/*/end/": "leaves nothing to look at",
    "/claims/*/withdraw/": "leaves nothing to look at",
    "/claims/people/*/deactivate/": "leaves nothing to look at",
    "/claims/uploads/*/discard/": "leaves nothing to look at",
    "/language/": "has its form on every page; the visitor tries it",
}
"""Where a signed-in scanner stays away from, and why."""


def main(demo: bool) -> list[dict[str, Any]]:
    from django.conf import settings
    from django.core.management import call_command

    from cpor_site.common.models import User
    from cpor_site.demo.accounts import DEMO_PASSWORD

    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.SECURE_SSL_REDIRECT = False  # The client below speaks no TLS.
    if not demo:
        _one_claim()
        return [_looks("visitor", None, "/", "/sign-in/", *_secret_links())]
    _demo()
    users = {
        "partner": User.objects.get(email="incentives.admin@fabrikam.example"),
        "lead": User.objects.get(email="lead@desk.example"),
        "superuser": User.objects.create_superuser(
            "root@desk.example", DEMO_PASSWORD, full_name="Root"
        ),
    }
    for user in users.values():
        LEFT_OUT[f"/admin/common/user/{user.pk}/*"] = "is about the account of a scanner"
    starts = {"partner": "/claims/", "lead": "/admin/", "superuser": "/admin/"}
    return [
        _looks("visitor", None, "/", "/sign-in/", *_secret_links()),
        *(
            _looks(name, _signed_in(user, DEMO_PASSWORD), starts[name], "/account/")
            for name, user in users.items()
        ),
    ]


def _one_claim() -> None:
    from tests import acts, factories

    factories.make_catalogue()
    acts.in_window()


def _demo() -> None:
    from django.core.management import call_command
    from django.test import override_settings

    from cpor_site.common.models import User
    from cpor_site.demo import story

    call_command("load_catalogue", verbosity=0)
    call_command("load_canned_texts", verbosity=0)
    with override_settings(CPOR_MODE="demo"):
        story.load()
    User.objects.update(is_demo=False)


def _signed_in(user: Any, password: str) -> Any:
    """Sign somebody in through the pages, staff with a second factor."""
    from django.test import Client

    from tests.site.account_pages import sign_in
    from tests.site.factor_pages import code, give_app

    client = Client(headers={"host": "127.0.0.1"})
    if user.is_staff:
        give_app(user)
    sign_in(client, user.email, password)
    if user.is_staff:
        client.post("/sign-in/code/", {"code": code()})
    answer = client.get("/account/")
    assert answer.status_code == 200, (user, answer.status_code, answer.headers)
    return client


def _secret_links() -> list[str]:
    """Return the addresses in customers' letters, and in those that invite somebody."""
    from django.urls import reverse

    from consent.models import ConsentRecipient
    from consent.tokens import token_for
    from cpor_site.common.models import User
    from cpor_site.common.password_links import INVITATION

    links = [
        reverse("consent_page", args=[token_for(each.nonce)])
        for each in ConsentRecipient.objects.order_by("pk")[:2]
    ]
    return [*links, urlsplit(INVITATION.link(User.objects.order_by("pk")[0])).path]


def _looks(name: str, client: Any, *starts: str) -> dict[str, Any]:
    """Follow the links from one page to the next, to one page of each kind."""
    from django.conf import settings
    from django.test import Client

    session = client.cookies[settings.SESSION_COOKIE_NAME].value if client else ""
    client = client or Client(headers={"host": "127.0.0.1"})
    waiting = [(each, "") for each in starts]
    chosen: dict[Any, str] = {}
    seen: set[str] = set()
    while waiting:
        address, of = waiting.pop(0)
        path = urlsplit(address).path
        kind = _kind_of(path)
        if path in seen or kind is None:
            continue
        seen.add(path)
        if kind in chosen or any(fnmatch(path, each) for each in LEFT_OUT):
            continue
        answer = client.get(address)
        if answer.status_code == 302:
            waiting.insert(0, (urljoin(address, answer.headers["Location"]), of))
        if answer.status_code >= 400:
            continue
        chosen[kind] = path
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            links = _links_in(answer.content.decode())
            waiting += [
                (urljoin(address, each), path) for each in links if not urlsplit(each).netloc
            ]
        answer.close()
    kept = list(dict.fromkeys(chosen.values()))
    return {
        "name": name,
        "session": session,
        "starts": kept,
        "left_out": sorted({*(LEFT_OUT if session else ()), *(seen - set(kept))}),
    }


def _kind_of(path: str) -> tuple[str, str] | None:
    """Return a page's name and, where it is about a claim, in what state that is."""
    from django.urls import Resolver404, resolve

    from claims.models import Claim

    try:
        found = resolve(path)
    except Resolver404:
        return None
    claim = Claim.objects.filter(pk=found.kwargs.get("claim_id", 0)).first()
    return found.view_name, claim.status if claim else str(found.kwargs.get("section", ""))


def _links_in(text: str) -> list[str]:
    from tests.site.test_headers import Page

    return Page(text).links


if __name__ == "__main__":
    django.setup()
    print(json.dumps(main("demo" in sys.argv)))  # noqa: T201
