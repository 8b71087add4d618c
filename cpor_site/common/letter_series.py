"""Letters of one kind to many: the same letters as ``render_letter``, each form made once.

A template takes milliseconds, and a sweep may write a hundred thousand letters that differ in
little more than a number and a few names. So the names given as ``merged`` are left open when a
form is made, and filled in for each letter; whatever else differs makes a form of its own.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.html import escape

from .letters import (
    RenderedLetter,
    as_document,
    block_as_text,
    blocks_of,
    joined_text,
    one_lined,
    texts_of,
    usable_locale,
)

MOST_FORMS = 500


class LetterSeries:
    """Renders letters from few forms; good for one batch, since templates and settings may change.

    ``merged`` names the texts, or lists of texts, that templates only print: they neither filter
    them nor ask more of them than whether they are empty.
    """

    def __init__(self, *merged: str) -> None:
        self._merged = merged
        self._forms: dict[Any, _Form] = {}
        # Made up anew each time, so that nobody can type what stands for an open place.
        self._mark = secrets.token_hex(8)
        self._place = re.compile(f"\ue000{self._mark}([0-9]+)\ue001")

    def render(self, template_base: str, locale: str, context: Mapping[str, Any]) -> RenderedLetter:
        """Return what ``render_letter`` returns for the same arguments."""
        language = usable_locale(locale)
        given = one_lined(context)
        values: list[str] = []
        for name in self._merged:
            if name in given:
                given[name] = self._opened(given[name], values)
        key = (template_base, language, repr(sorted(given.items())))
        form = self._forms.get(key)
        if form is None:
            if len(self._forms) >= MOST_FORMS:
                self._forms.clear()
            with translation.override(language):
                form = self._forms[key] = _Form.of(template_base, language, given, self._place)
        return form.filled(values)

    def _opened(self, value: Any, values: list[str]) -> Any:
        """Return places for the texts, and put these into ``values``."""
        if isinstance(value, list):
            return [self._opened(each, values) for each in value]
        if type(value) is not str or not _is_plain(value):
            return value
        # An address that leads to this site is told by its beginning, which stays.
        site = f"{settings.CPOR_PUBLIC_URL}/"
        begin = site if value.startswith(site) else ""
        values.append(value.removeprefix(begin))
        return f"{begin}\ue000{self._mark}{len(values) - 1}\ue001"


def _is_plain(value: str) -> bool:
    """Whether nothing in the text can be taken for a list, a quotation, a link or a place."""
    site = f"{settings.CPOR_PUBLIC_URL}/"
    if value.startswith(site):
        return " " not in value
    return bool(value) and value[0] not in "->" and not set(value) & {":", "："}


@dataclass(frozen=True)
class _Form:
    """A letter with open places, cut at them: every second piece is the number of a value."""

    subject: list[str]
    blocks: list[str | list[list[str]]]
    footer: list[str | list[list[str]]]
    html: list[str]

    @classmethod
    def of(
        cls, template_base: str, language: str, given: dict[str, Any], place: re.Pattern[str]
    ) -> _Form:
        subject, body, footer = texts_of(template_base, given)
        blocks, closing = list(blocks_of(body)), list(blocks_of(footer))
        return cls(
            place.split(subject),
            [_cut_block(block, place) for block in blocks],
            [_cut_block(block, place) for block in closing],
            place.split(as_document(language, subject, blocks, closing)),
        )

    def filled(self, values: Sequence[str]) -> RenderedLetter:
        escaped = [str(escape(value)) for value in values]
        return RenderedLetter(
            subject=_fill(self.subject, values),
            text=joined_text(
                [_fill_block(block, values) for block in self.blocks],
                [_fill_block(block, values) for block in self.footer],
            ),
            html=_fill(self.html, escaped),
        )


def _cut_block(block: list[str], place: re.Pattern[str]) -> str | list[list[str]]:
    """Return a block without places wrapped, any other one as the pieces of its lines."""
    lines = [place.split(line) for line in block]
    return lines if any(len(pieces) > 1 for pieces in lines) else block_as_text(block)


def _fill_block(block: str | list[list[str]], values: Sequence[str]) -> str:
    if isinstance(block, str):
        return block
    return block_as_text([_fill(pieces, values) for pieces in block])


def _fill(pieces: list[str], values: Sequence[str]) -> str:
    return "".join(values[int(piece)] if odd % 2 else piece for odd, piece in enumerate(pieces))
