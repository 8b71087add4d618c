"""Who changed what on a claim, from the histories of the claim, its lines, contacts and documents.

Reads every history once and every table that a foreign key points to once, however many entries
there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Literal

from django.conf import settings
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext

from . import standing
from .confirmations import words_of
from .models import Claim, ClaimContact, ClaimLine, Membership, PoEDocument
from .states import RejectionReason
from .wording import date_words, event_words

Verb = Literal["added", "changed", "removed"]
VERBS: dict[str, Verb] = {"+": "added", "~": "changed", "-": "removed"}
BY_CUSTOMER = frozenset({"consent_declined", "line_refused", "consent_withdrawn", "line_withdrawn"})
TECHNICAL = frozenset(
    {"id", "claim", "number", "created_at", "created_by", "file", "content_type", "size"}
)
"""Fields that never change or say nothing to a reader."""
FOR_REVIEWERS = frozenset({"assigned_reviewer", "contested", "deadline_kind"})
"""Fields that a partner doesn't see: who reviews, whether somebody else claims the same, and which
clock runs, which the claim's status says in words."""
ACTS_OF_REVIEWERS = frozenset({"claim_reassigned"})
"""Reasons of entries that a partner doesn't see at all."""


@dataclass(frozen=True)
class FieldChange:
    """One field's value before and after, as a reader sees it; empty where there was none."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Change:
    """One entry: what happened to ``thing`` (the claim, a line, a contact, a document).

    ``reason`` is the act in words, where the entry belongs to one.
    """

    at: datetime
    who: str
    thing: str
    verb: Verb
    reason: str
    fields: tuple[FieldChange, ...]


def changes_of(claim: Claim, *, for_partner: bool = False) -> list[Change]:
    """Return every change of the claim and of what belongs to it, newest first.

    ``for_partner`` leaves out what only reviewers see and names the partner's own people alone, so
    nobody who reviewed before leaving the operator either.
    """
    named = _people_of(claim) if for_partner else None
    every = [
        *_entries(Claim, id=claim.pk),
        *_entries(ClaimLine, claim_id=claim.pk),
        *_entries(ClaimContact, claim_id=claim.pk),
        *_entries(PoEDocument, claim_id=claim.pk),
    ]
    names = _names(every)
    by_object = defaultdict(list)
    for entry in every:
        by_object[type(entry), entry.id].append(entry)
    steps = [
        (before, entry)
        for entries in by_object.values()
        for before, entry in pairwise([None, *entries])
        if not (for_partner and entry.history_change_reason in ACTS_OF_REVIEWERS)
    ]
    steps.sort(key=lambda step: (step[1].history_date, step[1].history_id), reverse=True)
    changes = [_change(before, entry, names, named) for before, entry in steps]
    return [each for each in changes if each.fields or each.reason or each.verb == "removed"]


def _entries(model: type[models.Model], **condition: Any) -> list[Any]:
    history = model.history.filter(**condition)  # type: ignore[attr-defined]
    prefetched = [f"{each}_set" for each in _through_names(history.model)]
    return list(
        history.select_related("history_user")
        .prefetch_related(*prefetched)
        .order_by("history_date", "history_id")
    )


def _through_names(history_model: type[models.Model]) -> list[str]:
    return [
        f"{history_model._meta.model_name}_{field.name}"
        for field in history_model._history_m2m_fields  # type: ignore[attr-defined]
    ]


Names = Mapping[tuple[type[models.Model], Any], str]


def _names(entries: Iterable[Any]) -> Names:
    """Return the name of every row that an entry points to; one query for each table."""
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for entry in entries:
        for field in entry.tracked_fields:
            key = getattr(entry, field.attname)
            if field.remote_field and key is not None and field.name not in TECHNICAL:
                wanted[field.related_model].add(key)
        for field in entry._history_m2m_fields:
            wanted[field.related_model].update(_linked(entry, field))
    names: dict[tuple[type[models.Model], Any], str] = {}
    lines = wanted.pop(ClaimLine, set())
    for model, keys in wanted.items():
        for key, row in model._default_manager.in_bulk(keys).items():
            names[model, key] = str(row)
    for line in ClaimLine.objects.filter(pk__in=lines).select_related("product"):
        names[ClaimLine, line.pk] = str(line.product)
    return names


def _linked(entry: Any, field: Any) -> list[Any]:
    rows = getattr(entry, f"{entry._meta.model_name}_{field.name}_set").all()
    column = f"{field.m2m_reverse_field_name()}_id"
    return sorted(getattr(row, column) for row in rows)


def _people_of(claim: Claim) -> frozenset[int]:
    """Return the users who are or were members of the claim's partner."""
    members = Membership.objects.filter(organization=claim.organization_id)
    return frozenset(members.order_by().values_list("user_id", flat=True))


