"""The lock files can be installed from any package index and hold what the product imports."""

import re
from importlib.metadata import packages_distributions

import pytest

from cpor_site.env import BASE_DIR

LOCKS = ("requirements.lock", "requirements-dev.lock")


def pins(name: str) -> set[str]:
    text = (BASE_DIR / name).read_text()
    return set(re.findall(r"^([a-z0-9][a-z0-9._-]*==[^ \\]+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_no_address_of_any_index(name: str) -> None:
    text = (BASE_DIR / name).read_text()
    assert re.findall(r"https?:|--(?:extra-)?index-url|--find-links|file:|/", text) == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_and_hashed(name: str) -> None:
    text = (BASE_DIR / name).read_text()
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    unlocked = [b.split()[0] for b in blocks if "==" not in b or "--hash=sha256:" not in b]
    assert (len(blocks) > 20, unlocked) == (True, [])


def test_the_development_lock_holds_the_same_versions() -> None:
    assert pins("requirements.lock") - pins("requirements-dev.lock") == set()


def test_only_the_maintained_package_provides_django_fsm() -> None:
    assert packages_distributions()["django_fsm"] == ["django-fsm-2"]
