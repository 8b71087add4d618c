"""The proof beside the checklist: which document and page is shown, and where a word is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import OuterRef, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims.models import PoEDocument

from .models import ProofPage, ProofRendering

State = ProofRendering.State
Scan = PoEDocument.ScanState

LONGEST_SEARCH = 100
MOST_HITS = 50
AROUND = 60
"""Characters of context on both sides of a hit."""

ZOOMS: Mapping[str, Promise] = {
    "fit": _("whole width"),
    "large": _("enlarged"),
}
INSTEAD: Mapping[str, Promise] = {
    Scan.PENDING: _("The virus check isn't finished, so the document isn't shown yet."),
    Scan.INFECTED: _("The virus check refused this file. It is shown to nobody."),
    Scan.FAILED: _("The virus check failed, so the document isn't shown."),
}
PROBLEMS: Mapping[str, Promise] = {
    "pages": _("Only the first pages are shown. Download the document for the rest."),
    "size": _("Only the first pages are shown, because the pages are very large."),
    "time": _("Drawing the document takes too long. Download it for what isn't shown."),
    "crash": _("The document couldn't be drawn. Download it for what isn't shown."),
    "unreadable": _("The document can't be opened here. Download it to see whether it opens."),
    "missing": _("The file is missing from the storage. Tell whoever runs the desk."),
}


@dataclass(frozen=True)
class Hit:
    """One page on which the word is found; ``before``, ``word`` and ``after`` are its words."""

    document: PoEDocument
    number: int
    before: str
    word: str
    after: str


@dataclass(frozen=True)
class ProofView:
    """What the viewer shows.

    ``numbers`` are the pages of ``document`` that can be shown, ``page`` the one that is, ``note``
    why there is none or not all. ``find`` is the word looked for, ``hits`` the pages with it.
    """

    document: PoEDocument | None = None
    numbers: Sequence[int] = ()
    page: ProofPage | None = None
    note: Promise | str = ""
    zoom: str = "fit"
    find: str = ""
    hits: Sequence[Hit] = field(default_factory=tuple)

    @property
    def count(self) -> int:
        rendering = getattr(self.document, "rendering", None)
        return rendering.page_count if rendering else 0

    @property
    def before(self) -> int | None:
        """The number of the page before, if there is one."""
        return self.page.number - 1 if self.page and self.page.number > 1 else None

    @property
    def after(self) -> int | None:
        last = self.numbers[-1] if self.numbers else 0
        return self.page.number + 1 if self.page and self.page.number < last else None


def view_of(documents: Sequence[PoEDocument], asked: Mapping[str, str]) -> ProofView:
    """Return what the reader asked for (``document``, ``page``, ``zoom``, ``find``), or the start.

    Whatever isn't among the documents counts as not asked. At most two queries.
    """
    find = asked.get("find", "").replace("\0", "").strip()[:LONGEST_SEARCH]
    hits = _hits(documents, find) if find else []
    chosen = {str(each.pk): each for each in documents}.get(asked.get("document", ""))
    number = _number(asked.get("page", ""))
    if chosen is None and hits:
        chosen, number = hits[0].document, hits[0].number
    document = chosen or _first(documents)
    zoom = asked.get("zoom", "")
    zoom = zoom if zoom in ZOOMS else "fit"
    if document is None:
        return ProofView(zoom=zoom, find=find, hits=hits)
    note = note_on(document)
    if not _is_ready(document):
        return ProofView(document, note=note, zoom=zoom, find=find, hits=hits)
    # Fewer pages than there are were drawn if a limit was reached.
    drawn = ProofPage.objects.filter(rendering=OuterRef("rendering")).order_by("-number")
    found = list(
        ProofPage.objects.filter(rendering=document.rendering, number__in={1, number})
        .annotate(last=Subquery(drawn.values("number")[:1]))
        .order_by("number")
    )
    page = found[-1] if found else None
    last = page.last if page else 0
    return ProofView(document, range(1, last + 1), page, note, zoom, find, hits)


def note_on(document: PoEDocument) -> Promise | str:
    """Return why a document isn't shown, or not whole; empty if it is."""
    if document.scan_state in INSTEAD:
        return INSTEAD[document.scan_state]
    if not document.may_be_opened:
        return INSTEAD[Scan.PENDING]
    rendering = getattr(document, "rendering", None)
    if rendering is None or rendering.state == State.NOT_SHOWN:
        return _("This kind of document can't be shown here. Download it to read it.")
    if rendering.state == State.PENDING:
        return _("The pages are being prepared; reload in a moment.")
    return PROBLEMS.get(rendering.problem, rendering.problem)


def _is_ready(document: PoEDocument) -> bool:
    rendering = getattr(document, "rendering", None)
    return rendering is not None and rendering.state == State.READY and document.may_be_opened


def _first(documents: Sequence[PoEDocument]) -> PoEDocument | None:
    return next(
        (each for each in documents if _is_ready(each)), documents[0] if documents else None
    )


def _hits(documents: Sequence[PoEDocument], find: str) -> list[Hit]:
    ready = {each.rendering.pk: each for each in documents if _is_ready(each)}
    pages = ProofPage.objects.filter(rendering__in=ready, text__icontains=find)
    order = {key: place for place, key in enumerate(ready)}
    found = sorted(pages[:MOST_HITS], key=lambda page: (order[page.rendering_id], page.number))
    hits = []
    for page in found:
        text = " ".join(page.text.split())
        at = max(text.lower().find(find.lower()), 0)
        end = at + len(find)
        hits.append(
            Hit(
                ready[page.rendering_id],
                page.number,
                ("…" if at > AROUND else "") + text[max(0, at - AROUND) : at],
                text[at:end],
                text[end : end + AROUND] + ("…" if len(text) > end + AROUND else ""),
            )
        )
    return hits


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
