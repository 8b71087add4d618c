"""Confirming what is unusual about a claim, and handing it in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import blake2s
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Problem, Severity

from .base import VersionedForm


class WarningsForm(VersionedForm):
    """A box for each warning, and room for a reason where the warning needs one.

    ``confirmed`` is what was ticked, by the warning's key.
    """

    def __init__(
        self, *args: Any, problems: Iterable[Problem], known: Mapping[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.warnings = [each for each in problems if each.severity == Severity.WARNING]
        for warning in self.warnings:
            self.fields[_confirm(warning)] = forms.BooleanField(
                label=_("I have checked this"),
                required=False,
                initial=warning.key in known,
            )
            if warning.needs_reason:
                self.fields[_reason(warning)] = forms.CharField(
                    label=_("Why is it right all the same?"),
                    max_length=500,
                    required=False,
                    initial=known.get(warning.key, ""),
                    widget=forms.Textarea(attrs={"rows": 2}),
                )

    @property
    def confirmed(self) -> dict[str, str]:
        """What was ticked, with its reason or an empty text; valid once the form is."""
        return {
            warning.key: self.cleaned_data.get(_reason(warning), "")
            for warning in self.warnings
            if self.cleaned_data[_confirm(warning)]
        }

    def box_of(self, warning: Problem) -> str:
        """Return the element ID of a warning's box."""
        return f"id_{_confirm(warning)}"

    def note(self, problems: Iterable[Problem]) -> None:
        """Say at its box that a warning still waits to be confirmed, besides what errors say."""
        super().note(_waiting(each) for each in problems)

    def field_for(self, problem: Problem) -> str:
        if problem.key not in {each.key for each in self.warnings}:
            return problem.field
        return _reason(problem) if problem.needs_reason else _confirm(problem)

    def warning_rows(self) -> list[tuple[Problem, Any, Any]]:
        """Return each warning with its box and, if it needs a reason, its text field."""
        return [
            (
                warning,
                self[_confirm(warning)],
                self[_reason(warning)] if warning.needs_reason else None,
            )
            for warning in self.warnings
        ]


class HandInForm(WarningsForm):
    """The last step: warnings to confirm, the statements, or the answer to the reviewers."""

    def __init__(self, *args: Any, answering: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if answering:
            self.fields["reply"] = forms.CharField(
                label=_("Your answer to the reviewers"),
                help_text=_("What you have changed or added, or why it is right as it was."),
                max_length=5000,
                required=False,
                widget=forms.Textarea(attrs={"rows": 5}),
            )
        else:
            self.fields["statements"] = forms.BooleanField(
                label=_("All three statements are true"), required=False
            )


def confirmed_in(data: QueryDict) -> dict[str, str]:
    """Return what was ticked on a page that names its warnings in hidden fields.

    Such a page can't know beforehand what the save that it asks for will warn of.
    """
    return {
        key: data.get(f"reason_{_short(key)}", "")
        for key in data.getlist("warning")
        if data.get(f"confirm_{_short(key)}")
    }


def _waiting(problem: Problem) -> Problem:
    if problem.severity != Severity.WARNING:
        return problem
    sentence = (
        _("Tick the box and give the reason, or change the claim.")
        if problem.needs_reason
        else _("Tick the box if this is right, or change the claim.")
    )
    return replace(problem, severity=Severity.ERROR, message=sentence)


def _confirm(warning: Problem) -> str:
    return f"confirm_{_short(warning.key)}"


def _reason(warning: Problem) -> str:
    return f"reason_{_short(warning.key)}"


def _short(key: str) -> str:
    # A key may hold what makes no usable element ID.
    return blake2s(key.encode(), digest_size=6).hexdigest()
