"""What the settings promise about files, cookies, pages and the database."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client

from cpor_site.celery import configuration
from cpor_site.env import read
from cpor_site.schedule import jobs

from .environments import PRODUCTION


def test_documents_are_private_files_without_an_address() -> None:
    name = default_storage.save("claims/proof.pdf", ContentFile(b"%PDF-1.7"))
    path = Path(default_storage.path(name))
    assert path.parent == settings.CPOR_VAR_DIR / "private" / "claims"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    with pytest.raises(ValueError, match="not accessible via a URL"):
        default_storage.url(name)


@pytest.mark.django_db
def test_every_page_forbids_foreign_and_inline_content(client: Client) -> None:
    response = client.get("/admin/login/")
    policy = dict(
        directive.split(" ", 1) for directive in response["Content-Security-Policy"].split("; ")
    )
    assert policy == {
        "default-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
    }
    headers = ("X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy")
    assert [response[name] for name in headers] == ["DENY", "nosniff", "same-origin"]


@pytest.mark.django_db(transaction=True)
def test_the_database_is_set_up_for_several_processes() -> None:
    if connection.vendor == "sqlite":
        assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout")
            assert cursor.fetchone() == (20_000,)
            cursor.execute("PRAGMA synchronous")
            assert cursor.fetchone() == (1,)
    else:
        assert connection.settings_dict["CONN_HEALTH_CHECKS"] is True
    assert connection.settings_dict["ATOMIC_REQUESTS"] is False


def test_beat_asks_for_tasks_that_exist() -> None:
    from cpor_site.celery import app

    app.loader.import_default_modules()
    assert {job.task for job in jobs(demo=False)} - set(app.tasks) == set()


def test_beat_s_entries_are_the_jobs(tmp_path: Path) -> None:
    env = read(PRODUCTION | {"CPOR_VAR_DIR": str(tmp_path)})
    entries = configuration(env)["beat_schedule"]
    assert entries == {
        job.name: {
            "task": job.task,
            "schedule": job.every,
            "options": {"expires": job.every.total_seconds()},
        }
        for job in jobs(demo=False)
    }


def test_messages_go_through_redis_where_there_is_one(tmp_path: Path) -> None:
    config = configuration(read(PRODUCTION | {"CPOR_VAR_DIR": str(tmp_path)}))
    assert config["broker_url"] == "redis://redis.example.com:6379/0"
    assert config["task_always_eager"] is False


def test_messages_go_through_folders_in_the_demo(tmp_path: Path) -> None:
    config = configuration(read({"CPOR_MODE": "demo", "CPOR_VAR_DIR": str(tmp_path)}))
    assert str(config["broker_url"]).startswith("filesystem://")
    made = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert made == ["celery", "celery/control", "celery/messages"]
