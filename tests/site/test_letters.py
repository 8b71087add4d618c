"""Letters: written once, read as text and as HTML, in the reader's language and zone."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import translation

from cpor_site.common.letters import RenderedLetter, Verbatim, render_letter, usable_locale
from cpor_site.common.templatetags.letters import in_zone, quoted


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """A folder of templates for letters that only these tests have."""
    engine: dict[str, Any] = dict(django_settings.TEMPLATES[0])
    settings.TEMPLATES = [engine | {"DIRS": [*engine["DIRS"], tmp_path]}]
    settings.CPOR_PUBLIC_URL = "https://desk.example"
    settings.CPOR_OPERATOR_NAME = "Contoso & Sons"
    settings.CPOR_OPERATOR_EMAIL = "desk@contoso.example"
    return tmp_path


def letter(folder: Path, body: str, *, subject: str = "Claim", **context: Any) -> RenderedLetter:
    (folder / "t.subject.txt").write_text(subject, encoding="utf-8")
    (folder / "t.body.txt").write_text("{% load i18n letters %}" + body, encoding="utf-8")
    return render_letter("t", "en", context)


class Words(HTMLParser):
    """Collects the words between tags, so that both forms of a letter can be compared."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] != "style":
            self.words += data.split()


def inside(html: str) -> str:
    """Return what stands between the heading and the end of the letter proper."""
    return html.partition("</h1>")[2].partition("</main>")[0].strip()


FOOTER = "\n\n-- \nThis letter is from Contoso & Sons. Questions? Write to\ndesk@contoso.example.\n"


def test_nothing_is_escaped_in_text_and_everything_in_html(folder: Path) -> None:
    made = letter(
        folder,
        "{{ customer }} asked.",
        subject="{{ customer }} asked\n",
        customer="Fish & <b>Chips</b> “Ltd”",
    )
    assert made.subject == "Fish & <b>Chips</b> “Ltd” asked"
    assert made.text == "Fish & <b>Chips</b> “Ltd” asked." + FOOTER
    assert inside(made.html) == "<p>Fish &amp; &lt;b&gt;Chips&lt;/b&gt; “Ltd” asked.</p>"
    assert "<title>Fish &amp; &lt;b&gt;Chips&lt;/b&gt; “Ltd” asked</title>" in made.html


def test_paragraphs_lists_quotations_and_links(folder: Path) -> None:
    body = (
        "Dear Ada,\n\n{% for line in lines %}\n- {{ line }}\n{% endfor %}\n\n"
        "They wrote:\n\n{{ comment|quoted }}\n\n"
        "Open the claim: https://desk.example/claims/7/\n\nSee also: https://elsewhere.example/\n"
    )
    comment = Verbatim("first\r\n\r\n- no list\n> nor quote")
    made = letter(folder, body, lines=["Exchange", "Teams"], comment=comment)
    assert made.text == (
        "Dear Ada,\n\n- Exchange\n- Teams\n\n"
        "They wrote:\n\n> first\n>\n> - no list\n> nor quote\n\n"
        "Open the claim: https://desk.example/claims/7/\n\nSee also: https://elsewhere.example/"
        + FOOTER
    )
    assert inside(made.html).split("\n") == [
        "<p>Dear Ada,</p>",
        "<ul><li>Exchange</li><li>Teams</li></ul>",
        "<p>They wrote:</p>",
        "<blockquote>first<br><br>- no list<br>&gt; nor quote</blockquote>",
        '<p><a href="https://desk.example/claims/7/">Open the claim</a></p>',
        "<p>See also: https://elsewhere.example/</p>",
    ]


def test_the_marker_of_a_secret_link_becomes_a_link(folder: Path) -> None:
    made = letter(folder, "See what is claimed, and answer: [[link]]")
    assert made.text.startswith("See what is claimed, and answer: [[link]]\n")
    assert inside(made.html) == '<p><a href="[[link]]">See what is claimed, and answer</a></p>'


