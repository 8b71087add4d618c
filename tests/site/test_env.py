"""Every environment variable is typed, and every mistake in one gets its own sentence."""

import importlib
import re
from pathlib import Path

import pytest

from cpor_site.common.mail_providers import news_urls
from cpor_site.env import BASE_DIR, INSECURE_KEY, EnvError, Operator, read
from cpor_site.env_mail import KINDS, MailProvider
from cpor_site.env_services import DEMO_KEY, Bucket, Database, Handoff, MailServer

from .environments import PRODUCTION


def problems(**changes: str) -> list[str]:
    """The sentences for production with `changes`; an empty string removes a variable."""
    try:
        read(PRODUCTION | changes)
    except EnvError as error:
        return list(error.problems)
    return []


def test_production_is_the_mode_when_none_is_named() -> None:
    environ = {k: v for k, v in PRODUCTION.items() if k != "CPOR_MODE"}
    assert read(environ).mode == "production"


def test_an_empty_environment_names_all_that_production_needs() -> None:
    with pytest.raises(EnvError) as caught:
        read({})
    named = sorted(problem.split()[0] for problem in caught.value.problems)
    assert named == sorted(set(PRODUCTION) - {"CPOR_MODE"})
    assert {bool(re.search(r"is not set\. Example: .+", p)) for p in caught.value.problems} == {
        True
    }


def test_production_values_arrive_typed() -> None:
    env = read(PRODUCTION)
    assert env.database == Database(
        engine="django.db.backends.postgresql",
        name="cpor",
        user="cpor",
        password="secret",
        host="db.example.com",
        port="5432",
    )
    assert env.mail == MailServer(
        host="mail.example.com",
        port=587,
        user="user",
        password="secret",
        use_tls=True,
        use_ssl=False,
    )
    assert env.operator == Operator(
        name="Contoso Partner Services",
        email="desk@example.com",
        country="SE",
        subdivision="",
        time_zone="Europe/Stockholm",
    )
    assert (env.allowed_hosts, env.public_url) == (
        ("claims.example.com",),
        "https://claims.example.com",
    )
    assert (env.bucket, env.clock_file, env.notices) == (None, None, ())
    assert (env.poe_max_file_mb, env.poe_max_files, env.poe_max_total_mb) == (25, 20, 100)
    assert (env.registry_authoritative, env.rule_profile) == (True, "2020")
    assert env.offered_clouds == ("public",)
    assert env.withdrawal_takes_effect == "at_once"


def test_clouds_come_in_their_own_order_and_once() -> None:
    environ = PRODUCTION | {"CPOR_OFFERED_CLOUDS": "government, public,government"}
    assert read(environ).offered_clouds == ("public", "government")


@pytest.mark.parametrize("mode", ["demo", "test"])
def test_demo_and_tests_need_no_variable(mode: str) -> None:
    env = read({"CPOR_MODE": mode})
    assert env.database.name == str(BASE_DIR / "var" / "cpor.sqlite3")
    assert (env.redis_url, env.mail, env.bucket) == ("", None, None)
    assert (env.operator.country, env.operator.time_zone) == ("DE", "Europe/Berlin")
    assert env.clock_file == BASE_DIR / "var" / "clock-offset"
    assert env.public_url == "http://127.0.0.1:8000"


def test_the_demo_keeps_to_its_own_folder_and_says_so() -> None:
    env = read(PRODUCTION | {"CPOR_MODE": "demo", "AWS_STORAGE_BUCKET_NAME": "claims"})
    assert env.database.is_sqlite
    assert (env.redis_url, env.mail, env.bucket) == ("", None, None)
    assert env.notices == (
        "REDIS_URL is set but not used: the demo passes its messages through a folder.",
        "DATABASE_URL is set but not used: the demo keeps its own database.",
        "CPOR_MAIL_URL is set but not used: outside production no mail leaves this machine.",
        "AWS_STORAGE_BUCKET_NAME is set but not used: the demo keeps its files in a folder.",
    )


