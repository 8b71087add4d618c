"""Reads the shipped catalogue and rule profiles into the database.

The operator owns the rows afterwards: what somebody changed or deleted here stays as it is, which
the history tells (the loader's own entries carry ``LOADED`` as their reason). Rows that nobody
touched follow the file, so that a correction shipped with a new version arrives.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from .models import Activity, Product, Program, RuleProfile, SolutionArea, Subscription
from .models.catalogue import DISPUTES_PER_CLAIM
from .states import Status

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CATALOGUE_FILE = FIXTURES / "catalogue.json"
RULE_PROFILES_FILE = FIXTURES / "rule_profiles.json"

LOADED = "catalogue loaded"

PROGRAM_FIELDS = (
    "name",
    "compensable",
    "exclusivity_scope",
    "guide_url",
    "claim_window_days",
    "minimum_seats",
    "usage_threshold_percent",
)
AREA_FIELDS = ("name", "level", "explanation", "position")
ACTIVITY_FIELDS = (
    "name",
    "name_2023",
    "explanation",
    "restricted_to_channels",
    "stands_alone",
    "recognition_only",
    "position",
)
PRODUCT_FIELDS = (
    "name",
    "eligible_from",
    "eligible_to",
    "synonyms",
    "is_dynamics",
    "recognition_only",
    "unconfirmed",
    "note",
)
PROFILE_FIELDS = (
    "name",
    "pickup_days",
    "review_days",
    "partner_response_days",
    "overall_decision_days",
    "consent_calendar_days",
    "dispute_filing_calendar_days",
    "dispute_answer_days",
    "disputes_per_claim",
    "edit_while_submitted",
    "subscription_always_required",
    "technical_contact_for_dynamics",
    "poe_max_age_months",
    "status_labels",
)
LABELLED = {*Status.values, "rejected_final"}


class CatalogueError(Exception):
    """A file can't be loaded; ``problems`` holds one sentence for each reason."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass
class LoadReport:
    """What one load did to which entries of the files.

    ``kept`` are entries that differ from the file because somebody changed or deleted them here; a
    deleted solution area stands for all that belongs to it.
    """

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)

    def as_counts(self) -> dict[str, int]:
        return {name: len(entries) for name, entries in vars(self).items()}


def load_catalogue(
    *,
    catalogue: Path = CATALOGUE_FILE,
    rule_profiles: Path = RULE_PROFILES_FILE,
    overwrite: bool = False,
    dry_run: bool = False,
) -> LoadReport:
    """Create what is missing and bring untouched rows up to the files; all of it or nothing.

    With ``overwrite`` rows that were changed or deleted here are put back as well; ``dry_run``
    writes nothing. Raises ``CatalogueError`` with every problem found.
    """
    catalogue_data = _read(catalogue, ("programs", "areas"))
    profile_data = _read(rule_profiles, ("rule_profiles",))
    with transaction.atomic():
        load = _Load(overwrite=overwrite)
        load.catalogue(catalogue_data, catalogue.name)
        load.profiles(profile_data, rule_profiles.name)
        if load.problems:
            raise CatalogueError(load.problems)
        if dry_run:
            transaction.set_rollback(True)
    return load.report


def _read(path: Path, keys: tuple[str, ...]) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogueError([f"{path}: can't be read ({error.strerror})."]) from error
    except UnicodeDecodeError as error:
        raise CatalogueError([f"{path}: isn't UTF-8 text."]) from error
    except json.JSONDecodeError as error:
        sentence = f"{path}: isn't JSON; {error.msg} in line {error.lineno}, column {error.colno}."
        raise CatalogueError([sentence]) from error
    if not isinstance(data, dict) or set(data) != set(keys):
        raise CatalogueError([f"{path}: must hold an object with {' and '.join(keys)}."])
    return data


