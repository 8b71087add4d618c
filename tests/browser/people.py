"""People in front of the desk, each with a browser of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    ViewportSize,
    WebError,
    expect,
)

from cpor_site.demo.accounts import DEMO_PASSWORD

PARTNER = "incentives.admin@fabrikam.example"
OTHER_PARTNER = "incentives.admin@northwind.example"
REVIEWER = "reviewer@desk.example"
SECOND_REVIEWER = "second.reviewer@desk.example"
LEAD = "lead@desk.example"
OPS = "ops@desk.example"
AUDITOR = "auditor@desk.example"

SCREEN: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
# Pages that say no are meant to be seen; the browser notes their status as an error.
REFUSALS = (403, 404, 409, 422)


class People:
    """Opens browsers and listens to what their pages complain about.

    A complaint is an error in the console (a breach of the content security policy is one), an
    uncaught exception, and a request to anywhere but the desk.
    """

    def __init__(
        self, browser: Browser, url: str, cookies: dict[str, Any], timeout_ms: float
    ) -> None:
        self._browser = browser
        self._url = url
        self._cookies = cookies
        self._timeout_ms = timeout_ms
        self._contexts: list[BrowserContext] = []
        self._complaints: list[tuple[str, str]] = []
        self._refused: set[str] = set()

    def visitor(self) -> Page:
        """Return a page of somebody who hasn't signed in."""
        return self._open(viewport=SCREEN)

    def visitor_with_phone(self) -> Page:
        """Return a page of somebody who holds a phone."""
        return self._open(viewport=PHONE, is_mobile=True, has_touch=True, device_scale_factor=2)

    def signed_in(self, email: str) -> Page:
        """Return a page of somebody who has signed in, now or in an earlier test."""
        if email not in self._cookies:
            page = self.visitor()
            sign_in(page, email)
            self._cookies[email] = page.context.storage_state()
            return page
        return self._open(viewport=SCREEN, storage_state=self._cookies[email])

    def photograph(self, folder: Path, name: str) -> None:
        """Keep a picture of every open page."""
        folder.mkdir(parents=True, exist_ok=True)
        pages = [page for context in self._contexts for page in context.pages]
        for number, page in enumerate(pages, start=1):
            page.screenshot(path=folder / f"{name}-{number}.png", full_page=True)

    def leave(self) -> list[str]:
        """Close all browsers and return what was complained about."""
        for context in self._contexts:
            context.close()
        return [text for where, text in self._complaints if where not in self._refused]

    def _open(self, **options: Any) -> Page:
        context = self._browser.new_context(
            base_url=self._url, locale="en-GB", reduced_motion="reduce", **options
        )
        context.set_default_timeout(self._timeout_ms)
        context.on("console", self._hear)
        context.on("weberror", self._hear_exception)
        context.on("request", self._watch)
        context.on("response", self._note_refusal)
        self._contexts.append(context)
        return context.new_page()

    def _hear(self, message: ConsoleMessage) -> None:
        where = message.location["url"]
        # What the tests themselves run in a page has no address.
        if message.type == "error" and where:
            self._complaints.append((where, f"{where}: {message.text}"))

    def _hear_exception(self, error: WebError) -> None:
        self._complaints.append(("", str(error.error)))

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((f"{self._url}/", "data:")):
            self._complaints.append(("", f"A request left for {request.url}"))

    def _note_refusal(self, response: Response) -> None:
        if response.status in REFUSALS and response.request.is_navigation_request():
            self._refused.add(response.url)


def sign_in(page: Page, email: str) -> None:
    """Fill in the sign-in page; ends on the person's first page."""
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).not_to_have_url("/sign-in/")