def test_the_clock_cannot_be_moved_in_production() -> None:
    env = read(PRODUCTION | {"CPOR_CLOCK_FILE": "/var/lib/cpor/clock"})
    assert env.clock_file is None
    assert env.notices == (
        "CPOR_CLOCK_FILE is set but not used: the clock of a desk in production cannot be moved.",
    )


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("CPOR_MODE", "live", "CPOR_MODE is “live”, but must be one of demo, test, production."),
        ("DATABASE_URL", "mysql://db/cpor", "DATABASE_URL must begin with postgresql:// or"),
        ("DATABASE_URL", "postgresql://db", "DATABASE_URL names no database after the host."),
        ("DATABASE_URL", "postgresql://db:x/cpor", "DATABASE_URL is not an address that can be"),
        ("DATABASE_URL", "sqlite://cpor", "DATABASE_URL names no SQLite file."),
        (
            "DATABASE_URL",
            "postgresql://db/cpor?ssl=1",
            "DATABASE_URL has an option that is not known: ssl.",
        ),
        ("REDIS_URL", "amqp://mq", "REDIS_URL must begin with one of redis://, rediss://."),
        ("REDIS_URL", "redis://", "REDIS_URL names no host."),
        ("REDIS_URL", "redis://host:port", "REDIS_URL is not an address that can be read."),
        ("CPOR_SECRET_KEY", INSECURE_KEY, "CPOR_SECRET_KEY is the key of the demo, known to all."),
        ("CPOR_SECRET_KEY", "short", "CPOR_SECRET_KEY must be random and at least 50 characters"),
        ("CPOR_SECRET_KEY", "a" * 60, "CPOR_SECRET_KEY must be random and at least 50"),
        ("CPOR_ALLOWED_HOSTS", "*", "CPOR_ALLOWED_HOSTS holds “*”, which lets every host in; name"),
        (
            "CPOR_ALLOWED_HOSTS",
            "ok.example.com, https://x",
            "CPOR_ALLOWED_HOSTS holds “https://x”, but must hold host names, without scheme or",
        ),
        ("CPOR_PUBLIC_URL", "http://x.example", "CPOR_PUBLIC_URL must begin with one of https://."),
        ("CPOR_PUBLIC_URL", "https://x.example/desk", "CPOR_PUBLIC_URL must end after the host"),
        ("CPOR_MAIL_URL", "mail.example.com", "CPOR_MAIL_URL must be smtp://host or smtps://host."),
        ("CPOR_MAIL_URL", "smtp://m:x", "CPOR_MAIL_URL is not an address that can be read."),
        ("CPOR_MAIL_URL", "smtp://m?tls=2", "CPOR_MAIL_URL takes one option only, tls=1 or tls=0."),
        ("CPOR_MAIL_URL", "smtps://m?tls=1", "CPOR_MAIL_URL asks for both smtps:// and tls=1;"),
        ("CPOR_MAIL_FROM", "desk", "CPOR_MAIL_FROM is “desk”, which is no e-mail address."),
        ("CPOR_OPERATOR_EMAIL", "@x", "CPOR_OPERATOR_EMAIL is “@x”, which is no e-mail address."),
        ("CPOR_OPERATOR_COUNTRY", "UK", "CPOR_OPERATOR_COUNTRY is “UK”, which is no country's"),
        ("CPOR_OPERATOR_TIME_ZONE", "Mars/X", "CPOR_OPERATOR_TIME_ZONE is “Mars/X”, which is no"),
        ("CPOR_OPERATOR_TIME_ZONE", "Europe", "CPOR_OPERATOR_TIME_ZONE is “Europe”, which is no"),
        ("CPOR_OPERATOR_TIME_ZONE", "../x", "CPOR_OPERATOR_TIME_ZONE is “../x”, which is no time"),
        ("CPOR_REGISTRY_AUTHORITATIVE", "maybe", "CPOR_REGISTRY_AUTHORITATIVE is “maybe”, but"),
        ("CPOR_CUSTOMER_DIRECTORY", "Own", "CPOR_CUSTOMER_DIRECTORY is “Own”, but must be a"),
        (
            "CPOR_OFFERED_CLOUDS",
            "public, us",
            "CPOR_OFFERED_CLOUDS holds “us”, but must hold one or",
        ),
        ("CPOR_POE_MAX_FILES", "0", "CPOR_POE_MAX_FILES is “0”, but must be a whole number from 1"),
        ("CPOR_POE_MAX_FILE_MB", "2.5", "CPOR_POE_MAX_FILE_MB is “2.5”, but must be a whole"),
        ("CPOR_POE_MAX_TOTAL_MB", "²", "CPOR_POE_MAX_TOTAL_MB is “²”, but must be a whole number"),
        (
            "CPOR_WITHDRAWAL_TAKES_EFFECT",
            "soon",
            "CPOR_WITHDRAWAL_TAKES_EFFECT is “soon”, but must be one of at_once, month_end.",
        ),
        ("CPOR_LOG_LEVEL", "LOUD", "CPOR_LOG_LEVEL is “LOUD”, but must be one of DEBUG, INFO,"),
        ("CPOR_HSTS_SECONDS", "-1", "CPOR_HSTS_SECONDS is “-1”, but must be a whole number from 1"),
        ("CPOR_PROXY_SSL_HEADER", "X: y", "CPOR_PROXY_SSL_HEADER is “X: y”, which is no header's"),
        ("PORT", "99999", "PORT is “99999”, but must be a whole number from 1 to 65535."),
    ],
)
def test_a_malformed_value_gets_one_sentence(name: str, value: str, sentence: str) -> None:
    found = problems(**{name: value})
    assert len(found) == 1
    assert found[0].startswith(sentence)
    assert ". Example: " in found[0]


