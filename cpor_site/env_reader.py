"""Typed readers for single environment variables, gathering sentences instead of failing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from email.utils import parseaddr
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

# ISO 3166-1 alpha-2.
_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ "
    "BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM "
    "DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS "
    "GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN "
    "KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ "
    "MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
    "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV "
    "SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI "
    "VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES = frozenset(_CODES.split())

YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}
HOST = re.compile(r"\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.IGNORECASE)
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


class EnvReader:
    """Reads variables one by one; `problems` and `notices` hold finished sentences.

    Every reader returns a value of its type even after a problem, so that reading goes on and all
    problems can be told at once. An empty variable counts as not set.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []
        self.notices: list[str] = []
        self.known: set[str] = set()

    def problem(self, name: str, what: str, example: str) -> None:
        sentence = f"{name} {what}."
        if example:
            sentence += f" Example: {example}"
        self.problems.append(sentence)

    def text(
        self, name: str, *, default: str = "", required: bool = False, example: str = ""
    ) -> str:
        self.known.add(name)
        value = self.environ.get(name, "").strip()
        if value:
            return value
        if required:
            self.problem(name, "is not set", f"{name}={example}" if example else "")
        return default

    def unused(self, name: str, why: str) -> None:
        """Tell that a variable is set but has no effect in this mode."""
        if self.text(name):
            self.notices.append(f"{name} is set but not used: {why}.")

    def choice(self, name: str, choices: tuple[str, ...], *, default: str) -> str:
        value = self.text(name, default=default)
        if value not in choices:
            self.problem(
                name,
                f"is “{value}”, but must be one of {', '.join(choices)}",
                f"{name}={choices[0]}",
            )
            return default
        return value

    def choices(
        self, name: str, choices: tuple[str, ...], *, default: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Several of the choices, separated by commas, in the order of the choices."""
        values = self.words(name) or default
        for value in values:
            if value not in choices:
                self.problem(
                    name,
                    f"holds “{value}”, but must hold one or more of {', '.join(choices)}",
                    f"{name}={','.join(default)}",
                )
        return tuple(choice for choice in choices if choice in values)

    def boolean(self, name: str, *, default: bool) -> bool:
        value = self.text(name).lower()
        if not value:
            return default
        if value not in YES | NO:
            self.problem(name, f"is “{value}”, but must be yes or no", f"{name}=yes")
        return value in YES

    def integer(self, name: str, *, default: int, low: int, high: int) -> int:
        value = self.text(name)
        if not value:
            return default
        if not (value.isascii() and value.isdigit()) or not low <= int(value) <= high:
            self.problem(
                name,
                f"is “{value}”, but must be a whole number from {low} to {high}",
                f"{name}={default}",
            )
            return default
        return int(value)

    def words(self, name: str) -> tuple[str, ...]:
        """Several values, separated by commas."""
        return tuple(part.strip() for part in self.text(name).split(",") if part.strip())

    def hosts(self, name: str, *, default: tuple[str, ...], required: bool) -> tuple[str, ...]:
        example = "claims.example.com,localhost"
        if not self.text(name, required=required, example=example):
            return default
        values = self.words(name)
        for value in values:
            if not HOST.fullmatch(value):
                why = "which lets every host in" if value == "*" else "without scheme or port"
                self.problem(
                    name,
                    f"holds “{value}”, but must hold host names, {why}"
                    if value != "*"
                    else f"holds “*”, {why}; name the hosts",
                    f"{name}={example}",
                )
        return values

    def email(self, name: str, *, default: str, required: bool) -> str:
        """One address, with or without a display name: `Desk <desk@example.com>`."""
        example = "desk@example.com"
        value = self.text(name, default=default, required=required, example=example)
        address = parseaddr(value)[1] if value else ""
        local, _, domain = address.rpartition("@")
        if value and ("\n" in value or not local or not HOST.fullmatch(domain)):
            self.problem(name, f"is “{value}”, which is no e-mail address", f"{name}={example}")
        return value

    def country(self, name: str, *, default: str, required: bool) -> str:
        value = self.text(name, default=default, required=required, example="DE").upper()
        if value and value not in COUNTRIES:
            self.problem(
                name, f"is “{value}”, which is no country's two-letter ISO code", f"{name}=DE"
            )
        return value

    def time_zone(self, name: str, *, default: str, required: bool) -> str:
        example = "Europe/Berlin"
        value = self.text(name, default=default, required=required, example=example)
        if value:
            try:
                ZoneInfo(value)
            except (KeyError, ValueError, OSError):
                self.problem(
                    name, f"is “{value}”, which is no time zone's name", f"{name}={example}"
                )
                return default or "UTC"
        return value

    def url(
        self, name: str, *, schemes: tuple[str, ...], required: bool = False, example: str
    ) -> str:
        value = self.text(name, required=required, example=example)
        if not value:
            return ""
        begins = ", ".join(f"{scheme}://" for scheme in schemes)
        try:
            parts = urlsplit(value)
            readable = parts.port is None or parts.port > 0
        except ValueError:
            readable = False
        if not readable:
            self.problem(name, "is not an address that can be read", f"{name}={example}")
        elif parts.scheme not in schemes:
            self.problem(name, f"must begin with one of {begins}", f"{name}={example}")
        elif not parts.hostname:
            self.problem(name, "names no host", f"{name}={example}")
        return value

    def public_url(self, name: str, *, default: str, https_only: bool) -> str:
        """The address people use, without the closing slash and without a path."""
        example = "https://claims.example.com"
        value = self.text(name, required=https_only, example=example) or default
        if not value:
            return ""
        schemes = ("https",) if https_only else ("https", "http")
        before = len(self.problems)
        self.url(name, schemes=schemes, example=example)
        parts = urlsplit(value) if len(self.problems) == before else None
        if parts and (parts.path not in ("", "/") or parts.query or parts.fragment):
            self.problem(name, "must end after the host, without a path", f"{name}={example}")
        return value.rstrip("/")

    def dotted(self, name: str, *, default: str) -> str:
        value = self.text(name, default=default)
        if not DOTTED.fullmatch(value):
            self.problem(
                name, f"is “{value}”, but must be a class's dotted path", f"{name}={default}"
            )
        return value

    def header(self, name: str) -> str:
        value = self.text(name)
        if value and not HEADER.fullmatch(value):
            self.problem(
                name, f"is “{value}”, which is no header's name", f"{name}=X-Forwarded-Proto"
            )
            return ""
        return value

    def note_unknown(self, prefix: str) -> None:
        """Notice variables that begin like ours but are none of ours: most often typing errors."""
        for name in sorted(self.environ):
            if name.startswith(prefix) and name not in self.known:
                near = difflib.get_close_matches(name, sorted(self.known), n=1)
                hint = f" Did you mean {near[0]}?" if near else ""
                self.notices.append(f"{name} is set, but there is no such setting.{hint}")
