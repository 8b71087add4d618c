"""Production's settings, with a clock that tests move and mail servers given up on sooner."""

from cpor_site.settings import *  # noqa: F403
from cpor_site.settings import ENV


class _NoMigrations:
    """Says of every app that its tables are made at once."""

    def __contains__(self, app: str) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


CPOR_CLOCK_FILE = ENV.var_dir / "clock-offset"
EMAIL_TIMEOUT = 2
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MIGRATION_MODULES = _NoMigrations()