OIDC = {
    "CPOR_OIDC_ISSUER": "https://login.example.com/",
    "CPOR_OIDC_CLIENT_ID": "claims-desk",
    "CPOR_OIDC_CLIENT_SECRET": "secret",
}


def test_a_provider_is_read_whole_and_trusted_with_nothing(tmp_path: Path) -> None:
    provider = read(PRODUCTION | OIDC).sign_in.provider
    assert provider is not None
    assert (provider.issuer, provider.client_secret) == ("https://login.example.com", "secret")
    assert (provider.links_by_mail, provider.creates_people) == (False, False)
    assert "secret=" not in repr(provider)
    assert read(PRODUCTION).sign_in.provider is None

    file = tmp_path / "secret"
    file.write_text("from a file\n")
    named = OIDC | {"CPOR_OIDC_CLIENT_SECRET": "", "CPOR_OIDC_CLIENT_SECRET_FILE": str(file)}
    provider = read(PRODUCTION | named).sign_in.provider
    assert provider is not None
    assert provider.client_secret == "from a file"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"CPOR_OIDC_ISSUER": "http://login.example.com"}, "must begin with one of https://"),
        ({"CPOR_OIDC_ISSUER": ""}, "CPOR_OIDC_ISSUER is not set, though the client"),
        ({"CPOR_OIDC_CLIENT_ID": ""}, "CPOR_OIDC_CLIENT_ID is not set"),
        ({"CPOR_OIDC_CLIENT_SECRET": ""}, "CPOR_OIDC_CLIENT_SECRET is not set"),
        ({"CPOR_OIDC_CLIENT_SECRET_FILE": "/nowhere"}, "are both set; choose one"),
        (
            {"CPOR_OIDC_CLIENT_SECRET": "", "CPOR_OIDC_CLIENT_SECRET_FILE": "/nowhere"},
            "“/nowhere”, a file that can't be read or is empty",
        ),
    ],
)
def test_half_a_provider_is_a_sentence(change: dict[str, str], sentence: str) -> None:
    [found] = problems(**(OIDC | change))
    assert sentence in found