def _change(before: Any, entry: Any, names: Names, named: frozenset[int] | None) -> Change:
    verb = VERBS[entry.history_type]
    reason = entry.history_change_reason or ""
    return Change(
        at=entry.history_date,
        who=_who(entry, reason, named),
        thing=_thing(entry, names),
        verb=verb,
        reason=event_words(reason) if reason else "",
        fields=() if verb == "removed" else tuple(_fields(before, entry, names, named is not None)),
    )


def _who(entry: Any, reason: str, named: frozenset[int] | None) -> str:
    user = entry.history_user
    if user is not None:
        return str(user) if named is None or user.pk in named else gettext("Reviewer")
    return gettext("Customer") if reason in BY_CUSTOMER else gettext("System")


def _thing(entry: Any, names: Names) -> str:
    if isinstance(entry, ClaimLine.history.model):
        product = ClaimLine._meta.get_field("product").related_model
        return names.get((product, entry.product_id), "")  # type: ignore[arg-type]
    if isinstance(entry, ClaimContact.history.model):
        return capfirst(str(entry.get_kind_display()))
    if isinstance(entry, PoEDocument.history.model):
        return str(entry.original_name)
    return capfirst(str(Claim._meta.verbose_name))


def _fields(before: Any, entry: Any, names: Names, for_partner: bool) -> Iterable[FieldChange]:
    hidden = TECHNICAL | FOR_REVIEWERS if for_partner else TECHNICAL
    for field in entry.tracked_fields:
        if field.name in hidden:
            continue
        new = getattr(entry, field.attname)
        old = getattr(before, field.attname) if before else field.get_default()
        if old != new:
            shown_old = _shown(field, old, names) if before else ""
            shown_new = _shown(field, new, names)
            if shown_old != shown_new:
                yield FieldChange(_label(field), shown_old, shown_new)
    for field in entry._history_m2m_fields:
        old_keys = _linked(before, field) if before else []
        new_keys = _linked(entry, field)
        if old_keys != new_keys:
            yield FieldChange(
                _label(field),
                _all_shown(field, old_keys, names),
                _all_shown(field, new_keys, names),
            )


def _confirmed(key: str, text: str) -> str:
    """Return a confirmed warning in words, with its code and the explanation that was given."""
    code = key.partition(":")[0]
    words = f"{words_of(code)} ({code})"
    return f"{words} “{text}”" if text else words


def _label(field: Any) -> str:
    return capfirst(str(field.verbose_name))


def _all_shown(field: Any, keys: list[Any], names: Names) -> str:
    return ", ".join(names.get((field.related_model, key), str(key)) for key in keys)


def _shown(field: Any, value: Any, names: Names) -> str:
    if value is None or value == "":
        return ""
    if field.remote_field:
        return names.get((field.related_model, value), str(value))
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime):
        return f"{standing.day(value)}, {standing.time(value)}"
    if isinstance(value, date):
        return date_words(value)
    if isinstance(value, dict):
        return "; ".join(_confirmed(key, text) for key, text in value.items())
    if field.name == "locale":
        return str(dict(settings.LANGUAGES).get(value, value))
    if isinstance(value, list):
        labels = dict(RejectionReason.choices)
        return ", ".join(str(labels.get(each, each)) for each in value)
    return str(value)
