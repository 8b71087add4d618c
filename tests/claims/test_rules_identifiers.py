from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.rules.identifiers import is_within, mail_domain, mailbox, normalise_domain, parse_guid

GUID = UUID("1b2c3d4e-0a1b-4c2d-8e3f-00805f9b34fb")


@pytest.mark.parametrize(
    "text",
    [
        "1b2c3d4e-0a1b-4c2d-8e3f-00805f9b34fb",
        "1B2C3D4E-0A1B-4C2D-8E3F-00805F9B34FB",
        "{1b2c3d4e-0a1b-4c2d-8e3f-00805f9b34fb}",
        "  1b2c3d4e-0a1b-4c2d-8e3f-00805f9b34fb\n",
        "\u00a01b2c3d4e-0a1b-4c2d-8e3f-00805f9b34fb\u200b",
        "{ 1B2C3D4E-0A1B-4C2D-8E3F-00805F9B34FB }",
        "urn:uuid:1b2c3d4e-0a1b-4c2d-8e3f-00805f9b34fb",
        "URN:UUID:{1b2c3d4e-0a1b-4c2d-8e3f-00805f9b34fb}",
        "1b2c3d4e0a1b4c2d8e3f00805f9b34fb",
        "1b2c3d4e–0a1b–4c2d–8e3f–00805f9b34fb",
        '"1b2c3d4e-0a1b-4c2d-8e3f-00805f9b34fb"',
    ],
)
def test_a_guid_is_read_however_it_was_copied(text: str) -> None:
    assert parse_guid(text) == GUID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "contoso.com",
        "1b2c3d4e-0a1b-4c2d-8e3f-00805f9b34f",
        "1b2c3d4e-0a1b-4c2d-8e3f-00805f9b34fbb",
        "1b2c3d4g-0a1b-4c2d-8e3f-00805f9b34fb",
        "1b2c3d4e-0a1b4c2d-8e3f-00805f9b34fb",
        "1b2c-3d4e0a1b-4c2d-8e3f-00805f9b34fb",
        "١b2c3d4e-0a1b-4c2d-8e3f-00805f9b34fb",
        "E1234567",
    ],
)
def test_anything_else_is_no_guid(text: str) -> None:
    assert parse_guid(text) is None


def test_zeros_are_read_because_a_rule_of_its_own_is_about_them() -> None:
    assert parse_guid("{00000000-0000-0000-0000-000000000000}") == UUID(int=0)


@given(
    st.uuids(),
    st.sampled_from(["{}", "{{{}}}", "urn:uuid:{}", " {} ", "\t{}\r\n"]),
    st.booleans(),
    st.booleans(),
)
def test_every_guid_survives_its_disguises(
    guid: UUID, frame: str, upper: bool, hyphens: bool
) -> None:
    text = frame.format(str(guid) if hyphens else guid.hex)
    assert parse_guid(text.upper() if upper else text) == guid


@given(st.text())
def test_reading_a_guid_never_fails(text: str) -> None:
    found = parse_guid(text)
    assert found is None or parse_guid(str(found)) == found


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("contoso.com", "contoso.com"),
        (" Contoso.COM ", "contoso.com"),
        ("https://www.contoso.com/about?x=1#top", "www.contoso.com"),
        ("HTTP://contoso.com:8080/", "contoso.com"),
        ("contoso.com/path", "contoso.com"),
        ("contoso.com.", "contoso.com"),
        ("@contoso.com", "contoso.com"),
        ("contoso", "contoso.onmicrosoft.com"),
        ("Contoso", "contoso.onmicrosoft.com"),
        ("contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("例え.jp", "xn--r8jz45g.jp"),
        ("contoso。com", "contoso.com"),
        ("a.b.c.d.example", "a.b.c.d.example"),
    ],
)
def test_a_domain_is_read_as_it_is_meant(text: str, domain: str) -> None:
    assert normalise_domain(text) == domain


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "@",
        "https://",
        "contoso..com",
        ".contoso.com",
        "con toso.com",
        "-contoso.com",
        "contoso-.com",
        "con_toso.com",
        "jana@contoso.com",
        "192.168.1.1",
        f"{'a' * 64}.com",
        ".".join(["abcdefgh"] * 30),
        "x" * 300,
        "1b2c3d4e-0a1b-4c2d-8e3f-00805f9b34fb!",
    ],
)
def test_anything_else_is_no_domain(text: str) -> None:
    assert normalise_domain(text) is None


@given(st.text())
def test_a_domain_read_twice_stays_the_same(text: str) -> None:
    found = normalise_domain(text)
    if found is not None:
        assert normalise_domain(found) == found
        assert found == found.lower()
        assert found.isascii()
        assert "." in found
        assert len(found) <= 253


LABEL = st.from_regex(r"[a-z]([a-z0-9]{0,10}[a-z0-9])?", fullmatch=True)


@given(
    st.lists(LABEL, min_size=2, max_size=4).map(".".join),
    st.sampled_from(["{}", "https://{}/", "http://{}:80/a?b", "@{}", "{}.", "  {}\n", "{}/x"]),
    st.booleans(),
)
def test_every_domain_survives_its_disguises(domain: str, frame: str, upper: bool) -> None:
    text = frame.format(domain)
    assert normalise_domain(text.upper() if upper else text) == domain


@pytest.mark.parametrize(
    ("domain", "within"),
    [
        ("contoso.com", True),
        ("mail.contoso.com", True),
        ("notcontoso.com", False),
        ("com", False),
        ("", False),
    ],
)
def test_a_subdomain_is_within_its_domain(domain: str, within: bool) -> None:
    assert is_within(domain, frozenset(["contoso.com", "fabrikam.com"])) is within


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("jana@Contoso.com", "contoso.com"),
        ("jana@bücher.example", "xn--bcher-kva.example"),
        ("jana", ""),
        ("jana@contoso", ""),
        ("", ""),
    ],
)
def test_the_domain_of_an_address(address: str, domain: str) -> None:
    assert mail_domain(address) == domain


def test_one_mailbox_has_many_spellings() -> None:
    assert mailbox(" Jana.Meier+cpor@Contoso.com ") == mailbox("jana.meier@contoso.com")
    assert mailbox("jana@contoso.com") != mailbox("jan@contoso.com")
