"""Canned texts: shipped with the product, changed by the operator, never overwritten.

Each change is a version of its own. What was sent keeps its words, because a letter copies them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cpor_site.common import clock
from cpor_site.common.models import User
from cpor_site.common.problems import Refused, error

from ..models import CannedText
from ..placeholders import PLACEHOLDERS, unfilled

FILE = Path(__file__).resolve().parents[2] / "fixtures" / "canned_texts.json"
KEYS = frozenset({"slug", "use", "code", "locale", "title", "body"})


@dataclass
class LoadReport:
    """The texts of the file by what became of them, as ``slug (language)``."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def load_canned_texts(file: Path = FILE) -> LoadReport:
    """Bring in what is shipped; what somebody has changed here stays. All of it or nothing.

    Raises ``ValueError`` with a sentence for a file that can't be loaded.
    """
    entries = json.loads(file.read_text(encoding="utf-8"))
    report = LoadReport()
    with transaction.atomic():
        for entry in entries:
            if set(entry) != KEYS or entry["use"] not in CannedText.Use.values:
                raise ValueError(f"{file.name}: {entry.get('slug', '?')} isn't a canned text.")
            unknown = set(unfilled(entry["body"])) - set(PLACEHOLDERS)
            if unknown:
                raise ValueError(f"{file.name}: {entry['slug']} has unknown {sorted(unknown)}.")
            name = f"{entry['slug']} ({entry['locale']})"
            there = _current(entry["slug"], entry["locale"])
            if there is None:
                _write(entry, version=1, by=None)
                report.created.append(name)
            elif all(getattr(there, key) == entry[key] for key in KEYS):
                report.unchanged.append(name)
            elif there.created_by_id is not None:
                report.kept.append(name)
            else:
                _replace(there, entry, by=None)
                report.updated.append(name)
    return report


def change_text(*, text_id: int, by: User, title: str, body: str) -> CannedText:
    """Write a new version of a canned text and return it; the one before is kept.

    Raises ``Refused``: REV-17 for a version that somebody has replaced meanwhile, REV-18 for an
    empty text or a placeholder that nobody fills.
    """
    title, body = title.strip(), body.strip()
    with transaction.atomic():
        there = CannedText.objects.select_for_update().get(pk=text_id)
        if not there.is_current:
            raise Refused(error("REV-17", _("Somebody changed this text meanwhile. Open it anew.")))
        _ask_usable(title, body)
        if (there.title, there.body) == (title, body):
            return there
        entry = {key: getattr(there, key) for key in KEYS} | {"title": title, "body": body}
        return _replace(there, entry, by=by)


def add_text(
    *, by: User, slug: str, use: str, code: str, locale: str, title: str, body: str
) -> CannedText:
    """Write the first version of a text; raises ``Refused`` (REV-17, REV-18)."""
    _ask_usable(title.strip(), body.strip())
    entry = {
        "slug": slug,
        "use": use,
        "code": code,
        "locale": locale,
        "title": title.strip(),
        "body": body.strip(),
    }
    with transaction.atomic():
        if CannedText.objects.filter(slug=slug, locale=locale).exists():
            raise Refused(error("REV-17", _("There is a text with this key in this language.")))
        return _write(entry, version=1, by=by)


def texts_for(locale: str, *, use: str) -> list[CannedText]:
    """Return the texts in use in the language, English where it has none; one query."""
    language = locale.partition("-")[0]
    rank = {"en": 0, language: 1, locale: 2}
    rows = CannedText.objects.filter(is_current=True, use=use, locale__in=rank)
    best: dict[str, CannedText] = {}
    for row in rows.order_by("code", "slug"):
        if row.slug not in best or rank[row.locale] > rank[best[row.slug].locale]:
            best[row.slug] = row
    return list(best.values())


def _ask_usable(title: str, body: str) -> None:
    if not title or not body:
        raise Refused(error("REV-18", _("Write a title and a text."), field="body"))
    unknown = [each for each in unfilled(body) if each not in PLACEHOLDERS]
    if unknown:
        raise Refused(
            error(
                "REV-18",
                _("Nobody fills %(names)s. Use only: %(known)s.")
                % {
                    "names": ", ".join(f"{{{each}}}" for each in unknown),
                    "known": ", ".join(f"{{{each}}}" for each in PLACEHOLDERS),
                },
                field="body",
            )
        )


def _current(slug: str, locale: str) -> CannedText | None:
    return (
        CannedText.objects.select_for_update()
        .filter(slug=slug, locale=locale, is_current=True)
        .first()
    )


def _replace(there: CannedText, entry: dict[str, str], *, by: User | None) -> CannedText:
    there.is_current = False
    there.save(update_fields=["is_current"])
    return _write(entry, version=there.version + 1, by=by)


def _write(entry: dict[str, str], *, version: int, by: User | None) -> CannedText:
    return CannedText.objects.create(
        **entry, version=version, created_at=clock.now(), created_by=by
    )
