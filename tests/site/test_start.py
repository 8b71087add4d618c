"""The product starts with good settings, and stops with sentences on bad ones."""

import subprocess
import sys
from pathlib import Path

import pytest

from cpor_site.env import BASE_DIR

from .environments import PRODUCTION, process_environ

STARTS = {
    "manage": ["manage.py", "check"],
    "worker": ["-m", "celery", "-A", "cpor_site", "worker"],
    "beat": ["-m", "celery", "-A", "cpor_site", "beat"],
    "web": ["-m", "gunicorn", "-c", "python:cpor_site.web_server", "cpor_site.wsgi"],
    "web without our settings": ["-m", "gunicorn", "-b", "127.0.0.1:0", "cpor_site.wsgi"],
}


def start(arguments: list[str], values: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=BASE_DIR,
        env=process_environ(values),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_deployment_check_is_clean_in_production(tmp_path: Path) -> None:
    done = start(
        ["manage.py", "check", "--deploy", "--fail-level", "DEBUG"],
        PRODUCTION | {"CPOR_VAR_DIR": str(tmp_path)},
    )
    assert (done.stdout, done.stderr, done.returncode) == (
        "System check identified no issues (0 silenced).\n",
        "",
        0,
    )


def test_the_deployment_check_knows_the_country_s_regions(tmp_path: Path) -> None:
    done = start(
        ["manage.py", "check", "--deploy"],
        PRODUCTION | {"CPOR_VAR_DIR": str(tmp_path), "CPOR_OPERATOR_SUBDIVISION": "ATLANTIS"},
    )
    assert done.returncode == 1
    assert "CPOR_OPERATOR_SUBDIVISION: SE has no subdivision 'ATLANTIS'" in done.stderr


@pytest.mark.parametrize("name", STARTS)
def test_a_bad_environment_stops_every_process_with_sentences(name: str, tmp_path: Path) -> None:
    done = start(
        STARTS[name],
        PRODUCTION
        | {"CPOR_VAR_DIR": str(tmp_path), "CPOR_PUBLIC_URL": "", "CPOR_OPERATOR_COUNTRY": "XX"},
    )
    said = (
        "The CPOR claims desk cannot start with these settings:\n"
        "  - CPOR_PUBLIC_URL is not set."
        " Example: CPOR_PUBLIC_URL=https://claims.example.com\n"
        "  - CPOR_OPERATOR_COUNTRY is “XX”, which is no country's two-letter ISO code."
        " Example: CPOR_OPERATOR_COUNTRY=DE\n"
    )
    assert done.returncode == 3
    assert done.stderr.count(said) == 1
    assert "Traceback" not in done.stderr + done.stdout


def test_a_folder_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    done = start(STARTS["manage"], PRODUCTION | {"CPOR_VAR_DIR": str(file)})
    assert done.returncode == 3
    assert done.stderr == (
        "The CPOR claims desk cannot start with these settings:\n"
        f"  - CPOR_VAR_DIR is “{file}”, a folder in which nothing can be written.\n"
    )


def test_a_notice_does_not_stop_the_start(tmp_path: Path) -> None:
    done = start(
        STARTS["manage"],
        PRODUCTION | {"CPOR_VAR_DIR": str(tmp_path), "CPOR_LOGLEVEL": "INFO"},
    )
    assert (done.returncode, done.stderr) == (
        0,
        "Note: CPOR_LOGLEVEL is set, but there is no such setting. Did you mean CPOR_LOG_LEVEL?\n",
    )
