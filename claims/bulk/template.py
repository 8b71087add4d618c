"""The files that people download: the template, and the rows that they have to mend."""

from __future__ import annotations

from cpor_site.common.spreadsheets import csv_bytes

from ..models import DraftUpload
from .columns import COLUMNS


def template() -> bytes:
    """Return the header with two rows of one example claim, for Excel in the active language."""
    header = [column.code for column in COLUMNS]
    examples = [[column.examples[row] for column in COLUMNS] for row in (0, 1)]
    return csv_bytes([header, *examples])


def refused_rows(upload: DraftUpload) -> bytes:
    """Return the rows that became no draft with what is wrong with them, to be mended."""
    return csv_bytes([upload.header, *upload.refused_rows])
