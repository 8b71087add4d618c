"""Marks of status and events as the reviewer's pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from claims.states import RejectionReason
from claims.wording import date_words, event_words

register = template.Library()

register.filter("event_words", event_words)
register.filter("date_words", date_words)


@register.filter
def reason_words(codes: Iterable[str]) -> str:
    """Return why a claim was rejected, in words."""
    known = dict(RejectionReason.choices)
    return "; ".join(str(known.get(code, code)) for code in codes)


@register.simple_tag
def badge(hue: str, words: Any, icon: str = "") -> SafeString:
    """Show words on a status hue, with the icon that goes with it."""
    return format_html(
        '<span class="status {}"><svg class="icon" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>{}</span>',
        hue,
        static("cpor/icons.svg"),
        icon or hue,
        words,
    )
