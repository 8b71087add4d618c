"""What the tests of the registry share."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse


def page(model: Any, name: str, *arguments: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=arguments)


def shown(client: Client, row: Any) -> dict[str, Any]:
    """What the row's form would send if somebody only pressed Save."""
    form = client.get(page(row, "change", row.pk)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False)}


def change(client: Client, row: Any, **changes: Any) -> Any:
    data = shown(client, row) | changes
    return client.post(
        page(row, "change", row.pk), {name: value for name, value in data.items() if value}
    )


def add(client: Client, model: Any, **values: Any) -> Any:
    return client.post(page(model, "add"), values)


def saved(response: Any) -> bool:
    assert response.status_code in (200, 302)
    return response.status_code == 302
