"""Every environment variable of the product, read, typed and checked in this one place.

`load()` returns a frozen `Env` or stops the process with one sentence per problem, all at once and
without a traceback. Only `settings`, `celery` and the commands that start processes use it.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from cpor_site.env_mail import MailProvider, mail_provider
from cpor_site.env_reader import EnvReader
from cpor_site.env_scanner import scanner
from cpor_site.env_services import (
    Bucket,
    Database,
    Handoff,
    MailServer,
    bucket,
    database,
    handoff,
    mail_server,
)
from cpor_site.env_sign_in import SignIn, sign_in

BASE_DIR = Path(__file__).resolve().parent.parent
MODES = ("demo", "test", "production")
CLOUDS = ("public", "china", "government")

# Public, so worth nothing outside a demo on one's own machine; production refuses it.
INSECURE_KEY = "insecure-key-for-the-demo-and-the-tests-known-to-everybody-2b7c91e4"

# The exit code that keeps Gunicorn from starting the same failing worker again and again.
CANNOT_START = 3


class EnvError(Exception):
    """The environment cannot be used; `problems` holds one sentence for each reason."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, kw_only=True)
class Operator:
    """Who runs the desk; country and zone decide business days and the end of a day."""

    name: str
    email: str
    country: str
    subdivision: str
    time_zone: str


@dataclass(frozen=True, kw_only=True)
class Env:
    """The whole environment, typed. Sizes in megabytes, times in seconds."""

    mode: str
    var_dir: Path
    static_dir: Path
    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    allowed_hosts: tuple[str, ...]
    public_url: str
    database: Database
    redis_url: str
    mail: MailServer | None
    mail_provider: MailProvider | None
    mail_from: str
    bucket: Bucket | None
    handoff: Handoff
    clamav: str
    sign_in: SignIn
    operator: Operator
    registry_authoritative: bool
    customer_directory: str
    offered_clouds: tuple[str, ...]
    rule_profile: str
    poe_max_file_mb: int
    poe_max_files: int
    poe_max_total_mb: int
    withdrawal_takes_effect: str
    subscription_grace_days: int
    registry_max_age_hours: int
    retention_years: int
    clock_file: Path | None
    log_level: str
    hsts_seconds: int
    proxy_ssl_header: str
    trusted_proxies: int
    web_port: int
    web_workers: int
    web_threads: int
    notices: tuple[str, ...]

    @property
    def is_demo(self) -> bool:
        return self.mode == "demo"

    @property
    def is_test(self) -> bool:
        return self.mode == "test"

    @property
    def is_production(self) -> bool:
        return self.mode == "production"

    @property
    def web_processes(self) -> int:
        """How many web processes may run: one without Redis, whose memory is then the cache."""
        return self.web_workers if self.redis_url else 1


def _operator(reader: EnvReader, production: bool) -> Operator:
    def given(name: str, fallback: str, example: str) -> str:
        return reader.text(
            name, default="" if production else fallback, required=production, example=example
        )

    return Operator(
        name=given("CPOR_OPERATOR_NAME", "CPOR claims desk", "Contoso Partner Services"),
        email=reader.email(
            "CPOR_OPERATOR_EMAIL",
            default="" if production else "desk@cpor.example",
            required=production,
        ),
        country=reader.country(
            "CPOR_OPERATOR_COUNTRY", default="" if production else "DE", required=production
        ),
        subdivision=reader.text("CPOR_OPERATOR_SUBDIVISION"),
        time_zone=reader.time_zone(
            "CPOR_OPERATOR_TIME_ZONE",
            default="" if production else "Europe/Berlin",
            required=production,
        ),
    )


def _secret_key(reader: EnvReader, production: bool) -> str:
    example = "the output of: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    key = reader.text(
        "CPOR_SECRET_KEY",
        default="" if production else INSECURE_KEY,
        required=production,
        example=example,
    )
    if production and key:
        if key == INSECURE_KEY:
            reader.problem("CPOR_SECRET_KEY", "is the key of the demo, known to all", example)
        elif len(key) < 50 or len(set(key)) < 5 or key.startswith("django-insecure-"):
            reader.problem(
                "CPOR_SECRET_KEY", "must be random and at least 50 characters long", example
            )
    return key


def _clock_file(reader: EnvReader, mode: str, var_dir: Path) -> Path | None:
    if mode == "production":
        reader.unused("CPOR_CLOCK_FILE", "the clock of a desk in production cannot be moved")
        return None
    return Path(reader.text("CPOR_CLOCK_FILE", default=str(var_dir / "clock-offset"))).resolve()


