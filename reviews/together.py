"""Several small tables read in one query, as the instances of their models.

A case page shows a few rows each of a dozen tables. Read one by one they cost a query each; here
every table's rows become JSON objects of one union, and instances again afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import DateTimeField, F, ForeignKey, JSONField, Model, QuerySet, Value
from django.db.models.functions import JSONObject

from cpor_site.common.models import User

PERSON = ("full_name", "email")
"""What is read along of the people that a row names, enough to show them."""


def read_together(parts: Mapping[str, QuerySet[Any]]) -> dict[str, list[Any]]:
    """Return the rows of each part as instances, in the order of their primary keys; one query.

    People that a row points to come along with name and e-mail; other relations stay unread.
    """
    found: dict[str, list[Any]] = {name: [] for name in parts}
    queries = [
        rows.order_by()
        .annotate(_part=Value(name), _row=_as_object(rows.model))
        .values_list("_part", "_row")
        for name, rows in parts.items()
    ]
    if not queries:
        return found
    for part, row in queries[0].union(*queries[1:], all=True):
        data = json.loads(row) if isinstance(row, str) else row
        found[part].append(_instance(parts[part].model, data))
    for rows in found.values():
        rows.sort(key=lambda each: each.pk)
    return found


def _people(model: type[Model]) -> list[Any]:
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.related_model is User
    ]


def _as_object(model: type[Model]) -> JSONObject:
    columns = {field.attname: F(field.attname) for field in model._meta.concrete_fields}
    for field in _people(model):
        columns |= {f"{field.name}__{each}": F(f"{field.name}__{each}") for each in PERSON}
    return JSONObject(**columns)


def _instance(model: type[Model], data: Mapping[str, Any]) -> Model:
    values = {
        field.attname: _value(field, data[field.attname]) for field in model._meta.concrete_fields
    }
    made = model(**values)
    made._state.adding = False
    for field in _people(model):
        key = values[field.attname]
        if key is not None:
            facts = {each: data[f"{field.name}__{each}"] for each in PERSON}
            setattr(made, field.name, User(pk=key, **facts))
    return made


def _value(field: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(field, JSONField):
        return json.loads(value) if isinstance(value, str) else value
    if isinstance(field, ForeignKey):
        return field.target_field.to_python(value)
    if isinstance(field, DateTimeField):
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return field.to_python(value)
