"""Answers of Microsoft Graph: one file, or a folder of pages that name each other."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from django.utils.translation import gettext as _

from .files import open_file
from .json_stream import JsonStream
from .report import Place, Refusal, UnusableFile
from .rows import Row, Size

NEXT_LINK = "@odata.nextLink"
NUMBER = re.compile(r"[0-9]+")
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


class GraphSource:
    """The entries of one JSON file or of all pages in a folder, in the order of the pages."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pages: list[Path] = []

    def check(self) -> Size:
        """Read all pages once and bring them into their order; see ``Source``."""
        rows = lines = 0
        links: dict[str, str | None] = {}
        for page in self._files():
            with self._opened(page) as stream:
                rows += sum(1 for _entry in stream.entries())
                lines += stream.line
                links[page.name] = self._link(stream, page)
        folder = self.path if self.path.is_dir() else self.path.parent
        self._pages = [folder / name for name in in_order(links)]
        return Size(rows=rows, lines=lines)

    def rows(self) -> Iterator[Row | Refusal]:
        """Yield the entries of all pages; what is no object comes as a refusal."""
        if not self._pages:
            self.check()
        for page in self._pages:
            name = self._name(page)
            with self._opened(page) as stream:
                for line, entry in stream.entries():
                    place = Place(line, name)
                    if isinstance(entry, dict):
                        yield Row(place, entry)
                    else:
                        yield Refusal(place, "", _("This entry is no object."))

    def _files(self) -> list[Path]:
        if not self.path.is_dir():
            return [self.path]
        pages = [each for each in self.path.iterdir() if each.suffix.casefold() == ".json"]
        if not pages:
            raise UnusableFile(
                _("The folder %(folder)s holds no .json file.") % {"folder": self.path}
            )
        return sorted(pages)

    @contextmanager
    def _opened(self, page: Path) -> Iterator[JsonStream]:
        with open_file(page) as file:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="")
            yield JsonStream(text, self._name(page))

    def _name(self, page: Path) -> str:
        return page.name if self.path.is_dir() else ""

    def _link(self, stream: JsonStream, page: Path) -> str | None:
        link = stream.members.get(NEXT_LINK)
        if link is not None and (not isinstance(link, str) or not link):
            raise UnusableFile(
                _("The member %(member)s is no address.") % {"member": NEXT_LINK},
                Place(stream.line, self._name(page)),
            )
        return link


def in_order(links: Mapping[str, str | None]) -> list[str]:
    """Return the names of pages in the order in which they follow one another.

    ``links`` maps each file's name to the address of the next page it names, or to ``None``. If
    the files are named by the ``$skiptoken`` (or ``$skip``) of the addresses that lead to them,
    those decide; otherwise the numbers in the names do. Raises ``UnusableFile`` with a sentence if
    a page is missing or named by none, or if the pages go round in a circle.
    """
    targets = {name: _target(link, links) for name, link in links.items() if link}
    if any(targets.values()):
        return _by_token(links, targets)
    return _by_number(links)


def _target(link: str, names: Mapping[str, str | None]) -> str | None:
    query = dict(parse_qsl(urlsplit(link).query))
    token = query.get("$skiptoken") or query.get("$skip") or ""
    wanted = NOT_IN_NAMES.sub("_", token).strip("_")
    if not wanted:
        return None
    fitting = [
        name
        for name in names
        if (stem := Path(name).stem) == wanted or re.search(rf"[._-]{re.escape(wanted)}$", stem)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _by_token(links: Mapping[str, str | None], targets: Mapping[str, str | None]) -> list[str]:
    for source, target in targets.items():
        if target is None:
            raise _missing(source)
    firsts = sorted(set(links) - set(targets.values()))
    if not firsts:
        raise _circle(sorted(links))
    if len(firsts) > 1:
        raise UnusableFile(
            _("No page names %(names)s as its next one, so a page is missing before it.")
            % {"names": ", ".join(firsts[1:])}
        )
    order: list[str] = []
    name: str | None = firsts[0]
    while name is not None:
        if name in order:
            raise _circle(order)
        order.append(name)
        name = targets.get(name)
    left = sorted(set(links) - set(order))
    if left:
        raise _circle(left)
    return order


def _by_number(links: Mapping[str, str | None]) -> list[str]:
    order = sorted(links, key=_natural)
    numbers = [NUMBER.findall(name) for name in order]
    for before, after, name in zip(numbers, numbers[1:], order[1:], strict=False):
        if before and after and int(after[-1]) != int(before[-1]) + 1:
            raise UnusableFile(
                _("A page is missing before %(name)s: the numbers of the files leave a gap.")
                % {"name": name}
            )
    named: dict[str, str] = {}
    for name, following in zip(order, [*order[1:], None], strict=True):
        link = links[name]
        if link is None and following is not None:
            raise UnusableFile(
                _("%(name)s names no next page, yet %(following)s follows it.")
                % {"name": name, "following": following}
            )
        if link is not None and link in named:
            raise _circle([named[link], name])
        if link is not None and following is None:
            raise _missing(name)
        if link is not None:
            named[link] = name
    return order


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort page-10 behind page-9."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _missing(name: str) -> UnusableFile:
    return UnusableFile(
        _(
            "%(name)s names a next page that isn't there. Save all pages into one folder and "
            "import the folder."
        )
        % {"name": name}
    )


def _circle(names: list[str]) -> UnusableFile:
    return UnusableFile(
        _("The pages go round in a circle: %(names)s.") % {"names": ", ".join(names)}
    )