def read(environ: dict[str, str]) -> Env:
    """Read `environ`; raises `EnvError` with every problem found."""
    reader = EnvReader(environ)
    mode = reader.choice("CPOR_MODE", MODES, default="production")
    production = mode == "production"
    var_dir = Path(reader.text("CPOR_VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
    web_port = reader.integer("PORT", default=8000, low=1, high=65535)
    mail_from = reader.email(
        "CPOR_MAIL_FROM",
        default="" if production else "CPOR claims desk <desk@cpor.example>",
        required=production,
    )
    provider = mail_provider(reader, mode)
    redis_url = ""
    if mode == "demo":
        reader.unused("REDIS_URL", "the demo passes its messages through a folder")
    else:
        redis_url = reader.url(
            "REDIS_URL",
            schemes=("redis", "rediss"),
            required=production,
            example="redis://redis.example.com:6379/0",
        )
    env = Env(
        mode=mode,
        var_dir=var_dir,
        static_dir=Path(reader.text("CPOR_STATIC_DIR", default=str(var_dir / "static"))).resolve(),
        secret_key=_secret_key(reader, production),
        secret_key_fallbacks=reader.words("CPOR_SECRET_KEY_FALLBACKS"),
        allowed_hosts=reader.hosts(
            "CPOR_ALLOWED_HOSTS",
            default=() if production else ("127.0.0.1", "localhost", "[::1]"),
            required=production,
        ),
        public_url=reader.public_url(
            "CPOR_PUBLIC_URL",
            default="" if production else f"http://127.0.0.1:{web_port}",
            https_only=production,
        ),
        database=database(reader, mode, var_dir),
        redis_url=redis_url,
        mail_provider=provider,
        mail=None if provider else mail_server(reader, mode),
        mail_from=mail_from,
        bucket=(documents := bucket(reader, mode)),
        handoff=handoff(reader, mode, documents),
        clamav=scanner(reader, mode),
        sign_in=sign_in(reader, mode),
        operator=_operator(reader, production),
        registry_authoritative=reader.boolean("CPOR_REGISTRY_AUTHORITATIVE", default=True),
        customer_directory=reader.dotted(
            "CPOR_CUSTOMER_DIRECTORY", default="claims.directory.ImportedRegistry"
        ),
        offered_clouds=reader.choices("CPOR_OFFERED_CLOUDS", CLOUDS, default=("public",)),
        rule_profile=reader.text("CPOR_RULE_PROFILE", default="2020"),
        poe_max_file_mb=reader.integer("CPOR_POE_MAX_FILE_MB", default=25, low=1, high=1000),
        poe_max_files=reader.integer("CPOR_POE_MAX_FILES", default=20, low=1, high=1000),
        poe_max_total_mb=reader.integer("CPOR_POE_MAX_TOTAL_MB", default=100, low=1, high=10000),
        withdrawal_takes_effect=reader.choice(
            "CPOR_WITHDRAWAL_TAKES_EFFECT", ("at_once", "month_end"), default="at_once"
        ),
        subscription_grace_days=reader.integer(
            "CPOR_SUBSCRIPTION_GRACE_DAYS", default=30, low=0, high=365
        ),
        registry_max_age_hours=reader.integer(
            "CPOR_REGISTRY_MAX_AGE_HOURS", default=48, low=1, high=8760
        ),
        retention_years=reader.integer("CPOR_RETENTION_YEARS", default=7, low=1, high=99),
        clock_file=_clock_file(reader, mode, var_dir),
        log_level=reader.choice(
            "CPOR_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO"
        ),
        hsts_seconds=reader.integer(
            "CPOR_HSTS_SECONDS", default=31_536_000, low=1, high=63_072_000
        ),
        proxy_ssl_header=reader.header("CPOR_PROXY_SSL_HEADER"),
        trusted_proxies=reader.integer("CPOR_TRUSTED_PROXIES", default=0, low=0, high=10),
        web_port=web_port,
        web_workers=reader.integer("CPOR_WEB_WORKERS", default=2, low=1, high=64),
        web_threads=reader.integer("CPOR_WEB_THREADS", default=4, low=1, high=64),
        notices=(),
    )
    if env.proxy_ssl_header and not reader.text("CPOR_TRUSTED_PROXIES").strip("0"):
        reader.problem(
            "CPOR_PROXY_SSL_HEADER",
            f"is “{env.proxy_ssl_header}”, a header that only a proxy may set, but "
            "CPOR_TRUSTED_PROXIES is 0, so that everybody behind the proxy would share one address "
            "and one lock-out; set it to the number of proxies",
            "CPOR_TRUSTED_PROXIES=1",
        )
    reader.note_unknown("CPOR_")
    if reader.problems:
        raise EnvError(reader.problems)
    return replace(env, notices=tuple(reader.notices))


def _make_folder(path: Path) -> None:
    """Make sure that files can be written below `path`; raises `EnvError`."""
    with suppress(OSError):
        path.mkdir(parents=True, exist_ok=True)
    if not (path.is_dir() and os.access(path, os.W_OK | os.X_OK)):
        raise EnvError([f"CPOR_VAR_DIR is “{path}”, a folder in which nothing can be written."])


@cache
def load() -> Env:
    """Read the process's environment, or stop it with the sentences on standard error."""
    try:
        env = read(dict(os.environ))
        _make_folder(env.var_dir)
    except EnvError as error:
        sys.stderr.write("The CPOR claims desk cannot start with these settings:\n")
        sys.stderr.writelines(f"  - {problem}\n" for problem in error.problems)
        raise SystemExit(CANNOT_START) from None
    for notice in env.notices:
        sys.stderr.write(f"Note: {notice}\n")
    return env
