"""The benchmark of the sweeps runs, on a small database of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
NAME = "cpor_benchmark_smoke"

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_every_way_acts_on_every_claim_that_is_due() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {NAME}")
        cursor.execute(f"CREATE DATABASE {NAME}")
    try:
        address = os.environ["DATABASE_URL"].replace("/postgres?", f"/{NAME}?")
        assert NAME in address
        done = subprocess.run(
            [sys.executable, "benchmarks/sweeps.py", "--claims", "400", "--due", "60", "--plain=5"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": address, "CPOR_MODE": "test"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("| stale claims |") == 4
    assert done.stdout.count("| consent windows |") == 4
