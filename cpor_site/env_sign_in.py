"""How people sign in: second factors, how long sessions last, and an OpenID Connect provider."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cpor_site.env_reader import EnvReader

REQUIRED = "required"
OFFERED = "offered"


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A server that signs people in by OpenID Connect; ``name`` stands on the button."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    links_by_mail: bool
    creates_people: bool


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """Rules of signing in; times in minutes and hours."""

    staff_second_factor: str
    session_hours: int
    idle_minutes: int
    staff_idle_minutes: int
    confirm_minutes: int
    provider: Provider | None


def sign_in(reader: EnvReader, mode: str) -> SignIn:
    """Read the rules; staff need a second factor except in the demo, where it is offered."""
    return SignIn(
        staff_second_factor=reader.choice(
            "CPOR_STAFF_SECOND_FACTOR",
            (REQUIRED, OFFERED),
            default=OFFERED if mode == "demo" else REQUIRED,
        ),
        session_hours=reader.integer("CPOR_SESSION_HOURS", default=12, low=1, high=24),
        idle_minutes=reader.integer("CPOR_SESSION_IDLE_MINUTES", default=240, low=5, high=1440),
        staff_idle_minutes=reader.integer("CPOR_STAFF_IDLE_MINUTES", default=60, low=5, high=1440),
        confirm_minutes=reader.integer("CPOR_CONFIRM_MINUTES", default=15, low=1, high=120),
        provider=_provider(reader, mode),
    )


def _provider(reader: EnvReader, mode: str) -> Provider | None:
    schemes = ("https",) if mode == "production" else ("https", "http")
    example = "https://login.example.com"
    issuer = reader.url("CPOR_OIDC_ISSUER", schemes=schemes, example=example)
    wanted = bool(issuer)
    client_id = reader.text("CPOR_OIDC_CLIENT_ID", required=wanted, example="claims-desk")
    secret = _secret(reader, wanted)
    provider = Provider(
        issuer=issuer.rstrip("/"),
        client_id=client_id,
        client_secret=secret,
        name=reader.text("CPOR_OIDC_NAME", default="single sign-on"),
        links_by_mail=reader.boolean("CPOR_OIDC_LINK_BY_MAIL", default=False),
        creates_people=reader.boolean("CPOR_OIDC_CREATE_PEOPLE", default=False),
    )
    if wanted:
        return provider
    if client_id or secret:
        reader.problem(
            "CPOR_OIDC_ISSUER",
            "is not set, though the client that it knows is",
            f"CPOR_OIDC_ISSUER={example}",
        )
    return None


def _secret(reader: EnvReader, wanted: bool) -> str:
    """Return the client's secret from the environment or from the file that it names."""
    secret = reader.text("CPOR_OIDC_CLIENT_SECRET")
    name = reader.text("CPOR_OIDC_CLIENT_SECRET_FILE")
    if secret and name:
        reader.problem(
            "CPOR_OIDC_CLIENT_SECRET",
            "and CPOR_OIDC_CLIENT_SECRET_FILE are both set; choose one",
            "",
        )
    elif name:
        try:
            secret = Path(name).read_text().strip()
        except (OSError, UnicodeDecodeError):
            secret = ""
        if not secret:
            reader.problem(
                "CPOR_OIDC_CLIENT_SECRET_FILE",
                f"is “{name}”, a file that can't be read or is empty",
                "CPOR_OIDC_CLIENT_SECRET_FILE=/run/secrets/oidc",
            )
    elif wanted and not secret:
        reader.problem(
            "CPOR_OIDC_CLIENT_SECRET",
            "is not set",
            "CPOR_OIDC_CLIENT_SECRET=..., or CPOR_OIDC_CLIENT_SECRET_FILE=/run/secrets/oidc",
        )
    return secret
