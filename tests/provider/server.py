"""An OpenID Connect provider to run as a process of its own: django-oauth-toolkit on SQLite.

Usage: python -m tests.provider.server FOLDER PORT REDIRECT_URI

It serves the library's own endpoints (discovery, keys, authorisation with PKCE, tokens, user
information), a page to sign in, and its people: whoever ``PEOPLE`` names, with ``PASSWORD``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import django
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication

CLIENT_ID = "claims-desk"
CLIENT_SECRET = "a secret that the desk and its provider share"
PASSWORD = "five green frogs at the pond"

PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"email": "ada@partner.example", "email_verified": True, "name": "Ada Lovelace"},
    "eve": {"email": "victim@partner.example", "email_verified": False, "name": "Eve"},
    "lies": {"email": "ada@partner.example", "email_verified": "false", "name": "Lies"},
    "nobody": {"email": "", "email_verified": True, "name": "Nobody"},
}
SIGN_IN = """<!doctype html><title>Provider</title><h1>Sign in at the provider</h1>
<form method="post">{% csrf_token %}{{ form.as_p }}<button>Go on</button></form>"""


def _key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    ).decode()


def configure(folder: Path, port: int) -> None:
    settings.configure(
        SECRET_KEY="the provider's own",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="tests.provider.urls",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                    ]
                },
            }
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(folder / "provider.sqlite3"),
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        SESSION_COOKIE_NAME="provider_session",
        CSRF_COOKIE_NAME="provider_csrf",
        LOGIN_URL="/sign-in/",
        USE_TZ=True,
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": _key(),
            "OIDC_ISS_ENDPOINT": f"http://127.0.0.1:{port}",
            "OAUTH2_VALIDATOR_CLASS": "tests.provider.validator.Validator",
            "PKCE_REQUIRED": True,
            "ALLOWED_REDIRECT_URI_SCHEMES": ["http"],
            "SCOPES": {"openid": "Who you are", "profile": "Your name", "email": "Your address"},
        },
    )
    django.setup()


def fill(redirect_uri: str) -> None:
    """Make tables, people and the one client, who must be told which of them may come."""
    from django.contrib.auth.models import User
    from oauth2_provider.models import Application

    call_command("migrate", verbosity=0)
    for name in PEOPLE:
        User.objects.create_user(name, password=PASSWORD)
    Application.objects.create(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=redirect_uri,
        algorithm=Application.RS256_ALGORITHM,
        name="Claims desk",
    )


class Server(BaseApplication):
    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__()

    def load_config(self) -> None:
        self.cfg.set("bind", f"127.0.0.1:{self.port}")
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("threads", 4)
        self.cfg.set("loglevel", "warning")

    def load(self) -> Any:
        return get_wsgi_application()


if __name__ == "__main__":
    where, on_port, back_to = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    configure(where, on_port)
    fill(back_to)
    Server(on_port).run()
