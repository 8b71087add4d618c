"""Moments in words, for pages of the shared package."""

from __future__ import annotations

from django import template

from ..spoken import moment_words

register = template.Library()
register.filter("moment_words", moment_words)
