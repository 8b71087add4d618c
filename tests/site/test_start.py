"""The product starts with good settings, and stops with sentences on bad ones."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.checks import ERROR, run_checks
from pytest_django import Settings

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


def test_the_deployment_check_is_clean_in_production_and_a_notice_stops_nothing(
    tmp_path: Path,
) -> None:
    done = start(
        ["manage.py", "check", "--deploy", "--fail-level", "DEBUG"],
        PRODUCTION | {"CPOR_VAR_DIR": str(tmp_path), "CPOR_LOGLEVEL": "INFO"},
    )
    assert (done.stdout, done.stderr, done.returncode) == (
        "System check identified no issues (0 silenced).\n",
        "Note: CPOR_LOGLEVEL is set, but there is no such setting. Did you mean CPOR_LOG_LEVEL?\n",
        0,
    )


def test_the_deployment_check_knows_the_country_s_regions(settings: Settings) -> None:
    settings.CPOR_OPERATOR_COUNTRY = "SE"
    settings.CPOR_OPERATOR_SUBDIVISION = "ATLANTIS"
    said = "CPOR_OPERATOR_SUBDIVISION: SE has no subdivision 'ATLANTIS'"
    found = [each for each in run_checks(include_deployment_checks=True) if said in each.msg]
    assert [each.level for each in found] == [ERROR]


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


def test_production_s_settings(tmp_path: Path) -> None:
    """What only production has: documents in a bucket, mail by SMTP, cookies for TLS alone."""
    program = (
        "import django, json; django.setup()\n"
        "from django.conf import settings\n"
        "from django.core.files.storage import default_storage\n"
        "from django.urls import get_resolver\n"
        "names = ('DEBUG', 'CPOR_CLOCK_FILE', 'EMAIL_BACKEND', 'EMAIL_HOST', 'EMAIL_PORT',"
        " 'EMAIL_USE_TLS', 'SECURE_PROXY_SSL_HEADER', 'SESSION_COOKIE_NAME',"
        " 'SESSION_COOKIE_SECURE', 'CSRF_COOKIE_SECURE', 'PASSWORD_HASHERS')\n"
        "values = {name: getattr(settings, name) for name in names}\n"
        "values['document'] = default_storage.url('claims/proof.pdf')\n"
        "values['demo'] = [str(p.pattern) for p in get_resolver().url_patterns"
        " if 'demo' in str(p.pattern)]\n"
        "print(json.dumps(values))"
    )
    bucket = {
        "AWS_STORAGE_BUCKET_NAME": "cpor-private",
        "AWS_S3_REGION_NAME": "eu-north-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    done = start(
        ["-c", program],
        PRODUCTION
        | bucket
        | {
            "CPOR_VAR_DIR": str(tmp_path),
            "CPOR_PROXY_SSL_HEADER": "X-Forwarded-Proto",
            "CPOR_TRUSTED_PROXIES": "1",
            "DJANGO_SETTINGS_MODULE": "cpor_site.settings",
        },
    )
    assert done.stderr == ""
    values = json.loads(done.stdout)
    document = urlsplit(values.pop("document"))
    query = dict(parse_qsl(document.query))
    assert document.path == "/claims/proof.pdf"
    assert document.hostname == "cpor-private.s3.eu-north-1.amazonaws.com"
    assert (query["X-Amz-Algorithm"], query["X-Amz-Expires"]) == ("AWS4-HMAC-SHA256", "60")
    assert values == {
        "DEBUG": False,
        "CPOR_CLOCK_FILE": None,
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "mail.example.com",
        "EMAIL_PORT": 587,
        "EMAIL_USE_TLS": True,
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
        "SESSION_COOKIE_NAME": "__Host-cpor_session",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "PASSWORD_HASHERS": [
            "django.contrib.auth.hashers.Argon2PasswordHasher",
            "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        ],
        "demo": [],
    }
