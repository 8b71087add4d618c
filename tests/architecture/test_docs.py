"""What the documentation generates from the code is up to date."""

from __future__ import annotations

from cpor_site import documents


def test_generated_parts_say_what_the_code_says() -> None:
    assert documents.outdated() == []
