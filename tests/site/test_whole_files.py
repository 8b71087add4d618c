"""Files that are there as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from cpor_site.common.whole_files import WholeFileStorage


class Breaking(ContentFile):
    """A file that can be read only to its middle."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield b"half"
        raise OSError("No space left on device")


@pytest.fixture
def storage(tmp_path: Path) -> WholeFileStorage:
    return WholeFileStorage(
        location=tmp_path, file_permissions_mode=0o640, directory_permissions_mode=0o750
    )


def test_a_file_is_stored_under_its_name_and_replaced_as_a_whole(
    storage: WholeFileStorage, tmp_path: Path
) -> None:
    assert storage.save("a/one.txt", ContentFile(b"a longer text")) == "a/one.txt"
    assert storage.save("a/one.txt", ContentFile(b"short")) == "a/one.txt"
    assert (tmp_path / "a" / "one.txt").read_bytes() == b"short"
    assert (tmp_path / "a" / "one.txt").stat().st_mode & 0o777 == 0o640
    assert [each.name for each in (tmp_path / "a").iterdir()] == ["one.txt"]


def test_what_breaks_in_the_middle_leaves_what_was_there(
    storage: WholeFileStorage, tmp_path: Path
) -> None:
    storage.save("one.txt", ContentFile(b"before"))
    with pytest.raises(OSError, match="No space left"):
        storage.save("one.txt", Breaking(b"unused"))
    with pytest.raises(OSError, match="No space left"):
        storage.save("two.txt", Breaking(b"unused"))
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"one.txt": b"before"}
