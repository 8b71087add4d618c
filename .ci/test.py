"""Run every check of the product; the last line says how many passed, failed and were skipped.

Usage: .venv/bin/python .ci/test.py [arguments for pytest]

Goes through all steps even when one fails. Servers that tests need are started for them unless
DATABASE_URL or REDIS_URL name one. With CI=true nothing may be missing.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO

from pages import PAGES

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
RESULTS = ROOT / "var" / "test-results"
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
# The first has no window to paint and is far quicker than the others.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# The only reason for which a test may be skipped where nothing may be missing.
DATA_FILE_ABSENT = "data file absent"
NOTHING_COLLECTED = 5
# All steps together take about 24 minutes on two quiet cores, and no step more than half of it;
# docs/testing.md says what costs what. One that takes longer than all of them hangs.
LONGEST_STEP_SECONDS = 25 * 60
TOOK_TOO_LONG = 124
INTERRUPTED = 130
# Beside a step of ordinary priority, one with this gets about a tenth of a core that both want.
GIVING_WAY = 10


@dataclass
class Outcome:
    """What became of one step; `problem` is empty when it passed."""

    name: str
    seconds: float = 0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    problem: str = ""
    not_run: str = ""

    @property
    def word(self) -> str:
        if self.not_run:
            return "not run"
        return "failed" if self.problem else "passed"


@dataclass
class Run:
    """All steps of one run; `arguments` go to pytest."""

    arguments: list[str]
    outcomes: list[Outcome] = field(default_factory=list)
    out: TextIO = sys.stdout
    niceness: int = 0
    process: subprocess.Popen[bytes] | None = None
    interrupted: bool = False

    @contextmanager
    def beside(self, steps: Callable[[Run], None]) -> Iterator[None]:
        """Go through ``steps`` while the block runs; what they say is printed after the block.

        The block's own steps give way to those wherever both want a core.
        """
        with tempfile.TemporaryFile("w+") as out:
            other = Run(self.arguments, out=out)
            thread = threading.Thread(target=steps, args=(other,))
            thread.start()
            self.niceness = GIVING_WAY
            try:
                yield
                thread.join()
            finally:
                self.niceness = 0
                other.interrupt()
                thread.join()
            out.seek(0)
            shutil.copyfileobj(out, self.out)
            self.out.flush()
        self.outcomes += other.outcomes

    def interrupt(self) -> None:
        """Stop the step that runs, if there is one, and run no other."""
        self.interrupted = True
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)

    def check(self, name: str, *command: str, env: Mapping[str, str] | None = None) -> Outcome:
        """Run one command that either passes or fails."""
        outcome = self._begin(name)
        code = self._call(outcome, list(command), env or {})
        outcome.problem = f"exit code {code}" if code else ""
        outcome.passed, outcome.failed = (0, 1) if code else (1, 0)
        return outcome

    def tests(
        self, name: str, marks: str, *options: str, env: Mapping[str, str], alone: str = ""
    ) -> Outcome:
        """Run the tests that `marks` selects and count them; `alone` is a mark that all bear."""
        outcome = self._begin(f"Tests: {name}")
        report = RESULTS / f"{name.lower()}.xml"
        report.unlink(missing_ok=True)
        command = [str(BIN / "pytest"), "-m", marks, f"--junitxml={report}", *options]
        which = self.arguments or (files_with(alone) if alone else [])
        code = self._call(outcome, [*command, *which], env)
        reasons = _count(report, outcome)
        if code == NOTHING_COLLECTED and self.arguments:
            return outcome
        if code:
            outcome.problem = "no test was found" if code == NOTHING_COLLECTED else f"exit {code}"
            outcome.failed = max(outcome.failed, 1)
        elif IN_CI and (missing := [r for r in reasons if not r.startswith(DATA_FILE_ABSENT)]):
            outcome.problem = f"skipped, though nothing may be missing here: {missing[0]}"
            outcome.failed += len(missing)
            outcome.skipped -= len(missing)
        return outcome

    def missing(self, name: str, why: str) -> None:
        """Note that a step could not run, which is a failure in CI."""
        outcome = self._begin(name)
        print(why, file=self.out)
        if IN_CI:
            outcome.problem, outcome.failed = why, 1
        else:
            outcome.not_run = why

    def _begin(self, name: str) -> Outcome:
        print(f"\n== {name} ==", file=self.out, flush=True)
        self.outcomes.append(Outcome(name))
        return self.outcomes[-1]

    def _call(self, outcome: Outcome, command: list[str], env: Mapping[str, str]) -> int:
        if self.interrupted:
            return INTERRUPTED
        start = time.monotonic()
        own = {} if self.out is sys.stdout else {"stdout": self.out, "stderr": subprocess.STDOUT}
        if self.niceness:
            command = ["nice", "-n", str(self.niceness), *command]
        with subprocess.Popen(command, cwd=ROOT, env=_environ() | env, **own) as process:
            self.process = process
            try:
                code = process.wait(LONGEST_STEP_SECONDS)
            except subprocess.TimeoutExpired:
                minutes = LONGEST_STEP_SECONDS // 60
                print(f"Stopped: no end after {minutes} minutes.", file=self.out, flush=True)
                code = TOOK_TOO_LONG
                process.send_signal(signal.SIGINT)  # pytest still says what it knows.
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
            except BaseException:
                process.kill()
                raise
        outcome.seconds = time.monotonic() - start
        return code

    def summary(self) -> bool:
        """Print the table and the totals; tells whether everything passed."""
        print("\n== Summary ==")
        width = max(len(outcome.name) for outcome in self.outcomes)
        for each in self.outcomes:
            counts = f"{each.passed} passed, {each.failed} failed, {each.skipped} skipped"
            detail = each.not_run or f"{counts}, {each.seconds:.0f} s"
            print(f"  {each.name:<{width}}  {each.word:<7}  {detail}")
            if each.problem:
                print(f"  {'':<{width}}           {each.problem}")
        passed, failed, skipped = (
            sum(getattr(each, what) for each in self.outcomes)
            for what in ("passed", "failed", "skipped")
        )
        print(f"\n{passed} passed, {failed} failed, {skipped} skipped", flush=True)
        return not failed


def _environ() -> dict[str, str]:
    """This process's environment without the addresses, which only some steps may see."""
    own = ("DATABASE_URL", "REDIS_URL", "PYTHONDONTWRITEBYTECODE")
    kept = {k: v for k, v in os.environ.items() if k not in own}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONUNBUFFERED": "1",
        # Many processes start: compiling the product anew takes each of them a second or two.
        "PYTHONPYCACHEPREFIX": str(ROOT / "var" / "pycache"),
    }


