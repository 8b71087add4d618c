"""Bring a virtual environment up to a lock file; needs nothing but Python and pip.

Usage: python3 .ci/venv.py requirements.lock [.venv]

Installs only when the lock file's checksum differs from the one of the last installation. Written
for older versions of Python 3 too, so that they get a sentence instead of a syntax error.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCATION = VENV / "location"
# A lock file on the left also holds everything that those on the right pin.
CONTAINS = {"requirements-dev.lock": ["requirements.lock"]}


def fail(sentence):
    sys.stderr.write(sentence + "\n")
    sys.exit(1)


def run(*command):
    return subprocess.call([str(part) for part in command], cwd=str(ROOT))


def checksum(name):
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def stamp(name):
    return VENV / f"installed-{name}.sha256"


def installed(name):
    return stamp(name).exists() and stamp(name).read_text() == checksum(name)


def works():
    """Tell whether .venv was made at this place and holds a Python that starts and is new enough.

    Its programs name the place where they were installed, so a moved checkout needs a new one.
    """
    question = "import sys; sys.exit(sys.version_info < (3, 11))"
    here = LOCATION.exists() and LOCATION.read_text() == str(VENV)
    return here and PYTHON.exists() and run(PYTHON, "-c", question) == 0


def check_tools():
    mine = sys.executable
    if sys.version_info < (3, 11):  # noqa: UP036 - this is the sentence for older ones
        version = "{}.{}".format(*sys.version_info)
        fail(
            f"Python 3.11 or newer is needed, but {mine} is {version}. "
            "Name another one: make PYTHON=python3.11 ..."
        )
    pip = subprocess.run([mine, "-m", "pip", "--version"], capture_output=True, text=True)
    if pip.returncode:
        fail(f"pip is missing for {mine}. On Debian: apt-get install python3-pip")
    version = pip.stdout.split()[1]
    if int(version.split(".")[0]) < 23:
        fail(f"pip 23 or newer is needed, but {mine} brings pip {version}.")


def create():
    """Create .venv without pip in it, which works on Debian without python3-venv too."""
    if run(sys.executable, "-m", "venv", "--without-pip", "--clear", VENV):
        fail(f"The virtual environment {VENV} could not be created; see above.")
    LOCATION.write_text(str(VENV))


def install(name):
    print(f"Installing what {name} lists (once; a minute or two) ...", flush=True)
    uv = ROOT / ".venv" / "bin" / "uv"
    if VENV.name != ".venv" and uv.exists():
        # Far quicker than pip; where it finds no package index, pip may know of one.
        sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", PYTHON, name]
        if run(*sync) == 0:
            stamp(name).write_text(checksum(name))
            return
    pip = [sys.executable, "-m", "pip", "--python", PYTHON, "--disable-pip-version-check"]
    if run(*pip, "install", "--quiet", "--no-input", "--require-hashes", "-r", name):
        fail(f"{name} could not be installed; see above. A package index must be reachable.")
    for each in [name, *CONTAINS.get(name, [])]:
        stamp(each).write_text(checksum(each))


def main():
    global VENV, PYTHON, LOCATION
    if len(sys.argv) not in (2, 3) or not (ROOT / sys.argv[1]).exists():
        fail("Usage: python3 .ci/venv.py requirements.lock [.venv]")
    name = sys.argv[1]
    if len(sys.argv) == 3:
        VENV = ROOT / sys.argv[2]
        PYTHON = VENV / "bin" / "python"
        LOCATION = VENV / "location"
    usable = works()
    if usable and installed(name):
        return
    check_tools()
    if not usable:
        create()
    install(name)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("\nInterrupted; the next start goes on from here.")