class _History:
    """Who wrote the rows of one model last, asked of the history once."""

    def __init__(self, model: type[models.Model], key: tuple[str, ...]) -> None:
        self.key = key
        self.loaded: dict[Any, bool] = {}
        self.deleted: set[tuple[Any, ...]] = set()
        pk = model._meta.pk.attname
        for entry in model.history.order_by("history_id").values(  # type: ignore[attr-defined]
            "history_type", "history_change_reason", pk, *key
        ):
            self.loaded[entry[pk]] = entry["history_change_reason"] == LOADED
            name = tuple(entry[part] for part in key)
            if entry["history_type"] == "-":
                self.deleted.add(name)
            else:
                self.deleted.discard(name)


class _Load:
    def __init__(self, *, overwrite: bool) -> None:
        self.overwrite = overwrite
        self.report = LoadReport()
        self.problems: list[str] = []
        self._histories: dict[type[models.Model], _History] = {}

    # Files

    def catalogue(self, data: dict[str, Any], source: str) -> None:
        programs: dict[str, Program] = {}
        for where, entry in self._entries(data["programs"], f"{source}: programs"):
            if self._knows(entry, where, PROGRAM_FIELDS):
                put = self._put(Program, where, {"code": entry["code"]}, entry, PROGRAM_FIELDS)
                programs[entry["code"]] = put
        names: dict[str, str] = {}
        for position, (where, entry) in enumerate(
            self._entries(data["areas"], f"{source}: areas"), start=1
        ):
            if not self._knows(entry, where, AREA_FIELDS, ("activities", "products")):
                continue
            values = {"position": position, **entry}
            area = self._put(SolutionArea, where, {"code": entry["code"]}, values, AREA_FIELDS)
            if area.pk is None:
                continue
            activities = self._activities(entry, where, area, programs)
            self._products(entry, where, area, activities, names)

    def profiles(self, data: dict[str, Any], source: str) -> None:
        for where, entry in self._entries(data["rule_profiles"], f"{source}: rule_profiles"):
            if not self._knows(entry, where, PROFILE_FIELDS, required=PROFILE_FIELDS):
                continue
            labels = entry["status_labels"]
            if not isinstance(labels, dict) or not set(labels) <= LABELLED:
                self.problems.append(f"{where}: status_labels must be keyed by status codes.")
                continue
            if entry["disputes_per_claim"] != DISPUTES_PER_CLAIM:
                self.problems.append(
                    f"{where}: disputes_per_claim must be {DISPUTES_PER_CLAIM}; a claim can be "
                    "disputed once under every profile."
                )
                continue
            self._put(RuleProfile, where, {"code": entry["code"]}, entry, PROFILE_FIELDS)

    def _activities(
        self, area_entry: dict[str, Any], place: str, area: Any, programs: dict[str, Program]
    ) -> dict[str, Activity]:
        activities: dict[str, Activity] = {}
        listed = self._entries(area_entry.get("activities"), f"{place}, activities")
        for position, (where, entry) in enumerate(listed, start=1):
            if not self._knows(entry, where, ACTIVITY_FIELDS, ("program",), required=("program",)):
                continue
            channels = entry.get("restricted_to_channels", [])
            if not _is_texts(channels) or not set(channels) <= set(Subscription.Channel.values):
                known = ", ".join(Subscription.Channel.values)
                self.problems.append(f"{where}: restricted_to_channels may only hold {known}.")
                continue
            program = programs.get(entry["program"])
            if program is None:
                self.problems.append(f"{where}: there is no program {entry['program']!r}.")
                continue
            activities[entry["code"]] = self._put(
                Activity,
                where,
                {"code": entry["code"], "area_id": area.pk},
                {"position": position, **entry, "program_id": program.pk},
                (*ACTIVITY_FIELDS, "program_id"),
            )
        return activities

    def _products(
        self,
        area_entry: dict[str, Any],
        place: str,
        area: Any,
        activities: dict[str, Activity],
        names: dict[str, str],
    ) -> None:
        for where, entry in self._entries(area_entry.get("products"), f"{place}, products"):
            if not self._knows(entry, where, PRODUCT_FIELDS, ("activities",)):
                continue
            chosen = entry.get("activities", list(activities))
            if not _is_texts(chosen) or not set(chosen) <= set(activities):
                known = ", ".join(activities)
                self.problems.append(f"{where}: activities may only hold {known}.")
                continue
            synonyms = entry.get("synonyms", [])
            if not _is_texts(synonyms):
                self.problems.append(f"{where}: synonyms must be a list of names.")
                continue
            for name in {str(known).casefold() for known in (entry.get("name", ""), *synonyms)}:
                other = names.setdefault(name, entry["code"])
                if other != entry["code"]:
                    self.problems.append(f"{where}: {other} is called {name!r} already.")
            self._put(
                Product,
                where,
                {"code": entry["code"]},
                {**entry, "area_id": area.pk},
                (*PRODUCT_FIELDS, "area_id"),
                activities=[activities[code] for code in chosen if activities[code].pk],
            )

    def _entries(self, listed: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the named entries of a list with where each stands; report the others."""
        if not isinstance(listed, list):
            self.problems.append(f"{place}: must be a list.")
            return
        seen: Counter[str] = Counter()
        for number, entry in enumerate(listed, start=1):
            code = entry.get("code") if isinstance(entry, dict) else None
            if not isinstance(code, str) or not code:
                self.problems.append(f"{place}: entry {number} has no code.")
                continue
            seen[code] += 1
            if seen[code] == 2:
                self.problems.append(f"{place}: {code} is listed twice.")
            if seen[code] == 1:
                yield f"{place}, {code}", entry

    def _knows(
        self,
        entry: dict[str, Any],
        where: str,
        fields: tuple[str, ...],
        others: tuple[str, ...] = (),
        required: tuple[str, ...] = (),
    ) -> bool:
        strange = sorted(set(entry) - {"code", *fields, *others})
        missing = [name for name in required if name not in entry]
        self.problems.extend(f"{where}: {name} isn't known here." for name in strange)
        self.problems.extend(f"{where}: {name} is missing." for name in missing)
        return not strange and not missing

    # Rows

    def _put(
        self,
        model: type[models.Model],
        where: str,
        key: dict[str, Any],
        values: dict[str, Any],
        fields: tuple[str, ...],
        activities: list[Activity] | None = None,
    ) -> Any:
        """Bring one row up to its entry, unless somebody here decided otherwise.

        Returns the row as it now stands; it has no primary key if it was deleted here or is wrong.
        """
        label = f"{model._meta.verbose_name} {key['code']}"
        history = self._history(model, tuple(key))
        row: Any = model._default_manager.filter(**key).first()
        fresh = row is None
        if row is None:
            row = model(**key)
            if tuple(key.values()) in history.deleted and not self.overwrite:
                self.report.kept.append(f"{label}: deleted here")
                return row
        before = _values(row, fields)
        for name in fields:
            column: Any = model._meta.get_field(name)
            setattr(row, name, values[name] if name in values else column.get_default())
        try:
            row.full_clean()
        except ValidationError as error:
            for name, sentences in error.message_dict.items():
                self.problems.append(f"{where}: {name}: {' '.join(sentences)}")
            return row
        differing = [name for name, value in _values(row, fields).items() if value != before[name]]
        if not fresh and activities is not None and set(row.activities.all()) != set(activities):
            differing.append("activities")
        if not fresh and not differing:
            self.report.unchanged.append(label)
            return row
        if not fresh and not self.overwrite and not history.loaded.get(row.pk):
            self.report.kept.append(f"{label}: {', '.join(differing)} changed here")
            return model._default_manager.get(pk=row.pk)
        row._change_reason = LOADED
        row.save()
        if activities is not None:
            row.activities.set(activities)
        (self.report.created if fresh else self.report.updated).append(label)
        return row

    def _history(self, model: type[models.Model], key: tuple[str, ...]) -> _History:
        if model not in self._histories:
            self._histories[model] = _History(model, key)
        return self._histories[model]


def _values(row: models.Model, fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in fields}


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)
