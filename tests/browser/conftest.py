"""The running desk, the people in front of it, and what is kept when a test fails."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from cpor_site.env import BASE_DIR

from .desk import Desk
from .people import People
from .registry import Registry, import_registry

EVIDENCE = BASE_DIR / "var" / "browser"
TIMEOUT_MS = 45_000
FAILED = pytest.StashKey[bool]()

expect.set_options(timeout=TIMEOUT_MS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium; its sandbox cannot start where root runs it.

    It reaches this machine and nothing else, whatever a page or the browser itself may want.
    """
    names = ("chromium-headless-shell", "chromium")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    assert path, "There is no Chromium. On Debian: apt-get install chromium-headless-shell"
    options = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ]
    if os.geteuid() == 0:
        options.append("--no-sandbox")
    return browser_type_launch_args | {"executable_path": path, "args": options}


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all tests; the first ones see its demo data as they are loaded."""
    running = Desk(tmp_path_factory.mktemp("desk"))
    try:
        running.start()
        yield running
    except AssertionError:
        _keep_log(running, "start")
        raise
    finally:
        running.stop()


@pytest.fixture(scope="session")
def registry(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A customer whom the demo doesn't know, imported from files."""
    return import_registry(desk, tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="session")
def cookies() -> dict[str, Any]:
    """Who has signed in already, with the cookies that they got."""
    return {}


@pytest.fixture
def people(
    request: pytest.FixtureRequest, browser: Browser, desk: Desk, cookies: dict[str, Any]
) -> Iterator[People]:
    """Opens browsers for people; when the test ends, none of their pages may have complained."""
    present = People(browser, desk.url, cookies, TIMEOUT_MS)
    yield present
    if request.node.stash.get(FAILED, False):
        name = re.sub(r"\W+", "-", request.node.name).strip("-")
        present.photograph(EVIDENCE, name)
        _keep_log(desk, name)
    complaints = present.leave()
    assert complaints == []


def _keep_log(desk: Desk, name: str) -> None:
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    (EVIDENCE / f"{name}.log").write_text(desk.said)
