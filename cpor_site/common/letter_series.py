"""Letters of one kind to many: the same letters as ``render_letter``, each form made once.

A template takes milliseconds, and a sweep may write a hundred thousand letters that differ in
little more than a number and a few names. So the names are left open when a form is made, and
filled in for each letter; whatever else differs makes a form of its own.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.html import escape

from .letters import (
    Line,
    RenderedLetter,
    as_document,
    block_as_text,
    blocks_of,
    in_one_line,
    joined_text,
    lines_of,
    one_lined,
    texts_of,
    usable_locale,
    wrapped,
)

MOST_FORMS = 500
OPEN = "\ue000"
"""Stands for a name in the shape of a letter."""
OPEN_ADDRESS = "\ue000/"
"""Stands for an address of this site, whose beginning a letter's form knows."""

Names = Mapping[str, str | Sequence[str]]


class LetterSeries:
    """Makes letters from few forms; good for one batch, since templates and settings may change."""

    def __init__(self) -> None:
        self._site = f"{settings.CPOR_PUBLIC_URL}/"
        self._forms: dict[Hashable, _Form] = {}
        # Made up anew each time, so that nobody can type what stands for an open place.
        self._mark = secrets.token_hex(8)

    def letter(
        self,
        template_base: str,
        locale: str,
        names: Names,
        *,
        alike: Hashable,
        rest: Callable[[], Mapping[str, Any]],
    ) -> RenderedLetter:
        """Return what ``render_letter`` returns for ``rest() | names``.

        ``names`` are the texts, or lists of texts, that templates only print: they neither filter
        them nor ask more of them than whether they are empty. ``alike`` is equal for letters of
        this template and language whose ``rest`` is, which is then asked for once.
        """
        values: list[str] = []
        shape = tuple(
            self._opened(name, values)
            if isinstance(name, str)
            else tuple([self._opened(each, values) for each in name])
            for name in names.values()
        )
        key = (template_base, locale, alike, shape)
        form = self._forms.get(key)
        if form is None:
            if len(self._forms) >= MOST_FORMS:
                self._forms.clear()
            places = self._places(dict(zip(names, shape, strict=True)))
            form = self._form(template_base, usable_locale(locale), {**rest(), **places})
            self._forms[key] = form
        return form.filled(values)

    def _opened(self, name: str, values: list[str]) -> str:
        """Return what stands in the shape for a name, and put the name among the values.

        What could be taken for a list, a quotation or a link stays in the shape.
        """
        text = in_one_line(name)
        if text.startswith(self._site):
            if " " in text:
                return text
            values.append(text[len(self._site) :])
            return OPEN_ADDRESS
        if not text or text[0] in "->" or ":" in text or "：" in text:
            return text
        values.append(text)
        return OPEN

    def _places(self, shapes: Mapping[str, str | tuple[str, ...]]) -> dict[str, Any]:
        """Return the names with numbered places where the shape is open, in its order."""
        taken = 0

        def place(shape: str) -> str:
            nonlocal taken
            if shape not in (OPEN, OPEN_ADDRESS):
                return shape
            taken += 1
            begin = self._site if shape == OPEN_ADDRESS else ""
            return f"{begin}\ue000{self._mark}{taken - 1}\ue001"

        return {
            name: place(shape) if isinstance(shape, str) else [place(each) for each in shape]
            for name, shape in shapes.items()
        }

    def _form(self, template_base: str, language: str, context: Mapping[str, Any]) -> _Form:
        place = re.compile(f"\ue000{self._mark}([0-9]+)\ue001")
        with translation.override(language):
            subject, body, footer = texts_of(template_base, one_lined(context))
            blocks, closing = list(blocks_of(body)), list(blocks_of(footer))
            return _Form(
                _Text.cut(subject, place),
                [_cut_block(block, place) for block in blocks],
                [_cut_block(block, place) for block in closing],
                _Text.cut(as_document(language, subject, blocks, closing), place),
            )


@dataclass(frozen=True)
class _Text:
    """A text cut at its places; every second piece is the place of the value so numbered."""

    pieces: list[str]
    numbers: list[int]

    @classmethod
    def cut(cls, text: str, place: re.Pattern[str]) -> _Text:
        pieces = place.split(text)
        return cls(pieces, [int(number) for number in pieces[1::2]])

    def filled(self, values: Sequence[str]) -> str:
        pieces = self.pieces.copy()
        pieces[1::2] = [values[number] for number in self.numbers]
        return "".join(pieces)


@dataclass(frozen=True)
class _OpenLine:
    """A line of the plain form with places; it is wrapped once they are filled."""

    text: _Text
    first: str
    others: str

    @classmethod
    def cut(cls, line: Line, place: re.Pattern[str]) -> _OpenLine | str:
        """Return the line cut at its places, and wrapped if it has none."""
        if place.search(line.words) is None:
            return wrapped(line)
        return cls(_Text.cut(line.words, place), line.first, line.others)

    def filled(self, values: Sequence[str]) -> str:
        return wrapped(Line(self.text.filled(values), self.first, self.others))


_Block = str | list[_OpenLine | str]


@dataclass(frozen=True)
class _Form:
    """A letter with open places."""

    subject: _Text
    blocks: list[_Block]
    footer: list[_Block]
    html: _Text

    def filled(self, values: Sequence[str]) -> RenderedLetter:
        return RenderedLetter(
            subject=self.subject.filled(values),
            text=joined_text(
                [_fill_block(block, values) for block in self.blocks],
                [_fill_block(block, values) for block in self.footer],
            ),
            html=self.html.filled([escape(value) for value in values]),
        )


def _cut_block(block: list[str], place: re.Pattern[str]) -> _Block:
    """Return a block without places as its text, any other one as its lines."""
    if not any(place.search(line) for line in block):
        return block_as_text(block)
    return [_OpenLine.cut(line, place) for line in lines_of(block)]


def _fill_block(block: _Block, values: Sequence[str]) -> str:
    if isinstance(block, str):
        return block
    return "\n".join([line if isinstance(line, str) else line.filled(values) for line in block])
