"""Django's settings; everything that differs between machines comes from `cpor_site.env`."""

from __future__ import annotations

from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from cpor_site.env import BASE_DIR, load
from cpor_site.env_services import Bucket

ENV = load()

# --- What product code reads -------------------------------------------------------------------

CPOR_MODE = ENV.mode
CPOR_VAR_DIR = ENV.var_dir
CPOR_PUBLIC_URL = ENV.public_url
CPOR_OPERATOR_NAME = ENV.operator.name
CPOR_OPERATOR_EMAIL = ENV.operator.email
CPOR_OPERATOR_COUNTRY = ENV.operator.country
CPOR_OPERATOR_SUBDIVISION = ENV.operator.subdivision
CPOR_OPERATOR_TIME_ZONE = ENV.operator.time_zone
CPOR_REGISTRY_AUTHORITATIVE = ENV.registry_authoritative
CPOR_REGISTRY_MAX_AGE_HOURS = ENV.registry_max_age_hours
CPOR_RETENTION_YEARS = ENV.retention_years
CPOR_SUBSCRIPTION_GRACE_DAYS = ENV.subscription_grace_days
CPOR_CUSTOMER_DIRECTORY = ENV.customer_directory
CPOR_OFFERED_CLOUDS = ENV.offered_clouds
CPOR_RULE_PROFILE = ENV.rule_profile
CPOR_POE_MAX_FILE_MB = ENV.poe_max_file_mb
CPOR_POE_MAX_FILES = ENV.poe_max_files
CPOR_POE_MAX_TOTAL_MB = ENV.poe_max_total_mb
CPOR_WITHDRAWAL_TAKES_EFFECT = ENV.withdrawal_takes_effect
CPOR_CLAMAV = ENV.clamav
CPOR_SIGNED_SECONDS = 60
CPOR_HANDOFF_SECRETS = ENV.handoff.secrets
CPOR_HANDOFF_URL = ENV.handoff.url
CPOR_HANDOFF_ALLOW_PRIVATE = ENV.handoff.allow_private
CPOR_MAIL_PROVIDER = ENV.mail_provider.name if ENV.mail_provider else ""
CPOR_CLOCK_FILE = ENV.clock_file
CPOR_TRUSTED_PROXIES = ENV.trusted_proxies
CPOR_STAFF_SECOND_FACTOR = ENV.sign_in.staff_second_factor
CPOR_SESSION_HOURS = ENV.sign_in.session_hours
CPOR_SESSION_IDLE_MINUTES = ENV.sign_in.idle_minutes
CPOR_STAFF_IDLE_MINUTES = ENV.sign_in.staff_idle_minutes
CPOR_CONFIRM_MINUTES = ENV.sign_in.confirm_minutes
CPOR_OIDC = ENV.sign_in.provider

MEGABYTE = 1024 * 1024

# --- The site ----------------------------------------------------------------------------------

DEBUG = False
SECRET_KEY = ENV.secret_key
SECRET_KEY_FALLBACKS = list(ENV.secret_key_fallbacks)
ALLOWED_HOSTS = list(ENV.allowed_hosts)
ROOT_URLCONF = "cpor_site.urls"
WSGI_APPLICATION = "cpor_site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "cpor_site.admin_config.CporAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "simple_history",
    "django_fsm",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "cpor_site.common",
    "claims",
    "consent",
    "reviews",
    "cpor_site",
    *(["anymail"] if CPOR_MAIL_PROVIDER else []),
]

MIDDLEWARE = [
    "cpor_site.common.request_numbers.RequestNumberMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "cpor_site.common.plain_requests.PlainRequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "cpor_site.common.body_sizes.BodySizeMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cpor_site.common.reader.ReaderZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cpor_site.account.middleware.SessionLimitsMiddleware",
    "cpor_site.account.middleware.SecondFactorMiddleware",
    "cpor_site.account.confirming.ConfirmationMiddleware",
    "cpor_site.account.middleware.LastSeenMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "cpor_site" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "claims.organizations.header",
            ],
        },
    },
]

# --- Databases, cache, files -------------------------------------------------------------------


