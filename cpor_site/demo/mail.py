"""Mail that stays on this machine: one .eml file per message in a folder."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as ParsedMessage
from email.utils import format_datetime
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from cpor_site.common import clock

# Nanoseconds of writing, so that names sort by time, and chance against two at once.
NAME = re.compile(r"[0-9]{20}-[0-9a-f]{8}\.eml")


def folder() -> Path:
    return settings.CPOR_VAR_DIR / "mail"


class EmailBackend(BaseEmailBackend):
    """Writes every message into `folder()`; a file appears complete or not at all."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        written = 0
        target = folder()
        target.mkdir(parents=True, exist_ok=True)
        for email in email_messages:
            if not email.recipients():
                continue
            message = email.message()
            del message["Date"]
            message["Date"] = format_datetime(clock.now())
            name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.eml"
            fresh = target / f"{name}.new"
            fresh.write_bytes(message.as_bytes())
            fresh.rename(target / name)
            written += 1
        return written


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail as a page shows it; `date` is None when the header cannot be read."""

    name: str
    to: str
    sender: str
    subject: str
    date: datetime | None
    text: str
    attachments: tuple[str, ...]


def names() -> list[str]:
    """The file names of all mails, newest first."""
    target = folder()
    if not target.is_dir():
        return []
    return sorted((p.name for p in target.iterdir() if NAME.fullmatch(p.name)), reverse=True)


def source(name: str) -> bytes:
    """The mail as it was written. Raises FileNotFoundError for any name that is not a mail's."""
    if not NAME.fullmatch(name):
        raise FileNotFoundError(name)
    return (folder() / name).read_bytes()


def read(name: str) -> Mail:
    """The mail `name`. Raises FileNotFoundError for any name that is not a mail's."""
    message = message_from_bytes(source(name), policy=policy.default)
    assert isinstance(message, ParsedMessage)
    body = message.get_body(("plain",))
    date = message["Date"]
    return Mail(
        name=name,
        to=str(message["To"] or ""),
        sender=str(message["From"] or ""),
        subject=str(message["Subject"] or ""),
        date=date.datetime if date is not None else None,
        text=body.get_content() if body is not None else "",
        attachments=tuple(
            part.get_filename() or part.get_content_type() for part in message.iter_attachments()
        ),
    )
