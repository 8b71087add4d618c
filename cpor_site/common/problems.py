"""Sentences about what is wrong, each with the stable code of its rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Severity(TextChoices):
    """How a problem weighs: errors block, warnings have to be confirmed, information is read."""

    ERROR = "E", _("Error")
    WARNING = "W", _("Warning")
    INFORMATION = "I", _("Information")


@dataclass(frozen=True)
class Problem:
    """One finding of a rule.

    ``code`` is the rule's code (``SUB-07``); ``message`` the sentence for the reader; ``field`` the
    name of the form field it belongs to; ``line`` the primary key of the claim line, if it is about
    one. ``subject`` tells apart two problems with the same code (a file name, a product code).
    """

    code: str
    severity: Severity
    message: str | Promise
    field: str = ""
    line: int | None = None
    subject: str = ""
    needs_reason: bool = False

    @property
    def key(self) -> str:
        """What a confirmation of this warning is remembered by."""
        return f"{self.code}:{self.subject}" if self.subject else self.code

    @property
    def blocks(self) -> bool:
        return self.severity == Severity.ERROR


class Refused(Exception):
    """A known refusal: ``problems`` are sentences for the person who tried."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{problem.code} {problem.message}" for problem in problems))
        self.problems: tuple[Problem, ...] = problems

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(problem.code for problem in self.problems)


def error(
    code: str,
    message: str | Promise,
    *,
    field: str = "",
    line: int | None = None,
    subject: str = "",
) -> Problem:
    """Return a problem that blocks."""
    return Problem(code, Severity.ERROR, message, field, line, subject)


def too_long(code: str, text: str, longest: int, *, field: str) -> list[Problem]:
    """Return the refusal of a text of more than ``longest`` characters; nothing if it fits."""
    if len(text) <= longest:
        return []
    words = _("The text has %(length)d characters; at most %(longest)d fit.")
    return [error(code, words % {"length": len(text), "longest": longest}, field=field)]


def warning(
    code: str,
    message: str | Promise,
    *,
    field: str = "",
    line: int | None = None,
    subject: str = "",
    needs_reason: bool = False,
) -> Problem:
    """Return a problem that has to be confirmed."""
    return Problem(code, Severity.WARNING, message, field, line, subject, needs_reason)


def information(
    code: str,
    message: str | Promise,
    *,
    field: str = "",
    line: int | None = None,
    subject: str = "",
) -> Problem:
    """Return something the reader should know."""
    return Problem(code, Severity.INFORMATION, message, field, line, subject)


def blocking(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems that block, in their order."""
    return [problem for problem in problems if problem.blocks]
