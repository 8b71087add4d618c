"""The migrations, run for real on an empty PostgreSQL, make the very tables that the models name.

All other tests have their tables made from the models at once, which takes a fraction of the time.
On the migrated ones runs the benchmark of the sweeps too, which would have to make them as well.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from cpor_site.env import BASE_DIR

from .environments import process_environ

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

OURS = ("common", "claims", "consent", "reviews")
# Indexes that models cannot name, because only PostgreSQL has their kind.
BEYOND_THE_MODELS = {"tenant_name_beginning", "domain_beginning"}
# Only where the server has pg_trgm.
PARTS_OF_WORDS = {
    "claim_search_number",
    "claim_search_name",
    "claim_search_domain",
    "tenant_search_name",
}
# Of how Django numbers and hashes the names that it chooses itself.
CHOSEN_NAME = re.compile(r"_[0-9a-f]{8}(_\w+)?\b")

COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, character_maximum_length,
           numeric_precision, numeric_scale, is_identity, column_default
    FROM information_schema.columns WHERE table_schema = 'public'
"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text, contype, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
TRIGGERS = """
    SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"


def run(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=BASE_DIR,
        env=process_environ({"CPOR_MODE": "test", "DATABASE_URL": url}),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def migrated(django_db_setup: None) -> Iterator[str]:
    """The address of a database beside the one of the tests, made by the migrations alone."""
    address = urlsplit(os.environ["DATABASE_URL"])
    name = f"{connection.settings_dict['NAME']}_migrated"
    with psycopg.connect(address.geturl(), autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}"')
        server.execute(f'CREATE DATABASE "{name}"')
        url = address._replace(path=f"/{name}").geturl()
        done = run(url, "manage.py", "migrate", "--verbosity=0")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        yield url
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def of_ours(rows: list[tuple[Any, ...]]) -> Counter[tuple[str, ...]]:
    """What the rows say of tables of the product; a library's may differ by its own history."""
    return Counter(
        tuple(CHOSEN_NAME.sub("_", str(value)) for value in row)
        for row in rows
        if row[0].split("_")[0] in OURS
    )


def test_they_make_the_tables_of_the_models(migrated: str) -> None:
    with psycopg.connect(migrated) as tables, connection.cursor() as models:
        for question in (COLUMNS, CONSTRAINTS, TRIGGERS):
            models.execute(question)
            expected = of_ours(models.fetchall())
            assert expected
            assert of_ours(tables.execute(question).fetchall()) == expected
        models.execute(INDEXES)
        expected = of_ours(models.fetchall())
        rows = tables.execute(INDEXES).fetchall()
    beyond = {row[1] for row in rows} & (BEYOND_THE_MODELS | PARTS_OF_WORDS)
    assert beyond in (BEYOND_THE_MODELS, BEYOND_THE_MODELS | PARTS_OF_WORDS)
    assert of_ours([row for row in rows if row[1] not in beyond]) == expected


def test_the_benchmark_acts_on_every_claim_that_is_due_in_every_way(migrated: str) -> None:
    done = run(migrated, "benchmarks/sweeps.py", "--claims=400", "--due=60", "--plain=5")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("| stale claims |") == 4
    assert done.stdout.count("| consent windows |") == 4
