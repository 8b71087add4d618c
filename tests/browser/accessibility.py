"""What a page must be for everybody: by axe-core, and without scrolling sideways."""

from __future__ import annotations

from typing import Any, Literal

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
    (SCREEN["width"], "dark"),
    (PHONE["width"], "light"),
)
# The second time only what hangs on width and colours: the elements are the same.
BY_LOOK = {
    "runOnly": {
        "type": "rule",
        "values": [
            "color-contrast",
            "link-in-text-block",
            "scrollable-region-focusable",
            "target-size",
        ],
    },
    "resultTypes": ["violations"],
}


def faults(page: Page) -> list[str]:
    """Return everything that is wrong with the page on a screen, on a phone and in the dark."""
    found = []
    for index, (width, colours) in enumerate(LOOKS):
        look = f"{width} px, {colours}"
        page.set_viewport_size({"width": width, "height": SCREEN["height"]})
        page.emulate_media(color_scheme=colours)
        # Colours that are still on their way to the new ones have no contrast to speak of.
        page.evaluate("document.getAnimations().forEach(each => each.finish())")
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{look}: scrolls sideways, being {wide} px wide")
        for violation in _violations(page, again=bool(index)):
            places = ", ".join(str(node["target"]) for node in violation["nodes"][:5])
            found.append(f"{look}: {violation['id']} ({violation['help']}) at {places}")
    page.set_viewport_size(SCREEN)
    return found


def _violations(page: Page, *, again: bool) -> list[dict[str, Any]]:
    if again:
        # axe-core is on the page by now, and takes longer to read than to run.
        return list(page.evaluate("async options => (await axe.run(options)).violations", BY_LOOK))
    return list(Axe().run(page, options=OPTIONS).response["violations"])
