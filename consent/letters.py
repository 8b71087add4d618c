"""Letters to customers."""

from __future__ import annotations

