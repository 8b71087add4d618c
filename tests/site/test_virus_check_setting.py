"""Where the virus check is: read at the start, or a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from cpor_site.env import EnvError, read

from .environments import PRODUCTION


@pytest.mark.parametrize(
    "address", ["", "unix:///run/clamav/clamd.ctl", "tcp://clamav:3310", "tcp://[::1]:3310"]
)
def test_addresses_of_the_daemon(address: str, tmp_path: Path) -> None:
    values = PRODUCTION | {"CPOR_VAR_DIR": str(tmp_path), "CPOR_CLAMAV": address}
    assert read(values).clamav == address


@pytest.mark.parametrize(
    "address",
    ["clamav:3310", "unix:relative", "unix://host/path", "tcp://", "tcp://a:b", "tcp://a:1/x"],
)
def test_what_is_no_address_is_a_sentence(address: str, tmp_path: Path) -> None:
    values = PRODUCTION | {"CPOR_VAR_DIR": str(tmp_path), "CPOR_CLAMAV": address}
    with pytest.raises(EnvError, match="CPOR_CLAMAV must be unix:///path or tcp://host:port"):
        read(values)


def test_the_demo_needs_none(tmp_path: Path) -> None:
    values = {"CPOR_MODE": "demo", "CPOR_VAR_DIR": str(tmp_path), "CPOR_CLAMAV": "tcp://a:1"}
    assert read(values).clamav == ""
