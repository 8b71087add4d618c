"""The reviewer's side of the admin: queue, case pages, cases of competing claims, notes."""

from . import canned, claims, evidence

__all__ = ["canned", "claims", "evidence"]
