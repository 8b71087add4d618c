"""What a web process does once before it answers anybody."""

from __future__ import annotations

import gc

from django.urls import get_resolver


def warm_up() -> None:
    """Load all pages, and leave what is loaded out of the garbage collector's rounds.

    Otherwise the first reader waits a second, and each full round a tenth of one: it looks at some
    hundred thousand objects of the program that never become garbage.
    """
    resolver = get_resolver()
    assert resolver.url_patterns
    gc.collect()
    gc.freeze()