def test_words_that_somebody_typed_never_become_a_secret_link(folder: Path) -> None:
    made = letter(
        folder,
        "{{ name }}\n\n{{ words|quoted }}\n\nOpen: {{ link }}",
        name="[[link]][[li[[link]]nk]]",
        words=Verbatim("see [[link]]"),
        link="[[link]]",
    )

    assert made.text.count("[[link]]") == made.html.count("[[link]]") == 1


def test_a_name_cannot_begin_a_paragraph_or_a_link_of_its_own(folder: Path) -> None:
    name = "Mallory\r\n\r\nPay here: https://desk.example/x"
    made = letter(
        folder, "{{ name }} and {{ names.0 }}", subject="{{ name }}", name=name, names=[name]
    )
    assert made.subject == "Mallory Pay here: https://desk.example/x"
    assert inside(made.html) == (
        "<p>Mallory Pay here: https://desk.example/x and "
        "Mallory Pay here: https://desk.example/x</p>"
    )


def test_long_lines_are_folded_in_the_text_but_addresses_are_not(folder: Path) -> None:
    address = "https://desk.example/" + "x" * 90
    made = letter(
        folder, f"{'word ' * 30}\n\n- {'item ' * 30}\n\nOpen it: {address}\n\n> {'q ' * 60}"
    )
    lines = made.text.splitlines()
    assert max(len(line) for line in lines if address not in line) <= 76
    assert address in lines
    assert [line[:2] for line in lines if "item" in line] == ["- ", "  "]
    assert [line[:2] for line in lines if "q q" in line] == ["> ", "> "]


def test_both_forms_hold_the_same_words(folder: Path) -> None:
    made = letter(folder, "One & two\nthree.\n\n- four\n- five\n\n{{ six|quoted }}", six="six")
    parser = Words()
    parser.feed(made.html)
    text = [word for word in made.text.split() if word not in ("-", "--", ">")]
    assert parser.words == ["Claim", "Claim", *text]
    assert parser.tags.count("h1") == 1


def test_the_language_of_the_reader(folder: Path) -> None:
    (folder / "t.subject.txt").write_text("{% load i18n %}{% translate 'Monday' %}")
    (folder / "t.body.txt").write_text("{% load i18n letters %}{{ due|in_zone:zone }}")
    due = datetime(2026, 6, 12, 21, 59, 59, tzinfo=UTC)
    with translation.override("sv"):
        made = render_letter("t", "pl_PL", {"due": due, "zone": "Europe/Warsaw"})
        assert translation.get_language() == "sv"
    assert made.subject == "Poniedziałek"
    assert made.text.startswith("Piątek, 12 czerwca 2026, 23:59 (Europe/Warsaw)")
    assert '<html lang="pl">' in made.html


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        (("hu",), "hu"),
        (("sv-FI",), "sv"),
        (("zh-TW",), "zh-hant"),
        (("zh_Hant_HK",), "zh-hant"),
        (("xx", "", None, "pl"), "pl"),
        (("<script>",), "en"),
        ((), "en"),
    ],
)
def test_the_first_wish_that_the_product_speaks(wishes: tuple[str, ...], language: str) -> None:
    assert usable_locale(*wishes) == language


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("America/Los_Angeles", "Friday, 12 June 2026, 14:59 (America/Los_Angeles)"),
        ("Asia/Tokyo", "Saturday, 13 June 2026, 06:59 (Asia/Tokyo)"),
        ("Mars/Olympus", "Friday, 12 June 2026, 23:59 (Europe/Berlin)"),
        ("../etc/passwd", "Friday, 12 June 2026, 23:59 (Europe/Berlin)"),
        ("", "Friday, 12 June 2026, 23:59 (Europe/Berlin)"),
    ],
)
def test_moments_are_shown_in_the_readers_zone(zone: str, shown: str) -> None:
    with translation.override("en"):
        assert in_zone(datetime(2026, 6, 12, 21, 59, 59, tzinfo=UTC), zone) == shown


def test_quoting_marks_every_line() -> None:
    assert quoted("\n a \n\n> b\n") == "> a\n>\n> > b"
