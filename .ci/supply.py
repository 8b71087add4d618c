"""What the product is made of: hashes, licences, known vulnerabilities, a bill of materials.

Usage: .venv/bin/python .ci/supply.py [--strict]

Everything about requirements.lock, which is what a server runs. Writes var/supply/licences.csv and
var/supply/sbom.json (CycloneDX). Exit code 1 if a package has no hash, a licence that isn't on the
list, or a known vulnerability; the two last programs come from requirements-supply.lock. Where no
service for vulnerabilities answers, what nobody has checked is said; --strict then fails too.
"""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from email.message import Message
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
RESULTS = ROOT / "var" / "supply"
LICENCES = re.compile(
    r"\b(mit|bsd|0bsd|apache|isc|psf|python software foundation|mpl|mozilla|lgpl|lesser general"
    r"|unlicense|public domain|zlib|hpnd|mit-cmu|zpl|zope)\b",
    re.IGNORECASE,
)
"""What may be linked with and run as a service without its terms reaching the product."""


def pinned(lock: Path) -> dict[str, tuple[str, bool]]:
    """Return each package's version, and whether a hash is locked with it."""
    found: dict[str, tuple[str, bool]] = {}
    for part in re.split(r"\n(?=\S)", lock.read_text()):
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", part)
        if match:
            found[match[1]] = (match[2], "--hash=sha256:" in part)
    return found


def licence_of(package: str) -> str | None:
    """Return what a package says of its licence; None if it isn't installed on this machine."""
    try:
        about = cast(Message, metadata(package))
    except PackageNotFoundError:
        return None
    classes = [
        each.rpartition(" :: ")[2]
        for each in about.get_all("Classifier") or []
        if each.startswith("License ::")
    ]
    first_line = (about["License"] or "").strip().partition("\n")[0]
    said = about["License-Expression"] or " / ".join(classes) or first_line
    return str(said) or "unknown"


def check_hashes() -> list[str]:
    problems = []
    for lock in sorted(ROOT.glob("requirements*.lock")):
        packages = pinned(lock)
        bare = [name for name, (_version, has_hash) in packages.items() if not has_hash]
        print(f"{lock.name}: {len(packages)} packages, {len(bare)} without a hash")
        problems += [f"{lock.name}: {name} has no hash." for name in bare]
    return problems


def check_licences() -> list[str]:
    problems, rows = [], []
    for name, (version, _has_hash) in pinned(LOCK).items():
        licence = licence_of(name)
        if licence is None:
            continue  # For another system than this one.
        rows.append((name, version, licence))
        if not LICENCES.search(licence):
            problems.append(f"{name} {version}: “{licence}” is not on the list of licences.")
    with (RESULTS / "licences.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("package", "version", "licence"), *sorted(rows)])
    print(f"licences.csv: {len(rows)} packages")
    return problems


def run_program(*command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program out of requirements-supply.lock, in an environment of its own."""
    uv = str(ROOT / ".venv" / "bin" / "uv")
    locked = str(ROOT / "requirements-supply.lock")
    alone = [uv, "run", "--quiet", "--no-project", "--isolated", "--with-requirements", locked]
    return subprocess.run([*alone, *command], cwd=ROOT, check=False, text=True, **options)


def write_bill() -> list[str]:
    sbom = RESULTS / "sbom.json"
    sbom.unlink(missing_ok=True)
    done = run_program("cyclonedx-py", "requirements", str(LOCK), "--output-file", str(sbom))
    if done.returncode or not sbom.exists():
        return [f"Bill of materials: exit code {done.returncode}"]
    print(f"sbom.json: {len(json.loads(sbom.read_text())['components'])} packages")
    return []


def check_vulnerabilities() -> tuple[list[str], list[str]]:
    """Return what is wrong, and a sentence about packages that nobody has checked."""
    done = run_program(
        *("pip-audit", "--requirement", str(LOCK), "--require-hashes", "--disable-pip"),
        *("--format", "json", "--progress-spinner", "off"),
        capture_output=True,
    )
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        packages = []
    return judged(packages, done.returncode, done.stderr)


def judged(packages: list[dict[str, Any]], code: int, said: str) -> tuple[list[str], list[str]]:
    """Return the problems in pip-audit's answer, and what it says nothing about."""
    skipped = [each for each in packages if "skip_reason" in each]
    checked = len(packages) - len(skipped)
    problems = [
        f"{each['name']} {each['version']}: {found['id']}, mended in "
        f"{', '.join(found.get('fix_versions', [])) or 'no version yet'}"
        for each in packages
        for found in each.get("vulns", [])
    ]
    print(
        f"known vulnerabilities: {checked} of {len(packages)} packages checked, "
        f"{len(problems)} found"
    )
    if code and not problems and packages:
        problems.append(f"Known vulnerabilities: exit code {code}: {said.strip()[-500:]}")
    if packages and not skipped:
        return problems, []
    why = str(skipped[0]["skip_reason"]) if skipped else said.strip()[-500:]
    what = f"{len(skipped)} packages weren't" if checked else "Nothing was"
    return problems, [f"NOT CHECKED: {what} checked for known vulnerabilities ({why})."]


def verdict(problems: list[str], unchecked: list[str], *, strict: bool) -> int:
    """Say what is wrong and what nobody knows; return the exit code."""
    for each in (*problems, *unchecked):
        print(each, file=sys.stderr)
    return 1 if problems or (strict and unchecked) else 0


def main() -> int:
    RESULTS.mkdir(parents=True, exist_ok=True)
    problems = check_hashes() + check_licences() + write_bill()
    found, unchecked = check_vulnerabilities()
    return verdict(problems + found, unchecked, strict="--strict" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
