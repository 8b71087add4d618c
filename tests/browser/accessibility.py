"""What a page must be for everybody: by axe-core, and without scrolling sideways."""

from __future__ import annotations

from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from .people import PHONE, SCREEN

OPTIONS = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    },
    "resultTypes": ["violations"],
}
# Each width and each set of colours once: what is wrong in one shows in the other as well.
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = (
    (PHONE["width"], "light"),
    (SCREEN["width"], "dark"),
)


def faults(page: Page) -> list[str]:
    """Return everything that is wrong with the page on a screen, on a phone and in the dark."""
    found = []
    for width, colours in LOOKS:
        look = f"{width} px, {colours}"
        page.set_viewport_size({"width": width, "height": SCREEN["height"]})
        page.emulate_media(color_scheme=colours)
        # Colours that are still on their way to the new ones have no contrast to speak of.
        page.evaluate("document.getAnimations().forEach(each => each.finish())")
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{look}: scrolls sideways, being {wide} px wide")
        for violation in Axe().run(page, options=OPTIONS).response["violations"]:
            places = ", ".join(str(node["target"]) for node in violation["nodes"][:5])
            found.append(f"{look}: {violation['id']} ({violation['help']}) at {places}")
    return found
