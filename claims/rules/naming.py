"""The claim's own name, which the partner chooses (section 1.4, compulsory)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Problem, error


def name_problems(name: str) -> list[Problem]:
    """Return NAM-01 if the claim has no name."""
    if name.strip():
        return []
    return [error("NAM-01", _("Give the claim a name by which you find it again."), field="name")]
