"""Every address that the site answers at, as a person reads it, and filled in with keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from django.contrib import admin
from django.urls import get_resolver

KEYS = {
    "app_label": "app",
    "content_type_id": "type",
    "id": "object",
    "uidb36": "uid",
}
"""What a key of a route is called here where its own name says little."""

SITE = "tests.access.urls"
NAMED_ANEW = {
    "admin/claims/claim/": {"claim": "reviewed", "document": "proof"},
    "admin/r/": {"object": "reviewed"},
    "consent/overview/": {"token": "overview", "claim": "window"},
    "calendar/": {"token": "feed"},
}
"""What the keys of the routes below an address lead to where it isn't what their names say."""

GENERIC = ("", "add/", "<object>/history/", "<object>/delete/", "<object>/change/", "<object>/")
VERSION = "<object>/history/<version>/"
"""The pages that the admin gives to each model, below its list; the last one to edited ones."""


def _routes(resolver: Any, before: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        here = before + _words(str(each.pattern))
        if hasattr(each, "url_patterns"):
            yield from _routes(each, here)
        else:
            yield here


def _words(route: str) -> str:
    """Return a route with its keys as words: ``<int:claim_id>/`` is ``<claim>/``."""
    names = iter(("<object>", "<version>"))
    route = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route)
    route = re.sub(r"\(\[\^/\]\+\)", lambda found: next(names), route)
    route = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: f"<{_name(found[1])}>", route)
    route = route.replace("documents/<pk>", "documents/<document>").replace("<pk>", "<passkey>")
    return route.replace("^", "").replace("$", "")


def _name(key: str) -> str:
    return KEYS.get(key, key.removesuffix("_id"))


@cache
def routes() -> tuple[str, ...]:
    """Return every route of the site once; two names may stand for the same one."""
    return tuple(dict.fromkeys(_routes(get_resolver(SITE))))


def keys_in(route: str) -> list[str]:
    """Return what the keys of a route lead to: below the desk a claim is one under review."""
    found = re.findall(r"<(\w+)>", route)
    for start, names in NAMED_ANEW.items():
        if route.startswith(start):
            return [names.get(each, each) for each in found]
    return found


def address_of(route: str, keys: Mapping[str, Any]) -> str:
    """Return the address at a route with these keys in it."""
    values = [str(keys[each]) for each in keys_in(route)]
    return "/" + re.sub(r"<\w+>", lambda found: values.pop(0), route)


def models() -> dict[str, type[Any]]:
    """Return the models of the admin by their names, such as ``claims.claim``."""
    return {model._meta.label_lower: model for model in admin.site._registry}


def model_of(route: str) -> str:
    """Return the name of the model to whose pages a route belongs; empty if it belongs to none."""
    label = ".".join(route.removeprefix("admin/").split("/")[:2])
    return label if route.startswith("admin/") and label in models() else ""


def is_of_a_list(route: str) -> bool:
    """Whether the admin itself gives the route to a model; a claim's pages are all the desk's."""
    return route in pages_of(model_of(route)) and not route.startswith("admin/claims/claim/")


@cache
def pages_of(label: str) -> list[str]:
    """Return the routes that the admin itself gives to a model."""
    root = f"admin/{label.replace('.', '/')}/"
    return [each for each in (*(root + end for end in GENERIC), root + VERSION) if each in routes()]


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return what the addresses at each route look like; routes with the fewest keys first."""
    found = sorted(routes(), key=lambda route: len(keys_in(route)))
    return [(re.compile("/" + re.sub(r"<\w+>", "[^/]+", each)), each) for each in found]


def route_at(location: str) -> str:
    """Return the route behind a path of this site with its query, or the text that is no path."""
    path, mark, query = location.partition("?")
    routes_there = (route for pattern, route in _patterns() if pattern.fullmatch(path))
    return next(routes_there, path) + mark + query