def test_staff_need_a_second_factor_except_in_the_demo() -> None:
    modes = {mode: read({"CPOR_MODE": mode}).sign_in for mode in ("demo", "test")}
    found = {mode: each.staff_second_factor for mode, each in modes.items()}
    found["production"] = read(PRODUCTION).sign_in.staff_second_factor
    assert found == {"demo": "offered", "test": "required", "production": "required"}


@pytest.mark.parametrize("proxies", ["", "0"])
def test_a_proxy_s_header_needs_the_number_of_proxies(proxies: str) -> None:
    header = {"CPOR_PROXY_SSL_HEADER": "X-Forwarded-Proto"}
    [sentence] = problems(**header, CPOR_TRUSTED_PROXIES=proxies)
    assert sentence == (
        "CPOR_PROXY_SSL_HEADER is “X-Forwarded-Proto”, a header that only a proxy may set, but "
        "CPOR_TRUSTED_PROXIES is 0, so that everybody behind the proxy would share one address "
        "and one lock-out; set it to the number of proxies. Example: CPOR_TRUSTED_PROXIES=1"
    )
    assert problems(**header, CPOR_TRUSTED_PROXIES="1") == []
    assert len(problems(**header, CPOR_TRUSTED_PROXIES="many")) == 1


def test_all_problems_are_told_at_once() -> None:
    found = problems(CPOR_PUBLIC_URL="", CPOR_OPERATOR_COUNTRY="Sweden", PORT="http")
    assert sorted(each.split()[0] for each in found) == [
        "CPOR_OPERATOR_COUNTRY",
        "CPOR_PUBLIC_URL",
        "PORT",
    ]


def test_a_secret_is_never_repeated() -> None:
    found = problems(CPOR_SECRET_KEY="swordfish", DATABASE_URL="postgresql://u:swordfish@h:x/d")
    assert len(found) == 2
    assert "swordfish" not in "".join(found)


def test_a_mistyped_name_is_noticed_with_the_likely_one() -> None:
    env = read(PRODUCTION | {"CPOR_OPERATOR_TIMEZONE": "Europe/Oslo", "CPOR_ZZZZ": "1"})
    assert env.notices == (
        (
            "CPOR_OPERATOR_TIMEZONE is set, but there is no such setting. "
            "Did you mean CPOR_OPERATOR_TIME_ZONE?"
        ),
        "CPOR_ZZZZ is set, but there is no such setting.",
    )


@pytest.mark.parametrize(
    ("url", "database"),
    [
        (
            "postgresql://a%40b:p%2Fw@h/n%20m?sslmode=require&connect_timeout=3",
            Database(
                engine="django.db.backends.postgresql",
                name="n m",
                user="a@b",
                password="p/w",
                host="h",
                options=(("connect_timeout", "3"), ("sslmode", "require")),
            ),
        ),
        (
            "postgresql://postgres@/cpor?host=/run/postgresql&port=5433",
            Database(
                engine="django.db.backends.postgresql",
                name="cpor",
                user="postgres",
                host="/run/postgresql",
                port="5433",
            ),
        ),
        (
            "sqlite:////var/lib/cpor/cpor.sqlite3",
            Database(engine="django.db.backends.sqlite3", name="/var/lib/cpor/cpor.sqlite3"),
        ),
    ],
)
def test_database_addresses(url: str, database: Database) -> None:
    assert read(PRODUCTION | {"DATABASE_URL": url}).database == database


