"""Which tables are evidence, and which of their columns may change after all.

Each app names its own when it starts; what a history holds is kept without being named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.db import models
from simple_history.models import HistoricalChanges, HistoricalRecords


class Personal(StrEnum):
    """What a column says about a person, and so what is put in its place."""

    NAME = "name"
    EMAIL = "e-mail address"
    EMPTIED = "emptied"
    INSIDE = "inside JSON"
    """Names, addresses and messages anywhere below known keys of a JSON value."""
    WORDS = "free text"
    """What people wrote; it stays unless somebody asks for it."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A table that allows neither DELETE nor a change of what isn't named here.

    Columns are named by their fields. ``free`` may change at any time; ``emptied`` may only be
    emptied; ``personal`` may change while somebody is pseudonymised. ``fixed``, if given, turns it
    round: those columns are kept, the rest is free. ``claim`` is the way from a row to the key of
    its claim. ``sealed`` tables are in the chain, with all columns that are neither ``free`` nor
    ``emptied``.
    """

    model: type[models.Model]
    claim: str = ""
    fixed: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    personal: Mapping[str, Personal] = field(default_factory=dict)
    sealed: bool = False

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def key(self) -> models.Field[Any, Any]:
        """The primary key, which counts upward in every table of evidence."""
        found = self.model._meta.pk
        assert found is not None
        return found

    @property
    def facts(self) -> list[str]:
        """The columns that the chain holds as they are (attribute names, the key first)."""
        named = [each.attname for each in self.model._meta.concrete_fields]
        if self.fixed:
            named = [self._attname(name) for name in self.fixed]
        left_out = {self._attname(n) for n in (*self.free, *self.emptied, *self.personal)}
        rest = [each for each in named if each not in left_out and each != self.key.attname]
        return [self.key.attname, *rest]

    def columns(self, names: Any) -> list[str]:
        """Return the database's names of the fields."""
        return [str(self._field(name).column) for name in names]

    def _attname(self, name: str) -> str:
        return self._field(name).attname

    def _field(self, name: str) -> models.Field[Any, Any]:
        found = self.model._meta.get_field(name)
        assert isinstance(found, models.Field)
        return found


@dataclass(frozen=True, kw_only=True)
class Told:
    """A table that is no evidence but tells of a claim's people; named like those of ``Kept``."""

    model: type[models.Model]
    claim: str
    personal: Mapping[str, Personal]


_named: dict[type[models.Model], Kept] = {}
_told: dict[type[models.Model], Told] = {}


def keep(*tables: Kept) -> None:
    """Name tables of evidence; called once by each app when it starts."""
    for each in tables:
        _named[each.model] = each


def tell(*tables: Told) -> None:
    """Name tables that tell of people without being evidence."""
    for each in tables:
        _told[each.model] = each


def told_tables() -> list[Told]:
    """Return the tables that tell of people without being evidence, in the order of their names."""
    return sorted(_told.values(), key=lambda each: each.model._meta.db_table)


def kept_tables(app_label: str | None = None) -> list[Kept]:
    """Return all tables of evidence, or those of one app, in the order of their names."""
    found = dict(_named)
    for model in histories():
        found.setdefault(model, Kept(model=model))
    chosen = [each for model, each in found.items() if app_label in (None, model._meta.app_label)]
    return sorted(chosen, key=lambda each: each.table)


def sealed_tables() -> list[Kept]:
    """Return the tables that the chain covers, in the order in which a run seals them."""
    return [each for each in kept_tables() if each.sealed]


def histories() -> Iterator[type[models.Model]]:
    """Yield the models of all histories, those of many-to-many fields included."""
    links = set(HistoricalRecords.m2m_models.values())
    for model in apps.get_models(include_auto_created=True):
        if issubclass(model, HistoricalChanges) or model in links:
            yield model


def history_of(model: Any) -> type[models.Model]:
    """Return the model of the rows that a model's history holds."""
    found: type[models.Model] = model.history.model
    return found


def history_links(model: Any, name: str) -> type[models.Model]:
    """Return the model of what the history notes of a many-to-many field."""
    linked = HistoricalRecords.m2m_models[model._meta.get_field(name)]
    found: type[models.Model] = linked
    return found
