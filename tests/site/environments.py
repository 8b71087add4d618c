"""Environments for tests that read one or start a process with one."""

import os

ADDRESSES = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "PORT")

PRODUCTION = {
    "CPOR_MODE": "production",
    "DATABASE_URL": "postgresql://cpor:secret@db.example.com:5432/cpor",
    "REDIS_URL": "redis://redis.example.com:6379/0",
    "CPOR_SECRET_KEY": "Kx3vQ9pW7mZ2rT8yB4nC6dF1gH5jL0sAeUiOqPzXwVtRbNmKlJhG",
    "CPOR_ALLOWED_HOSTS": "claims.example.com",
    "CPOR_PUBLIC_URL": "https://claims.example.com",
    "CPOR_MAIL_URL": "smtp://user:secret@mail.example.com:587?tls=1",
    "CPOR_MAIL_FROM": "Claims desk <desk@example.com>",
    "CPOR_HANDOFF_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "CPOR_OPERATOR_NAME": "Contoso Partner Services",
    "CPOR_OPERATOR_EMAIL": "desk@example.com",
    "CPOR_OPERATOR_COUNTRY": "SE",
    "CPOR_OPERATOR_TIME_ZONE": "Europe/Stockholm",
}


def process_environ(values: dict[str, str]) -> dict[str, str]:
    """This process's environment with none of the product's variables but `values`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        # What a test runner sets for itself (DJANGO_ALLOW_ASYNC_UNSAFE) is none of the product's.
        if not name.startswith(("CPOR_", "AWS_", "DJANGO_ALLOW_")) and name not in ADDRESSES
    }
    return kept | values
