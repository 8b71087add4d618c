"""The number of the request, for pages that have no context of their own."""

from __future__ import annotations

from django import template

from .. import request_numbers

register = template.Library()


@register.simple_tag
def request_number() -> str:
    """Return the number of the request that is being answered."""
    return request_numbers.present()
