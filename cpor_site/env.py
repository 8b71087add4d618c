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
from urllib.parse import parse_qsl, unquote, urlsplit

from cpor_site.env_reader import EnvReader

BASE_DIR = Path(__file__).resolve().parent.parent
MODES = ("demo", "test", "production")
CLOUDS = ("public", "china", "government")

# Public, so worth nothing outside a demo on one's own machine; production refuses it.
INSECURE_KEY = "insecure-key-for-the-demo-and-the-tests-known-to-everybody-2b7c91e4"

# The exit code that keeps Gunicorn from starting the same failing worker again and again.
CANNOT_START = 3

LIBPQ_OPTIONS = frozenset(
    {
        "application_name",
        "connect_timeout",
        "options",
        "sslcert",
        "sslkey",
        "sslmode",
        "sslrootcert",
        "target_session_attrs",
    }
)


class EnvError(Exception):
    """The environment cannot be used; `problems` holds one sentence for each reason."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, kw_only=True)
class Database:
    """One database; `engine` is Django's back end, `name` a file path for SQLite."""

    engine: str
    name: str
    user: str = ""
    password: str = ""
    host: str = ""
    port: str = ""
    options: tuple[tuple[str, str], ...] = ()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.endswith("sqlite3")


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where mail is handed over by SMTP; at most one of `use_tls`, `use_ssl` is true."""

    host: str
    port: int
    user: str
    password: str
    use_tls: bool
    use_ssl: bool


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A private S3 bucket; empty keys leave the credentials to the machine's own role."""

    name: str
    region: str
    endpoint_url: str
    access_key: str
    secret_key: str
    addressing_style: str


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
    mail_from: str
    bucket: Bucket | None
    operator: Operator
    registry_authoritative: bool
    customer_directory: str
    offered_clouds: tuple[str, ...]
    rule_profile: str
    poe_max_file_mb: int
    poe_max_files: int
    poe_max_total_mb: int
    clock_file: Path | None
    log_level: str
    hsts_seconds: int
    proxy_ssl_header: str
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


def _database(reader: EnvReader, mode: str, var_dir: Path) -> Database:
    example = "postgresql://cpor:secret@db.example.com:5432/cpor"
    own = Database(engine="django.db.backends.sqlite3", name=str(var_dir / "cpor.sqlite3"))
    if mode == "demo":
        reader.unused("DATABASE_URL", "the demo keeps its own database")
        return own
    url = reader.text("DATABASE_URL", required=mode == "production", example=example)
    if not url:
        return own
    try:
        parts = urlsplit(url)
        port = str(parts.port or "")
    except ValueError:
        reader.problem("DATABASE_URL", "is not an address that can be read", example)
        return own
    if parts.scheme == "sqlite":
        # sqlite:////absolute/file.sqlite3 or sqlite:///relative.sqlite3
        name = unquote(parts.path[1:])
        if parts.netloc or not name:
            reader.problem(
                "DATABASE_URL", "names no SQLite file", "sqlite:////var/lib/cpor/cpor.sqlite3"
            )
        return Database(engine=own.engine, name=name)
    if parts.scheme not in ("postgres", "postgresql"):
        reader.problem(
            "DATABASE_URL",
            "must begin with postgresql:// or sqlite:///",
            example,
        )
        return own
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    host = query.pop("host", "") or unquote(parts.hostname or "")
    port = query.pop("port", "") or port
    name = unquote(parts.path.lstrip("/"))
    if not name:
        reader.problem("DATABASE_URL", "names no database after the host", example)
    for key in sorted(set(query) - LIBPQ_OPTIONS):
        reader.problem(
            "DATABASE_URL", f"has an option that is not known: {key}", f"{example}?sslmode=require"
        )
    return Database(
        engine="django.db.backends.postgresql",
        name=name,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=host,
        port=port,
        options=tuple(sorted((k, v) for k, v in query.items() if k in LIBPQ_OPTIONS)),
    )


def _mail(reader: EnvReader, mode: str) -> MailServer | None:
    example = "smtp://user:password@mail.example.com:587?tls=1"
    if mode != "production":
        reader.unused("CPOR_MAIL_URL", "outside production no mail leaves this machine")
        return None
    url = reader.text("CPOR_MAIL_URL", required=True, example=example)
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        reader.problem("CPOR_MAIL_URL", "is not an address that can be read", example)
        return None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        reader.problem("CPOR_MAIL_URL", "must be smtp://host or smtps://host", example)
        return None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    tls = query.pop("tls", "0")
    if query or tls not in ("0", "1"):
        reader.problem("CPOR_MAIL_URL", "takes one option only, tls=1 or tls=0", example)
    use_ssl = parts.scheme == "smtps"
    if use_ssl and tls == "1":
        reader.problem("CPOR_MAIL_URL", "asks for both smtps:// and tls=1; choose one", example)
    return MailServer(
        host=parts.hostname,
        port=port or (465 if use_ssl else 587 if tls == "1" else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_tls=tls == "1" and not use_ssl,
        use_ssl=use_ssl,
    )


def _bucket(reader: EnvReader, mode: str) -> Bucket | None:
    names = (
        "AWS_S3_REGION_NAME",
        "AWS_S3_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    )
    if mode == "demo":
        reader.unused("AWS_STORAGE_BUCKET_NAME", "the demo keeps its files in a folder")
        return None
    name = reader.text("AWS_STORAGE_BUCKET_NAME", example="cpor-private")
    if not name:
        return None
    region, endpoint, access_key, secret_key = (reader.text(each) for each in names)
    if endpoint and not endpoint.startswith(("https://", "http://")):
        reader.problem("AWS_S3_ENDPOINT_URL", "must begin with https://", "https://s3.example.com")
    if bool(access_key) != bool(secret_key):
        missing = "AWS_SECRET_ACCESS_KEY" if access_key else "AWS_ACCESS_KEY_ID"
        reader.problem(missing, "is missing while the other half of the key pair is set", "")
    return Bucket(
        name=name,
        region=region,
        endpoint_url=endpoint,
        access_key=access_key,
        secret_key=secret_key,
        addressing_style=reader.choice(
            # "virtual" names the region in links, without which Amazon redirects them in vain;
            # other services seldom have a host name for each bucket.
            "AWS_S3_ADDRESSING_STYLE",
            ("path", "virtual"),
            default="path" if endpoint else "virtual",
        ),
    )


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
        database=_database(reader, mode, var_dir),
        redis_url=redis_url,
        mail=_mail(reader, mode),
        mail_from=mail_from,
        bucket=_bucket(reader, mode),
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
        clock_file=_clock_file(reader, mode, var_dir),
        log_level=reader.choice(
            "CPOR_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO"
        ),
        hsts_seconds=reader.integer(
            "CPOR_HSTS_SECONDS", default=31_536_000, low=1, high=63_072_000
        ),
        proxy_ssl_header=reader.header("CPOR_PROXY_SSL_HEADER"),
        web_port=web_port,
        web_workers=reader.integer("CPOR_WEB_WORKERS", default=2, low=1, high=64),
        web_threads=reader.integer("CPOR_WEB_THREADS", default=4, low=1, high=64),
        notices=(),
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
