"""What tests of claims share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def stored(tmp_path: Path, settings: Any) -> Callable[[], list[str]]:
    """An empty private storage; returns what lies in it, as paths below it."""
    folder = tmp_path / "private"
    default = settings.STORAGES["default"]
    options = default["OPTIONS"] | {"location": folder}
    settings.STORAGES = settings.STORAGES | {"default": default | {"OPTIONS": options}}

    def look() -> list[str]:
        return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())

    return look
