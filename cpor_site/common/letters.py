"""Letters from templates: written once as plain text, from which the HTML form is made.

A letter ``claims/letters/rejected`` has two templates, ``rejected.subject.txt`` and
``rejected.body.txt``. Nothing is escaped in them, because they are plain text. In a body

- blank lines divide paragraphs,
- lines that begin with ``- `` are a list,
- lines that begin with ``> `` quote somebody (``{{ comment|quoted }}``),
- ``Open the claim: https://...`` alone in a paragraph is a link, if it leads to this site or is the
  outbox's marker for a secret link.

Text and HTML hold the same words, so neither can fall behind the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from textwrap import TextWrapper
from typing import Any, NamedTuple

from django.conf import settings
from django.template import Context, Engine
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_supported_language_variant

from .outbox import MARKER

WIDTH = 76
LINK = re.compile(r"(?P<words>[^:：]+?)\s?[:：]\s*(?P<address>\S+)")


@dataclass(frozen=True)
class RenderedLetter:
    """A letter in one language; ``text`` is complete, ``html`` is a whole document."""

    subject: str
    text: str
    html: str


class Verbatim(str):
    """A text whose line breaks a letter keeps; to be shown through ``quoted`` only."""

    __slots__ = ()


def render_letter(template_base: str, locale: str, context: Mapping[str, Any]) -> RenderedLetter:
    """Return the letter in the language ``locale``, or the product's own if it has no such one.

    The templates also get ``operator`` and ``operator_email``; the shared footer is added. Texts in
    the context, also in lists, lose their line breaks, so that a name somebody typed can't begin a
    paragraph of its own; ``Verbatim`` texts keep them, for ``quoted``. The outbox's marker is taken
    out of every text but that of ``link``.
    """
    language = usable_locale(locale)
    given = one_lined(context)
    with translation.override(language):
        subject, body, footer = texts_of(template_base, given)
        blocks, closing = list(blocks_of(body)), list(blocks_of(footer))
        return RenderedLetter(
            subject=subject,
            text=as_text(blocks, closing),
            html=as_document(language, subject, blocks, closing),
        )


def one_lined(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a letter's templates get: the texts in one line each, and who the operator is."""
    return {
        name: value if name == "link" else _one_line(value) for name, value in context.items()
    } | {
        "operator": settings.CPOR_OPERATOR_NAME,
        "operator_email": settings.CPOR_OPERATOR_EMAIL,
    }


def texts_of(template_base: str, given: dict[str, Any]) -> tuple[str, str, str]:
    """Return subject, body and footer as the templates have them, in the active language."""
    return (
        " ".join(_plain(f"{template_base}.subject.txt", given).split()),
        _plain(f"{template_base}.body.txt", given),
        _plain("common/letters/footer.txt", given),
    )


def as_text(blocks: list[list[str]], footer: list[list[str]]) -> str:
    """Return the plain form of a letter."""
    return joined_text([block_as_text(block) for block in blocks], map(block_as_text, footer))


def joined_text(blocks: Iterable[str], footer: Iterable[str]) -> str:
    """Return the plain form of a letter whose blocks are wrapped already."""
    return "{}\n\n-- \n{}\n".format("\n\n".join(blocks), "\n\n".join(footer))


def as_document(
    language: str, subject: str, blocks: list[list[str]], footer: list[list[str]]
) -> str:
    """Return the HTML form of a letter."""
    layout = Engine.get_default().get_template("common/letters/layout.html")
    parts = {
        "language": language,
        "subject": subject,
        "blocks": [_as_html(block) for block in blocks],
        "footer": [_as_html(block) for block in footer],
    }
    return layout.render(Context(parts))


def usable_locale(*wishes: str | None) -> str:
    """Return the first wish that the product speaks, else the product's own language."""
    for wish in wishes:
        if wish:
            try:
                return get_supported_language_variant(wish.replace("_", "-").lower())
            except LookupError:
                continue
    return settings.LANGUAGE_CODE


def _one_line(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_one_line(each) for each in value]
    if isinstance(value, dict):
        return {name: _one_line(each) for name, each in value.items()}
    if isinstance(value, Verbatim):
        return Verbatim(_without_marker(value))
    return in_one_line(value) if isinstance(value, str) else value


def in_one_line(text: str) -> str:
    """Return the text without line breaks and markers, as every letter gets it."""
    return " ".join(_without_marker(text).split())


def _without_marker(text: str) -> str:
    """Only the outbox's own marker may become somebody's secret link."""
    while MARKER in text:  # Taking one out may put another together.
        text = text.replace(MARKER, "")
    return text


def _plain(template: str, context: dict[str, Any]) -> str:
    return Engine.get_default().get_template(template).render(Context(context, autoescape=False))


def blocks_of(body: str) -> Iterator[list[str]]:
    """Yield paragraphs as lists of lines; list items count as one block even if apart."""
    block: list[str] = []
    for paragraph in re.split(r"\n\s*\n", body.strip()):
        lines = [line.rstrip() for line in paragraph.strip("\n").splitlines()]
        if _is_list(block) and _is_list(lines):
            block += lines
            continue
        if block:
            yield block
        block = lines
    if block:
        yield block


def _is_list(block: list[str]) -> bool:
    return bool(block) and block[0].startswith("- ")


def _is_quote(block: list[str]) -> bool:
    return block[0].startswith(">")


def _link(block: list[str]) -> tuple[str, str] | None:
    found = LINK.fullmatch(" ".join(block))
    if found and found["address"].startswith((f"{settings.CPOR_PUBLIC_URL}/", MARKER)):
        return found["words"], found["address"]
    return None


def _items(block: list[str]) -> list[str]:
    """Return the items of a list, each with its continuation lines joined to it."""
    items: list[str] = []
    for line in block:
        if line.startswith("- "):
            items.append(line[2:].strip())
        else:
            items[-1] += " " + line.strip()
    return items


class Line(NamedTuple):
    """A line of the plain form, not wrapped yet; what its first and its other lines begin with."""

    words: str
    first: str = ""
    others: str = ""


def lines_of(block: list[str]) -> list[Line]:
    """Return one paragraph, list or quotation as lines that are wrapped each by itself."""
    if _is_list(block):
        return [Line(item, "- ", "  ") for item in _items(block)]
    if _is_quote(block):
        return [Line(line.lstrip("> "), "> ", "> ") for line in block]
    return [Line(line) for line in block]


def block_as_text(block: list[str]) -> str:
    """Return one paragraph, list or quotation of the plain form, wrapped."""
    return "\n".join(wrapped(line) for line in lines_of(block))


def wrapped(line: Line) -> str:
    """Return the line as several of at most ``WIDTH`` characters, unless a word is longer."""
    words, first, others = line
    if len(first) + len(words) <= WIDTH and words == " ".join(words.split()):
        return (first + words) if words else first.rstrip()
    wrapper = TextWrapper(
        WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapper.fill(words) or first.rstrip()


def _as_html(block: list[str]) -> SafeString:
    if _is_list(block):
        items = format_html_join("", "<li>{}</li>", ((item,) for item in _items(block)))
        return format_html("<ul>{}</ul>", items)
    if _is_quote(block):
        return format_html("<blockquote>{}</blockquote>", _lines(line[1:] for line in block))
    if link := _link(block):
        words, address = link
        return format_html('<p><a href="{}">{}</a></p>', address, words)
    return format_html("<p>{}</p>", _lines(iter(block)))


def _lines(lines: Iterator[str]) -> SafeString:
    return format_html_join(SafeString("<br>"), "{}", ((line.strip(),) for line in lines))
