"""The reviewer's side of the admin: queue, case pages, cases of competing claims, notes."""

from . import claims, evidence

__all__ = ["claims", "evidence"]
