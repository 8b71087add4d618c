"""Scans a desk with the demo's claims as four people; exit code 1 if there is any finding.

    make scan MINUTES=10

Two people look at a time, and both pairs have half of the time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .desk import Desk, Looker, running_desk
from .scanner import LOOKS, NOT_RUN, PROGRAM, STRANGERS_TRICKS, TRICKS, Result, failures, scan
from .scanner import wrong_with as wrong_with_scan

PREPARING = 60.0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.scan", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="for all scans together")
    minutes = parser.parse_args(arguments).minutes
    if not PROGRAM.exists():
        say("The scanner isn't installed. Use: make scan")
        return 1
    seconds = max(30.0, (minutes * 60 - PREPARING) / 2)
    say("Preparing the desk ...")
    with tempfile.TemporaryDirectory(prefix="cpor-scan-") as name:
        folder = Path(name)
        begun = time.monotonic()
        with running_desk(folder, demo=True) as desk:
            say(f"{desk.address} is up after {time.monotonic() - begun:.0f} s.")
            problems, results = look(desk, folder, seconds)
            problems += [f"Server: {line}" for line in failures(desk)]
    return told(problems, results)


def look(desk: Desk, folder: Path, seconds: float) -> tuple[list[str], list[Result]]:
    """Scan as every person; those who may change the others' rights come last."""
    problems: list[str] = []
    results: list[Result] = []

    def scanned(looker: Looker) -> Result:
        tricks = STRANGERS_TRICKS if not looker.session else ()
        modules = (*LOOKS, *TRICKS, *tricks)
        return scan(desk, looker, modules, folder / looker.name, seconds)

    for number in range(0, len(desk.lookers), 2):
        pair = desk.lookers[number : number + 2]
        with ThreadPoolExecutor(len(pair)) as pool:
            found = list(pool.map(scanned, pair))
        for looker, result in zip(pair, found, strict=True):
            say(f"\n{looker.name}: {result.addresses} addresses and forms; looked at by")
            done = (f"{module} {count}" for module, count in result.attacked.items())
            say("  " + ", ".join(done))
            said = wrong_with_scan(desk, looker, result)
            for each in (*result.findings, *said):
                say(f"  {each}")
            problems += said
        results += found
    return problems, results


def told(problems: list[str], results: list[Result]) -> int:
    """Say what was found; return the exit code."""
    found = [finding for result in results for finding in result.findings]
    real = [each for each in found if not each.false_alarm]
    for each in found:
        if each.false_alarm:
            say(f"False alarm, {each.false_alarm}: {each}")
    say("\nNot run: " + "; ".join(f"{module} ({why})" for module, why in NOT_RUN.items()))
    for problem in problems:
        say(problem)
    for each in real:
        say(f"\n{each}\n{each.request}")
    say(f"\n{len(real)} findings, {len(problems)} problems of the scan itself.")
    return 1 if real or problems else 0


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - it talks to the person who runs it


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
