"""Dates in words, statuses and icons, for the pages of partners and reviewers alike."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cpor_site.common import clock
from cpor_site.common.countries import country_name
from cpor_site.common.operator_calendar import operator_calendar

from .. import standing as standing_of_claims
from ..models import Activity, Claim, SolutionArea
from ..standing_for_partners import Standing, standing_of
from ..wording import date_words

register = template.Library()


@register.simple_tag(takes_context=True)
def standing(context: RequestContext, claim: Claim) -> Standing:
    """Return whose move the claim is, and by when.

    A page with many claims puts the operator's ``calendar`` and ``now`` into its context once.
    """
    calendar = context.get("calendar") or operator_calendar()
    return standing_of(claim, context.get("now") or clock.now(), calendar)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return an icon of the sprite; it only repeats what words beside it say."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("cpor/icons.svg"),
        name,
    )


@register.filter
def named(thing: Activity | SolutionArea | None, claim: Claim) -> str:
    """Return what the claim's rule profile calls an activity or a solution area."""
    return thing.name_in(claim.rule_profile_id) if thing else ""


@register.filter
def unpaid(activity: Activity, claim: Claim) -> bool:
    """Whether the activity earns no payment under the claim's rule profile."""
    return activity.is_unpaid_in(claim.rule_profile_id)


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """Return day and time on the reader's clock; the zone shows on hover."""
    if value is None:
        return ""
    words = f"{standing_of_claims.day(value)}, {standing_of_claims.time(value)}"
    return _time_tag(value, words)


@register.filter
def day(value: datetime | None) -> SafeString | str:
    """Return the day on the reader's clock; time and zone show on hover."""
    return _time_tag(value, standing_of_claims.day(value)) if value else ""


@register.filter
def on(value: date | None) -> str:
    """Return a date that belongs to no zone, such as that of a signature."""
    return date_words(value) if value else ""


@register.filter
def country(code: str) -> str:
    """Return a country's name in the reader's language."""
    return country_name(code)


@register.filter
def until(value: datetime | None) -> SafeString | str:
    """Return a deadline: the day, and the time unless it is the end of the day for the reader."""
    return _time_tag(value, standing_of_claims.until(value)) if value else ""


def _time_tag(value: datetime, words: str) -> SafeString:
    hover = f"{standing_of_claims.time(value)} {timezone.get_current_timezone_name()}"
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), hover, words)
