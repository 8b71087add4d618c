"""The reviewer's side of the admin: queue, case pages, cases of competing claims, notes."""

from . import canned, claims, competing, evidence

__all__ = ["canned", "claims", "competing", "evidence"]
