"""How mail leaves: by SMTP, or by a provider's own interface through django-anymail."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cpor_site.env_reader import EnvReader

SMTP = "smtp"
CREDENTIALS = re.compile(r"[A-Za-z0-9_.~-]+:[A-Za-z0-9_.~-]{20,}")


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """What one provider needs: variables that must be set, may be, and must for its news."""

    needed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    for_news: tuple[str, ...] = ()
    tells_news: bool = True


KINDS: dict[str, _Kind] = {
    "amazon_ses": _Kind(
        needed=("AMAZON_SES_REGION",), optional=("AMAZON_SES_CONFIGURATION_SET_NAME",)
    ),
    "brevo": _Kind(needed=("BREVO_API_KEY",)),
    "mailgun": _Kind(
        needed=("MAILGUN_API_KEY",),
        optional=("MAILGUN_SENDER_DOMAIN", "MAILGUN_API_URL"),
        for_news=("MAILGUN_WEBHOOK_SIGNING_KEY",),
    ),
    "mailjet": _Kind(needed=("MAILJET_API_KEY", "MAILJET_SECRET_KEY")),
    "mailtrap": _Kind(needed=("MAILTRAP_API_TOKEN",)),
    "mandrill": _Kind(
        needed=("MANDRILL_API_KEY",),
        optional=("MANDRILL_WEBHOOK_URL",),
        for_news=("MANDRILL_WEBHOOK_KEY",),
    ),
    "postmark": _Kind(needed=("POSTMARK_SERVER_TOKEN",)),
    "resend": _Kind(needed=("RESEND_API_KEY",)),
    "scaleway": _Kind(
        needed=("SCALEWAY_SECRET_KEY", "SCALEWAY_PROJECT_ID"),
        optional=("SCALEWAY_REGION",),
        tells_news=False,
    ),
    "sparkpost": _Kind(
        needed=("SPARKPOST_API_KEY",), optional=("SPARKPOST_API_URL", "SPARKPOST_SUBACCOUNT")
    ),
    "unisender_go": _Kind(needed=("UNISENDER_GO_API_KEY", "UNISENDER_GO_API_URL")),
}
"""The providers that the library supports in full, without packages beyond those of the desk.

Each variable has the name of the library's own setting.
"""


@dataclass(frozen=True, kw_only=True)
class MailProvider:
    """A provider with its keys; without a ``webhook_secret`` it can't tell us anything."""

    name: str
    options: dict[str, str] = field(repr=False)
    webhook_secret: str = field(repr=False)


def mail_provider(reader: EnvReader, mode: str) -> MailProvider | None:
    """Read which provider sends mail; None for SMTP, and outside production."""
    if mode != "production":
        for name in ("CPOR_MAIL_PROVIDER", "CPOR_MAIL_WEBHOOK_SECRET"):
            reader.unused(name, "outside production no mail leaves this machine")
        return None
    name = reader.choice("CPOR_MAIL_PROVIDER", (SMTP, *KINDS), default=SMTP)
    if name == SMTP:
        reader.unused("CPOR_MAIL_WEBHOOK_SECRET", "mail leaves by SMTP, which sends no news")
        return None
    reader.unused("CPOR_MAIL_URL", f"mail leaves by {name}")
    kind = KINDS[name]
    secret = reader.text("CPOR_MAIL_WEBHOOK_SECRET")
    if secret and not kind.tells_news:
        reader.problem(
            "CPOR_MAIL_WEBHOOK_SECRET", f"has no use: {name} doesn't tell what became of mail", ""
        )
    elif secret and not CREDENTIALS.fullmatch(secret):
        reader.problem(
            "CPOR_MAIL_WEBHOOK_SECRET",
            "must be a name, a colon and at least 20 random letters and digits",
            "CPOR_MAIL_WEBHOOK_SECRET=desk: and the output of: openssl rand -hex 24",
        )
    needed = kind.needed + (kind.for_news if secret else ())
    options = {each: reader.text(each, required=True, example="...") for each in needed}
    options |= {each: reader.text(each) for each in (*kind.optional, *kind.for_news)}
    return MailProvider(
        name=name,
        options={each: value for each, value in options.items() if value},
        webhook_secret=secret,
    )
