"""Production's way of passing messages, with a server that speaks Redis's protocol."""

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.core.cache import cache

from cpor_site.env import BASE_DIR

from .environments import PRODUCTION, process_environ

pytestmark = pytest.mark.redis


def run(*arguments: str, environ: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, *arguments], cwd=BASE_DIR, env=environ, check=True, capture_output=True
    )


def job_runs(database: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT job FROM common_jobrun").fetchall()


def test_the_cache_is_shared_by_all_processes() -> None:
    cache.set("greeting", {"language": "pl"}, timeout=60)
    program = "import sys, redis; print(redis.Redis.from_url(sys.argv[1]).keys('cpor:*'))"
    done = subprocess.run(
        [sys.executable, "-c", program, os.environ["REDIS_URL"]],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (cache.get("greeting"), done.stdout) == ({"language": "pl"}, "[b'cpor:1:greeting']\n")
    cache.clear()


def test_a_worker_in_production_mode_runs_what_it_is_asked_for(tmp_path: Path) -> None:
    database = tmp_path / "cpor.sqlite3"
    environ = process_environ(
        PRODUCTION
        | {
            "DATABASE_URL": f"sqlite:///{database}",
            "REDIS_URL": os.environ["REDIS_URL"],
            "CPOR_VAR_DIR": str(tmp_path),
        }
    )
    # The same settings, but that all tables are made at once.
    at_once = environ | {"DJANGO_SETTINGS_MODULE": "tests.chaos.settings"}
    run("manage.py", "migrate", "--run-syncdb", "--verbosity=0", environ=at_once)
    celery = (sys.executable, "-m", "celery", "--quiet", "-A", "cpor_site")
    with (tmp_path / "log").open("wb") as log:
        worker = subprocess.Popen(
            [*celery, "worker", "--pool=solo", "--loglevel=WARNING"],
            cwd=BASE_DIR,
            env=environ,
            stdout=log,
            stderr=log,
        )
    try:
        run(*celery[1:], "call", "cpor_site.common.tasks.send_outbox", environ=environ)
        end = time.monotonic() + 60
        while not job_runs(database) and time.monotonic() < end:
            time.sleep(0.2)
        assert job_runs(database) == [("send_outbox",)], (tmp_path / "log").read_text()
    finally:
        worker.terminate()
        worker.wait(30)
    assert worker.returncode == 0