def _database() -> dict[str, Any]:
    database = ENV.database
    common = {"ENGINE": database.engine, "NAME": database.name, "ATOMIC_REQUESTS": False}
    if database.is_sqlite:
        # IMMEDIATE: a transaction holds the write lock from its start, because row locks do
        # nothing on SQLite.
        return common | {
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            }
        }
    return common | {
        "USER": database.user,
        "PASSWORD": database.password,
        "HOST": database.host,
        "PORT": database.port,
        "CONN_MAX_AGE": 0 if ENV.is_test else 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(database.options),
    }


DATABASES = {"default": _database()}

CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ENV.redis_url,
        "KEY_PREFIX": "cpor",
    }
    if ENV.redis_url
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        # Far more than a desk without Redis can fill: a full cache forgets who is locked out.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}


def _bucket_storage(bucket: Bucket, **options: Any) -> dict[str, Any]:
    from boto3.s3.transfer import TransferConfig  # noqa: PLC0415

    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket.name,
            "region_name": bucket.region or None,
            "endpoint_url": bucket.endpoint_url or None,
            "access_key": bucket.access_key or None,
            "secret_key": bucket.secret_key or None,
            "addressing_style": bucket.addressing_style,
            "signature_version": "s3v4",
            "querystring_auth": True,
            "querystring_expire": CPOR_SIGNED_SECONDS,
            # One request for a file, read from the disk as it goes: parts would lie in memory.
            "transfer_config": TransferConfig(multipart_threshold=1024 * MEGABYTE),
            "file_overwrite": False,
            "default_acl": None,
            "object_parameters": {"ContentDisposition": "attachment"},
        }
        | options,
    }


def _folder_storage(backend: str, name: str) -> dict[str, Any]:
    return {
        "BACKEND": backend,
        "OPTIONS": {
            "location": ENV.var_dir / name,
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    }


def _private_storage() -> dict[str, Any]:
    if ENV.bucket is None:
        return _folder_storage("django.core.files.storage.FileSystemStorage", "private")
    return _bucket_storage(ENV.bucket)


def _handoff_storage() -> dict[str, Any]:
    """Where files of hand-offs lie: storing one again under its name replaces it as a whole."""
    if ENV.handoff.bucket is None:
        return _folder_storage("cpor_site.common.whole_files.WholeFileStorage", "handoffs")
    return _bucket_storage(ENV.handoff.bucket, file_overwrite=True, location=ENV.handoff.folder)


def _static_storage() -> dict[str, Any]:
    if ENV.is_test:
        return {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    if ENV.is_demo:  # Who starts it waits for that, and compressed files gain nobody anything.
        return {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    return {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}


STORAGES = {
    "default": _private_storage(),
    "handoffs": _handoff_storage(),
    "staticfiles": _static_storage(),
}
# None, so that asking a stored file for its address fails instead of making up a public one.
MEDIA_URL = None
STATIC_URL = "/static/"
STATIC_ROOT = ENV.static_dir
WHITENOISE_USE_FINDERS = ENV.is_test
WHITENOISE_AUTOREFRESH = ENV.is_test

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * MEGABYTE
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = ENV.poe_max_files
FILE_UPLOAD_MAX_MEMORY_SIZE = MEGABYTE
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# --- People ------------------------------------------------------------------------------------

AUTH_USER_MODEL = "common.User"
AUTHENTICATION_BACKENDS = ["cpor_site.common.backends.DeskBackend"]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "/"
# The longest that a link to choose a password is good for; see cpor_site.common.password_links.
PASSWORD_RESET_TIMEOUT = 7 * 24 * 60 * 60
ACCOUNT_ADAPTER = "cpor_site.account.adapter.DeskAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {
    "login": "cpor_site.account.forms.SignInForm",
    "change_password": "cpor_site.account.forms.ChangePasswordForm",
    "reset_password": "cpor_site.account.forms.ForgottenPasswordForm",
    "reset_password_from_key": "cpor_site.account.forms.NewPasswordForm",
    "user_token": "cpor_site.account.forms.TokenForm",
}
# How many in how long, for one address (ip), one account that is named (key), one person (user).
# cpor_site/account/adapter.py says these times in words; there the key of a failed sign-in is the
# account together with the address, and stand the bounds for an account from all addresses and for
# an address. The library would forget the latter at each second factor that is shown.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "6/15m/key",
    "change_password": "10/15m/user",
    "reset_password": "20/15m/ip,3/15m/key",
    "reset_password_from_key": "30/15m/ip",
}
MFA_ADAPTER = "cpor_site.account.factor_adapter.DeskFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
# A code of the half minute before or after counts too; cpor_site/account/factor_forms.py sees to it
# that none counts twice.
MFA_TOTP_TOLERANCE = 1
MFA_RATE_LIMITS = {"webauthn_login": "30/m/ip"}
MFA_FORMS = {
    "authenticate": "cpor_site.account.factor_forms.CodeForm",
    "reauthenticate": "cpor_site.account.factor_forms.ConfirmingCodeForm",
    "activate_totp": "cpor_site.account.factor_forms.NewAppForm",
    "add_webauthn": "cpor_site.account.factor_forms.NewPasskeyForm",
    "edit_webauthn": "cpor_site.account.factor_forms.PasskeyNameForm",
}
SOCIALACCOUNT_ADAPTER = "cpor_site.account.provider.DeskProviderAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if CPOR_OIDC is not None:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "provider",
                "name": CPOR_OIDC.name,
                "client_id": CPOR_OIDC.client_id,
                "secret": CPOR_OIDC.client_secret,
                "settings": {"server_url": CPOR_OIDC.issuer},
            }
        ],
    }
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if ENV.is_test
    else [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
)
_validation = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {
        "NAME": f"{_validation}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "full_name")},
    },
    {"NAME": f"{_validation}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_validation}.CommonPasswordValidator"},
]
SIMPLE_HISTORY_REVERT_DISABLED = True

