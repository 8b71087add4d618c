"""The queue of competing claims as a page: one row for each open case, as an arbiter works."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cpor_site.common.business_calendar import BusinessCalendar
from cpor_site.common.models import User

from ..case_queue import CHOICES, MOST, open_cases, rows_of
from ..queue_pages import PAGE
from ..queues import COMPETING
from .case import VIEW_CASE


def cases_page(
    request: HttpRequest,
    frame: dict[str, Any],
    user: User,
    now: datetime,
    calendar: BusinessCalendar,
) -> HttpResponse:
    """Show the open cases; ``frame`` is what every queue's page shows. 403 without the right."""
    if not user.has_perm(VIEW_CASE):
        raise PermissionDenied
    chosen = next((each for each in CHOICES if each.code == request.GET.get("show", "")), None)
    cases = open_cases(now, calendar)
    fitting = [case for case in cases if chosen is None or chosen.holds(case, user, now)]
    page = Paginator(fitting, PAGE).get_page(request.GET.get("page"))
    context = {
        **frame,
        "choices": [
            (
                each.name,
                address(show="" if each is chosen else each.code),
                each is chosen,
                sum(each.holds(case, user, now) for case in cases),
            )
            for each in CHOICES
        ],
        "rows": rows_of(list(page.object_list), user, now, calendar),
        "count": count_words(len(fitting)),
        "narrowed": chosen is not None,
        "plain_address": address(),
        "user_id": user.pk,
        "first": address(show=chosen.code if chosen else ""),
        "previous": _beside(chosen.code if chosen else "", page, -1),
        "next": _beside(chosen.code if chosen else "", page, 1),
    }
    return TemplateResponse(request, "admin/queue/cases.html", context)


def address(**parts: str) -> str:
    """Return the query of the queue, narrowed to something or at another page."""
    given = [("queue", COMPETING.code), *parts.items()]
    return "?" + urlencode([(name, value) for name, value in given if value])


def count_words(counted: int) -> str:
    """Return how many cases there are, in words; what was looked at in part ends in a plus."""
    if counted > MOST:
        return _("more than %(number)s cases") % {"number": f"{MOST:,}"}
    return ngettext("%(number)d case", "%(number)d cases", counted) % {"number": counted}


def _beside(show: str, page: Any, step: int) -> str:
    if not (page.has_next() if step > 0 else page.has_previous()):
        return ""
    return address(show=show, page=str(page.number + step))
