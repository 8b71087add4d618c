"""The registry that the operator keeps: partners, customers, and the catalogue with its rules."""

from . import catalogue, customers, evidence, partners

__all__ = ["catalogue", "customers", "evidence", "partners"]