@pytest.mark.parametrize(
    ("url", "port", "use_tls", "use_ssl"),
    [
        ("smtp://mail.example.com", 25, False, False),
        ("smtp://mail.example.com?tls=1", 587, True, False),
        ("smtps://mail.example.com", 465, False, True),
        ("smtps://mail.example.com:2465", 2465, False, True),
    ],
)
def test_mail_addresses(url: str, port: int, use_tls: bool, use_ssl: bool) -> None:
    assert read(PRODUCTION | {"CPOR_MAIL_URL": url}).mail == MailServer(
        host="mail.example.com",
        port=port,
        user="",
        password="",
        use_tls=use_tls,
        use_ssl=use_ssl,
    )


def test_a_bucket() -> None:
    env = read(
        PRODUCTION
        | {
            "AWS_STORAGE_BUCKET_NAME": "claims",
            "AWS_S3_REGION_NAME": "eu-north-1",
            "AWS_S3_ENDPOINT_URL": "https://s3.example.com",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }
    )
    assert env.bucket == Bucket(
        name="claims",
        region="eu-north-1",
        endpoint_url="https://s3.example.com",
        access_key="key",
        secret_key="secret",
        addressing_style="path",
    )


def test_half_a_pair_of_keys_and_a_wrong_endpoint() -> None:
    assert problems(
        AWS_STORAGE_BUCKET_NAME="claims",
        AWS_S3_ENDPOINT_URL="s3.example.com",
        AWS_ACCESS_KEY_ID="key",
    ) == [
        "AWS_S3_ENDPOINT_URL must begin with https://. Example: https://s3.example.com",
        "AWS_SECRET_ACCESS_KEY is missing while the other half of the key pair is set.",
    ]


def test_every_variable_is_documented() -> None:
    source = "".join(path.read_text() for path in (BASE_DIR / "cpor_site").glob("env*.py"))
    read_names = set(re.findall(r'"((?:CPOR|AWS)_[A-Z0-9_]+|PORT|[A-Z]+_URL)"', source))
    table = (BASE_DIR / "docs" / "operations.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z0-9_]+)`", table, re.MULTILINE))
    assert documented == read_names


def test_paths_are_absolute() -> None:
    env = read({"CPOR_MODE": "demo", "CPOR_VAR_DIR": "elsewhere"})
    assert env.var_dir == Path.cwd() / "elsewhere"
    assert env.static_dir == env.var_dir / "static"


KEY = PRODUCTION["CPOR_HANDOFF_SECRET"]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "CPOR_HANDOFF_SECRET",
            "secret",
            "CPOR_HANDOFF_SECRET must be whsec_ followed by 24 to 64 random bytes in base64",
        ),
        ("CPOR_HANDOFF_SECRET", f"{KEY},whsec_c2hvcnQ=", "CPOR_HANDOFF_SECRET must be whsec_"),
        ("CPOR_HANDOFF_SECRET", DEMO_KEY, "CPOR_HANDOFF_SECRET is the key of the demo"),
        ("CPOR_HANDOFF_URL", "http://a.example/", "CPOR_HANDOFF_URL must begin with one of https"),
        ("CPOR_HANDOFF_URL", "https://u:p@a.example/", "CPOR_HANDOFF_URL must hold neither"),
        ("CPOR_HANDOFF_URL", "https://a.example/#x", "CPOR_HANDOFF_URL must hold neither"),
        ("CPOR_HANDOFF_URL", "https://a.example/ö", "CPOR_HANDOFF_URL must be at most 500"),
        ("CPOR_HANDOFF_ALLOW_PRIVATE", "maybe", "CPOR_HANDOFF_ALLOW_PRIVATE is “maybe”"),
    ],
)
def test_what_is_wrong_with_a_setting_of_hand_offs(name: str, value: str, sentence: str) -> None:
    (problem,) = problems(**{name: value})
    assert problem.startswith(sentence)


