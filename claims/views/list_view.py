"""One view of the list of claims: filters, order and columns, as the address tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from cpor_site.common import clock
from cpor_site.common.operator_calendar import operator_calendar

from .. import listing, listing_pages
from ..forms.listing import MOST_IN_A_LIST, RARER, ListForm
from ..listing import Wanted
from ..models import Claim, Membership
from ..organizations import current_organization
from .access import reader

LONGEST_QUERY = 1000
FIELDS = ("status", "q", *RARER)


@dataclass(frozen=True)
class Column:
    """A column of the list; ``sort`` is its code of order, with the direction to begin with."""

    code: str
    label: Any
    sort: str = ""
    shown: bool = True


COLUMNS = (
    Column("customer", _("Customer"), "customer"),
    Column("work", _("What")),
    Column("location", _("Partner ID"), "partner_id", shown=False),
    Column("status", _("Status")),
    Column("move", _("Whose move, by when"), "due"),
    Column("proof", _("Proof dated"), shown=False),
    Column("submitted", _("Submitted"), "-submitted", shown=False),
    Column("changed", _("Last change"), "-changed"),
    Column("owner", _("Owner"), shown=False),
)
CLAIM = Column("claim", _("Claim"), "-number")
NAME = Column("name", _("name"), "name")
SORTS = {
    "": _("Needs my action first"),
    "due": _("Next deadline first"),
    "-due": _("Latest deadline first"),
    "-changed": _("Last changed first"),
    "changed": _("Longest unchanged first"),
    "-number": _("Highest claim number first"),
    "number": _("Lowest claim number first"),
    "name": _("Name, A to Z"),
    "-name": _("Name, Z to A"),
    "customer": _("Customer, A to Z"),
    "-customer": _("Customer, Z to A"),
    "partner_id": _("Lowest partner ID first"),
    "-partner_id": _("Highest partner ID first"),
    "-submitted": _("Last submitted first"),
    "submitted": _("First submitted first"),
}
DEFAULT_COLUMNS = [column.code for column in COLUMNS if column.shown]


@dataclass(frozen=True)
class Heading:
    """A column's heading: where its link leads, and how the list is sorted by it now."""

    column: Column
    query: str
    aria_sort: str


class ListView:
    """What a person looks at; ``claims`` are those in reach and of the organisation chosen.

    ``memberships`` are those that carry the capability that is needed.
    """

    def __init__(self, request: HttpRequest, memberships: Sequence[Membership]) -> None:
        self.data = request.GET
        user, organization = reader(request), current_organization(request)
        self.form = ListForm(
            self.data,
            locations=listing.locations_in_reach(memberships, organization, MOST_IN_A_LIST + 1),
        )
        self.claims = listing.claims_in_reach(user, memberships, organization)
        self.now = clock.now()
        self.calendar = operator_calendar()
        sort = self.data.get("sort", "")
        self.sort = sort if sort.removeprefix("-") in listing_pages.COLUMNS else ""
        asked = set(self.data.getlist("columns"))
        chosen = [column for column in COLUMNS if column.code in asked]
        self.columns = chosen or [column for column in COLUMNS if column.shown]

    @property
    def wanted(self) -> Wanted:
        return self.form.wanted

    def narrowed(self) -> QuerySet[Claim]:
        """Return what fits the filters, in every status."""
        today = self.calendar.day_of(self.now)
        return listing.narrowed(self.claims, self.wanted, self.now, today)

    def chosen(self) -> QuerySet[Claim]:
        """Return what fits the filters and the status."""
        return self.narrowed().filter(listing.CONDITIONS[self.wanted.status])

    def parts(self, *, without: str = "", **changes: str) -> list[tuple[str, str]]:
        """Return names and values of the address, with changes; place and empty ones left out."""
        given = {name: self.data.get(name, "").replace("\0", "") for name in FIELDS}
        given |= {"sort": self.sort} | changes
        given.pop(without, None)
        found = [(name, value) for name, value in given.items() if value]
        codes = [column.code for column in self.columns]
        if codes != DEFAULT_COLUMNS and without != "columns":
            found += [("columns", code) for code in codes]
        return found

    def query(self, *, without: str = "", **changes: str) -> str:
        """Return ``parts`` as a query string; "" is the list as it opens first."""
        return encoded(self.parts(without=without, **changes))

    def headings(self) -> list[list[Heading]]:
        """Return each column's heading; the claim's own is sorted by number or by name."""
        first = [self._heading(CLAIM), self._heading(NAME)]
        return [first, *([self._heading(column)] for column in self.columns)]

    def _heading(self, column: Column) -> Heading:
        code = column.sort.removeprefix("-")
        if not code:
            return Heading(column, "", "")
        if self.sort.removeprefix("-") != code:
            return Heading(column, self.query(sort=column.sort), "")
        down = self.sort.startswith("-")
        other = code if down else f"-{code}"
        return Heading(column, self.query(sort=other), "descending" if down else "ascending")


def encoded(parts: list[tuple[str, str]]) -> str:
    """Return names and values as a query string."""
    query = QueryDict(mutable=True)
    for name, value in parts:
        query.appendlist(name, value)
    return query.urlencode()


def tidy(text: str) -> str:
    """Return a query string with nothing in it but what the list knows, and no place in it."""
    given = QueryDict(text[: 4 * LONGEST_QUERY])
    known = [(name, given.get(name, "")) for name in (*FIELDS, "sort")]
    known += [("columns", code) for code in given.getlist("columns")[: len(COLUMNS)]]
    return encoded([(name, value.replace("\0", "")) for name, value in known if value])
