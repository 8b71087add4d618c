"""The tokens of the one stylesheet: both themes are checked for contrast (WCAG 2.2)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLESHEET = Path(__file__).resolve().parents[2] / "cpor_site" / "static" / "cpor" / "desk.css"
TOKEN = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")

TOKENS = {name: (light, dark) for name, light, dark in TOKEN.findall(STYLESHEET.read_text())}
THEMES = ("light", "dark")

TEXT = 4.5
ENHANCED_TEXT = 7
SHAPE = 3
PAIRS = [
    ("text", "surface", ENHANCED_TEXT),
    ("text", "surface-quiet", ENHANCED_TEXT),
    ("text", "accent-soft", ENHANCED_TEXT),
    ("text-quiet", "surface", ENHANCED_TEXT),
    ("text-quiet", "surface-quiet", ENHANCED_TEXT),
    ("accent", "surface", ENHANCED_TEXT),
    ("accent", "surface-quiet", ENHANCED_TEXT),
    ("accent-strong", "surface", ENHANCED_TEXT),
    ("accent-strong", "accent-soft", ENHANCED_TEXT),
    ("on-accent", "accent", ENHANCED_TEXT),
    ("on-accent", "accent-strong", ENHANCED_TEXT),
    ("danger", "surface", ENHANCED_TEXT),
    ("on-danger", "danger", ENHANCED_TEXT),
    ("on-danger", "danger-strong", ENHANCED_TEXT),
    ("nobody", "nobody-soft", ENHANCED_TEXT),
    ("reviewer", "reviewer-soft", ENHANCED_TEXT),
    ("partner", "partner-soft", ENHANCED_TEXT),
    ("customer", "customer-soft", ENHANCED_TEXT),
    ("good", "good-soft", ENHANCED_TEXT),
    ("bad", "bad-soft", ENHANCED_TEXT),
    ("accent", "accent-soft", TEXT),
    ("line-strong", "surface", SHAPE),
    ("line-strong", "surface-quiet", SHAPE),
    ("focus", "surface", SHAPE),
    ("focus", "surface-quiet", SHAPE),
]


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_yardstick_is_right() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_every_pair_has_contrast_in_both_themes(
    front: str, back: str, least: float, theme: str
) -> None:
    index = THEMES.index(theme)

    assert contrast(TOKENS[front][index], TOKENS[back][index]) >= least


def test_every_colour_is_checked() -> None:
    checked = {name for front, back, _ in PAIRS for name in (front, back)}

    assert set(TOKENS) - checked == {"line"}


def test_no_sheet_loads_anything_from_elsewhere() -> None:
    for sheet in STYLESHEET.parent.glob("*.css"):
        assert not re.search(r"@import|url\(", sheet.read_text()), sheet.name