def test_settings_of_hand_offs_arrive_typed() -> None:
    env = read(
        PRODUCTION
        | {
            "CPOR_HANDOFF_SECRET": f"{KEY},whsec_{'b2xk' * 8}",
            "CPOR_HANDOFF_URL": "http://10.0.0.9:8080/in",
            "CPOR_HANDOFF_ALLOW_PRIVATE": "yes",
            "CPOR_HANDOFF_BUCKET": "program",
            "AWS_S3_REGION_NAME": "eu-north-1",
        }
    )
    assert env.bucket is None
    assert env.handoff == Handoff(
        secrets=(KEY, f"whsec_{'b2xk' * 8}"),
        url="http://10.0.0.9:8080/in",
        allow_private=True,
        bucket=Bucket(
            name="program",
            region="eu-north-1",
            endpoint_url="",
            access_key="",
            secret_key="",
            addressing_style="virtual",
        ),
        folder="",
    )


def test_files_of_hand_offs_lie_beside_the_documents_unless_told_otherwise() -> None:
    with_documents = read(PRODUCTION | {"AWS_STORAGE_BUCKET_NAME": "cpor-private"}).handoff
    assert with_documents.bucket is not None
    assert (with_documents.bucket.name, with_documents.folder) == ("cpor-private", "handoffs")
    assert read(PRODUCTION).handoff.bucket is None
    assert read({"CPOR_MODE": "demo"}).handoff.secrets == (DEMO_KEY,)


POSTMARK = {"CPOR_MAIL_PROVIDER": "postmark", "POSTMARK_SERVER_TOKEN": "token", "CPOR_MAIL_URL": ""}


def test_a_mail_provider_takes_the_place_of_the_mail_server() -> None:
    environ = PRODUCTION | POSTMARK | {"CPOR_MAIL_WEBHOOK_SECRET": "desk:" + "a1" * 12}
    env = read(environ)
    assert env.mail is None
    assert env.mail_provider == MailProvider(
        name="postmark",
        options={"POSTMARK_SERVER_TOKEN": "token"},
        webhook_secret="desk:" + "a1" * 12,
    )
    assert env.notices == ()
    assert "token" not in repr(env.mail_provider)
    assert read(environ | {"CPOR_MAIL_URL": PRODUCTION["CPOR_MAIL_URL"]}).notices == (
        "CPOR_MAIL_URL is set but not used: mail leaves by postmark.",
    )
    assert read(PRODUCTION).mail_provider is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"CPOR_MAIL_PROVIDER": "pigeon", "CPOR_MAIL_URL": PRODUCTION["CPOR_MAIL_URL"]},
            "CPOR_MAIL_PROVIDER is “pigeon”, but must be one of smtp",
        ),
        ({"POSTMARK_SERVER_TOKEN": ""}, "POSTMARK_SERVER_TOKEN is not set."),
        (
            {"CPOR_MAIL_WEBHOOK_SECRET": "short"},
            "CPOR_MAIL_WEBHOOK_SECRET must be a name, a colon and at least 20 random letters",
        ),
        (
            {
                "CPOR_MAIL_PROVIDER": "mailgun",
                "MAILGUN_API_KEY": "k",
                "CPOR_MAIL_WEBHOOK_SECRET": "desk:" + "a1" * 12,
            },
            "MAILGUN_WEBHOOK_SIGNING_KEY is not set.",
        ),
        (
            {
                "CPOR_MAIL_PROVIDER": "scaleway",
                "SCALEWAY_SECRET_KEY": "k",
                "SCALEWAY_PROJECT_ID": "p",
                "CPOR_MAIL_WEBHOOK_SECRET": "desk:" + "a1" * 12,
            },
            "CPOR_MAIL_WEBHOOK_SECRET has no use: scaleway doesn't tell",
        ),
    ],
)
def test_a_mail_provider_with_something_missing(changes: dict[str, str], sentence: str) -> None:
    (found,) = problems(**(POSTMARK | changes))
    assert found.startswith(sentence)


def test_every_provider_is_one_of_the_library_and_tells_its_news_where_it_can() -> None:
    for name, kind in KINDS.items():
        importlib.import_module(f"anymail.backends.{name}")
        assert bool(news_urls(name)) is kind.tells_news