def _count(report: Path, outcome: Outcome) -> list[str]:
    """Add the report's numbers to `outcome` and return the reasons of skipped tests."""
    if not report.exists():
        return []
    tree = ET.parse(report)  # noqa: S314 - written by pytest a moment ago
    for suite in tree.iter("testsuite"):
        number = {key: int(suite.get(key, "0")) for key in ("tests", "failures", "errors")}
        skipped = int(suite.get("skipped", "0"))
        bad = number["failures"] + number["errors"]
        outcome.failed += bad
        outcome.skipped += skipped
        outcome.passed += max(number["tests"] - bad - skipped, 0)
    return [each.get("message", "") for each in tree.iter("skipped")]


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Addresses of PostgreSQL and Redis for the time of the block; empty if they cannot start."""
    process = subprocess.Popen(
        [str(BIN / "python"), str(ROOT / ".ci" / "servers.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        yield json.loads(line) if line else {}
    finally:
        process.stdin.close()
        process.wait()


def find_browser() -> tuple[str, list[str]]:
    """The path of a Chromium, and the Debian packages that are missing for driving it.

    What is missing is installed first where that is possible.
    """
    install(missing_packages())
    missing = missing_packages()
    return next(filter(None, map(shutil.which, BROWSERS)), ""), missing


def install(packages: list[str]) -> None:
    """Bring Debian packages where that is possible."""
    if not packages or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"\n== Installing {' and '.join(packages)} ==", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    bring = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-qq"], bring):
        subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)


def has_scanner() -> bool:
    """Whether ClamAV's daemon is there; its tests bring their own signature."""
    return bool(shutil.which("clamd", path=os.environ.get("PATH", "") + ":/usr/sbin"))


