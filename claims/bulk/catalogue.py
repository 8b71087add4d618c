"""What the words of a file can mean: areas, activities, products and the partner's locations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from cpor_site.common.models import User

from .. import actors
from ..actors import Capability
from ..imports.values import BadValue, fold, shown
from ..models import Activity, PartnerLocation, PartnerOrganization, Product, SolutionArea

_SEPARATORS = re.compile(r"[,;|+/&]")
_OTHER_LANGUAGE_NAMES = {"zh": "zh-hant", "zhtw": "zh-hant", "zhhanttw": "zh-hant"}


class Unknown(BadValue):
    """A word that means nothing here; ``code`` is the rule's, the message the sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Known:
    """The catalogue and one partner's locations, read once for a whole file."""

    organization: PartnerOrganization
    areas: list[SolutionArea]
    activities: list[Activity]
    products: list[Product]
    locations: dict[str, PartnerLocation]

    @classmethod
    def load(cls, user: User, organization: PartnerOrganization) -> Known:
        """Read everything; the locations are the active ones that the user may draft for."""
        scopes = [
            {location.pk for location in each.locations.all()}
            for each in actors.memberships_with(user, Capability.DRAFT)
            if each.organization_id == organization.pk
        ]
        within = Q() if not all(scopes) else Q(pk__in=set().union(*scopes))
        locations = PartnerLocation.objects.filter(within, organization=organization)
        return cls(
            organization,
            list(SolutionArea.objects.order_by("position", "pk")),
            list(Activity.objects.order_by("position", "pk")),
            list(Product.objects.order_by("name", "pk")),
            {each.partner_id: each for each in locations.filter(is_active=True)},
        )

    def area(self, word: str) -> SolutionArea:
        """Return the area of that code or name; ``Unknown`` (ACT-01)."""
        wanted = fold(word)
        for area in self.areas:
            if wanted in (fold(area.code), fold(area.name)):
                return area
        raise Unknown(
            "ACT-01",
            _("%(value)s is no solution area. Possible: %(names)s.")
            % {"value": shown(word), "names": _names(self.areas)},
        )

    def activities_of(self, text: str, area: SolutionArea) -> list[Activity]:
        """Return the area's activities that the text names; ``Unknown`` (ACT-03)."""
        offered = [each for each in self.activities if each.area_id == area.pk]
        by_name = {
            fold(name): each
            for each in offered
            for name in (each.name_2023, each.name, each.code)
            if name
        }
        if fold(text) in by_name:
            return [by_name[fold(text)]]
        found = []
        for word in filter(None, map(str.strip, _SEPARATORS.split(text))):
            if fold(word) not in by_name:
                raise Unknown(
                    "ACT-03",
                    _("%(value)s is no activity of %(area)s. Possible: %(names)s.")
                    % {"value": shown(word), "area": area.name, "names": _names(offered)},
                )
            found.append(by_name[fold(word)])
        return list(dict.fromkeys(found))

    def areas_with(self, text: str) -> list[SolutionArea]:
        """Return the areas all of whose activities the text may name."""
        found = []
        for area in self.areas:
            try:
                if self.activities_of(text, area):
                    found.append(area)
            except Unknown:
                continue
        return found

    def product(self, word: str, area: SolutionArea | None) -> Product:
        """Return the product of that code, name or other name; ``Unknown`` (LIN-02).

        Where a name fits several products, the area decides; a code goes before a name, and a
        name before other names.
        """
        wanted = fold(word)
        for names in self._product_names:
            found = names.get(wanted, [])
            if area is not None and len(found) > 1:
                found = [each for each in found if each.area_id == area.pk] or found
            if len(found) == 1:
                return found[0]
            if found:
                raise Unknown(
                    "LIN-02",
                    _("%(value)s may be %(names)s. Write the code: %(codes)s.")
                    % {
                        "value": shown(word),
                        "names": _names(found),
                        "codes": ", ".join(each.code for each in found),
                    },
                )
        raise Unknown("LIN-02", self._not_listed(word))

    def location(self, partner_id: str) -> PartnerLocation:
        """Return the location; ``Unknown``: MPN-02 for the global ID, else MPN-01.

        Another partner's ID, one that doesn't exist and one out of the user's reach read the same.
        """
        if partner_id in self.locations:
            return self.locations[partner_id]
        if partner_id == self.organization.global_partner_id:
            raise Unknown(
                "MPN-02",
                _(
                    "%(value)s is your company's global ID, which can't stand on a claim. Write "
                    "the partner ID of a location."
                )
                % {"value": shown(partner_id)},
            )
        message = _("%(value)s is none of the partner IDs that you can claim with.")
        some = sorted(self.locations)[:5]
        if some:
            message += " " + _("Possible: %(names)s.")
        raise Unknown("MPN-01", message % {"value": shown(partner_id), "names": ", ".join(some)})

    def language(self, word: str) -> str:
        """Return the code of one of the desk's languages; ``BadValue``."""
        found = self._languages.get(fold(word))
        if found is None:
            raise BadValue(
                _("%(value)s is no language of this desk. Possible: %(names)s.")
                % {
                    "value": shown(word),
                    "names": ", ".join(code for code, _name in settings.LANGUAGES),
                }
            )
        return found

    @cached_property
    def _languages(self) -> dict[str, str]:
        names = dict(_OTHER_LANGUAGE_NAMES)
        for code, name in settings.LANGUAGES:
            with override("en"):
                names[fold(str(name))] = code
            names[fold(str(name))] = code
            names[fold(code)] = code
        return names

    @cached_property
    def _product_names(self) -> tuple[dict[str, list[Product]], ...]:
        codes: dict[str, list[Product]] = {}
        names: dict[str, list[Product]] = {}
        others: dict[str, list[Product]] = {}
        for product in self.products:
            codes.setdefault(fold(product.code), []).append(product)
            names.setdefault(fold(product.name), []).append(product)
            for synonym in {fold(each) for each in product.synonyms}:
                others.setdefault(synonym, []).append(product)
        return codes, names, others

    @cached_property
    def _near(self) -> dict[str, str]:
        return {}

    def _not_listed(self, word: str) -> str:
        """Say that there is no such product, and which one may be meant."""
        if word not in self._near:
            by_name = {fold(each.name): each.name for each in self.products}
            close = get_close_matches(fold(word), by_name, n=2)
            self._near[word] = " / ".join(by_name[each] for each in close)
        if self._near[word]:
            return _("%(value)s isn't in the catalogue. Is it %(names)s?") % {
                "value": shown(word),
                "names": self._near[word],
            }
        return _(
            "%(value)s isn't in the catalogue. Write the name as the page “Products” of a claim "
            "lists it."
        ) % {"value": shown(word)}


def _names(rows: Iterable[object]) -> str:
    return ", ".join(str(each) for each in rows)