# --- Languages and time ------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("zh-hant", _("Chinese (Traditional)")),
    ("pl", _("Polish")),
    ("hu", _("Hungarian")),
    ("sv", _("Swedish")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["cpor_site.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = ENV.operator.time_zone

# --- Mail --------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = ENV.mail_from
SERVER_EMAIL = ENV.mail_from
EMAIL_TIMEOUT = 20
ANYMAIL: dict[str, Any] = {"REQUESTS_TIMEOUT": EMAIL_TIMEOUT}
if ENV.mail_provider is not None:
    EMAIL_BACKEND = f"anymail.backends.{CPOR_MAIL_PROVIDER}.EmailBackend"
    ANYMAIL |= ENV.mail_provider.options
    if region := ANYMAIL.pop("AMAZON_SES_REGION", ""):
        ANYMAIL["AMAZON_SES_CLIENT_PARAMS"] = {"region_name": region}
    if ENV.mail_provider.webhook_secret:
        ANYMAIL["WEBHOOK_SECRET"] = ENV.mail_provider.webhook_secret
elif ENV.mail is not None:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = ENV.mail.host
    EMAIL_PORT = ENV.mail.port
    EMAIL_HOST_USER = ENV.mail.user
    EMAIL_HOST_PASSWORD = ENV.mail.password
    EMAIL_USE_TLS = ENV.mail.use_tls
    EMAIL_USE_SSL = ENV.mail.use_ssl
elif ENV.is_demo:
    EMAIL_BACKEND = "cpor_site.demo.mail.EmailBackend"
else:
    EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

# --- Security ----------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = CPOR_SESSION_HOURS * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
if ENV.is_production:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = ENV.hsts_seconds
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-cpor_session"
    CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True
    CSRF_COOKIE_NAME = "__Host-cpor_csrf"
    CSRF_TRUSTED_ORIGINS = [ENV.public_url]
    if ENV.proxy_ssl_header:
        _meta = ENV.proxy_ssl_header.upper().replace("-", "_")
        SECURE_PROXY_SSL_HEADER = (f"HTTP_{_meta}", "https")

# --- Logging -----------------------------------------------------------------------------------

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "cpor_site.common.logs.LinklessFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
    },
    "filters": {"sender_at_fault": {"()": "cpor_site.common.logs.SenderAtFault"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": ENV.log_level},
    "loggers": {
        "django": {"handlers": ["console"], "level": ENV.log_level, "propagate": False},
        # A request for a host that is not ours is a scanner's, and is answered with 400.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # So is a filter that no list of the admin offers; each is worth a line.
        "django.security.DisallowedModelAdminLookup": {"filters": ["sender_at_fault"]},
        # It warns at every HEAD request that the body, which Django builds, is dropped.
        "gunicorn.http.wsgi": {"level": "ERROR"},
    },
}