def missing_packages() -> list[str]:
    missing = [] if any(map(shutil.which, BROWSERS)) else ["chromium-headless-shell"]
    # Playwright brings its own Node.js, which needs a library that a small Debian has not.
    driver = next(ROOT.glob(".venv/lib/python*/site-packages/playwright/driver/node"))
    if subprocess.run([driver, "--version"], capture_output=True, check=False).returncode:
        missing.append("libatomic1")
    return missing


def files_with(mark: str) -> list[str]:
    """The test files that name the mark; to collect all others takes longer than these few run."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [str(each) for each in files if f"mark.{mark}" in each.read_text()]


def count_browser_tests() -> str:
    command = [str(BIN / "pytest"), "-m", "browser", "--collect-only", "-q"]
    listing = subprocess.run(
        command, cwd=ROOT, env=_environ(), capture_output=True, text=True, check=False
    )
    return str(sum("::" in line for line in listing.stdout.splitlines()))


def check_all(run: Run) -> None:
    python = str(BIN / "python")
    run.check("Style", str(BIN / "ruff"), "check", ".")
    run.check("Format", str(BIN / "ruff"), "format", "--check", ".")
    run.check("Import contracts", str(BIN / "lint-imports"))
    run.check("Types", str(BIN / "mypy"))
    run.check("Migrations", python, "manage.py", "makemigrations", "--check", "--dry-run")
    run.check("System check", python, "manage.py", "check", "--fail-level", "WARNING")


def run_processes(run: Run) -> None:
    # The web scanner has its own packages; without them, its test says what is missing. They need
    # the Python that this one's environment was made with, because that has pip.
    python = str(Path(sys.base_prefix) / "bin" / "python3")
    bring = [python, str(ROOT / ".ci" / "venv.py"), "requirements-scan.lock", ".venv-scan"]
    subprocess.run(bring, stdout=run.out, stderr=run.out, check=False)
    if not has_scanner():
        install(["clamav-daemon"])
    marks = "stack and not browser"
    run.tests("Processes", marks, "--no-migrations", env={}, alone="stack")


def run_all(run: Run) -> None:
    # Half of the tests in their order to each, because neighbours share what they begin with.
    two = ("-n", "2", "--dist", "worksteal")
    # tests/site/test_migrations.py and the demo run the migrations; elsewhere the tables are made
    # from the models at once.
    at_once = (*two, "--no-migrations")
    no_servers = "not browser and not postgres and not redis and not stack"
    # Tests of processes mostly wait; what they wait for comes in time because all else gives way.
    with run.beside(run_processes):
        check_all(run)
        run.tests("SQLite", no_servers, *at_once, env={})
    with servers() as address:
        if "DATABASE_URL" in address:
            database = {"DATABASE_URL": address["DATABASE_URL"]}
            # Only what touches a database: the rest has run a moment ago.
            with_database = "django_db and not browser and not redis and not stack"
            pages = (f"--ignore={each}" for each in PAGES)
            run.tests("PostgreSQL", with_database, *at_once, *pages, env=database)
        else:
            run.missing("Tests: PostgreSQL", "No PostgreSQL could be started; see above.")
        if "REDIS_URL" in address:
            redis = {"REDIS_URL": address["REDIS_URL"]}
            run.tests("Redis", "redis", "--no-migrations", env=redis, alone="redis")
        else:
            run.missing("Tests: Redis", "No server with Redis's protocol could be started.")
    browser, missing = find_browser()
    if not missing:
        # Each of the two has a desk of its own; the tests of a file share one, in their order.
        files = (*two, "--dist", "loadfile")
        run.tests("Browser", "browser", *files, env={"CHROMIUM": browser}, alone="browser")
    else:
        what = " and ".join(missing)
        run.missing(
            "Tests: Browser",
            f"{count_browser_tests()} tests did not run for want of {what}. "
            f"To get what is missing: sudo apt-get install {' '.join(missing)}",
        )


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    RESULTS.mkdir(parents=True, exist_ok=True)
    run = Run(sys.argv[1:])
    try:
        run_all(run)
    except KeyboardInterrupt:
        print("\nInterrupted.")
        return 130
    return 0 if run.summary() else 1


if __name__ == "__main__":
    sys.exit(main())
