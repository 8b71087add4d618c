"""The addresses of the services around the product: database, mail server, bucket."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from cpor_site.env_reader import EnvReader

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
class Handoff:
    """How lines are handed over to the incentive program.

    `secrets` sign, the newest first; without a `url` nothing is posted; `bucket` None keeps the
    files in a folder.
    """

    secrets: tuple[str, ...]
    url: str
    allow_private: bool
    bucket: Bucket | None
    folder: str


def database(reader: EnvReader, mode: str, var_dir: Path) -> Database:
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


def mail_server(reader: EnvReader, mode: str) -> MailServer | None:
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


def bucket(reader: EnvReader, mode: str) -> Bucket | None:
    if mode == "demo":
        reader.unused("AWS_STORAGE_BUCKET_NAME", "the demo keeps its files in a folder")
        return None
    name = reader.text("AWS_STORAGE_BUCKET_NAME", example="cpor-private")
    return _bucket_named(name, reader) if name else None


def _bucket_named(name: str, reader: EnvReader) -> Bucket:
    names = (
        "AWS_S3_REGION_NAME",
        "AWS_S3_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    )
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


DEMO_KEY = "whsec_a25vd24tdG8tZXZlcnlib2R5LWFuZC13b3J0aC1ub3RoaW5n"
SECRET_BYTES = range(24, 65)
LONGEST_URL = 500


def handoff(reader: EnvReader, mode: str, documents: Bucket | None) -> Handoff:
    """Read what the delivery of hand-offs needs; `documents` is the bucket of the documents."""
    production = mode == "production"
    example = "whsec_ and the output of: openssl rand -base64 32"
    given = reader.text("CPOR_HANDOFF_SECRET", required=production, example=example)
    secrets = reader.words("CPOR_HANDOFF_SECRET") or (() if production else (DEMO_KEY,))
    if given and not all(_is_signing_key(each) for each in secrets):
        reader.problem(
            "CPOR_HANDOFF_SECRET",
            "must be whsec_ followed by 24 to 64 random bytes in base64; while one key takes over "
            "from another, both, separated by a comma",
            f"CPOR_HANDOFF_SECRET={example}",
        )
    elif production and DEMO_KEY in secrets:
        reader.problem("CPOR_HANDOFF_SECRET", "is the key of the demo, known to all", example)
    allow_private = reader.boolean("CPOR_HANDOFF_ALLOW_PRIVATE", default=False)
    own_bucket = ""
    if mode == "demo":
        reader.unused("CPOR_HANDOFF_BUCKET", "the demo keeps its files in a folder")
    else:
        own_bucket = reader.text("CPOR_HANDOFF_BUCKET", example="cpor-handoffs")
    return Handoff(
        secrets=secrets,
        url=_handoff_url(reader, insecure=allow_private or not production),
        allow_private=allow_private,
        bucket=_bucket_named(own_bucket, reader) if own_bucket else documents,
        folder="" if own_bucket else "handoffs",
    )


def _handoff_url(reader: EnvReader, *, insecure: bool) -> str:
    example = "https://incentives.example.com/cpor"
    schemes = ("https", "http") if insecure else ("https",)
    before = len(reader.problems)
    url = reader.url("CPOR_HANDOFF_URL", schemes=schemes, example=example)
    if not url or len(reader.problems) > before:
        return ""
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None or parts.fragment:
        reader.problem(
            "CPOR_HANDOFF_URL",
            "must hold neither a password nor a fragment; posts are signed",
            f"CPOR_HANDOFF_URL={example}",
        )
    elif len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        reader.problem(
            "CPOR_HANDOFF_URL",
            f"must be at most {LONGEST_URL} characters of ASCII without spaces",
            f"CPOR_HANDOFF_URL={example}",
        )
    return url


def _is_signing_key(secret: str) -> bool:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return secret.startswith("whsec_") and len(key) in SECRET_BYTES
