"""Why a file isn't what its name says, or can't be taken: what the checks of files raise."""

from __future__ import annotations


class NotOfThisType(Exception):
    """The content is something else than the name says, or two things at once."""


class HasMacros(NotOfThisType):
    """An Office file with macros."""


class IsActive(NotOfThisType):
    """Of this type, but it starts something, fetches something or carries programs."""


class Unreadable(Exception):
    """Broken, cut off, made to cost its reader dearly, or protected by a password."""
