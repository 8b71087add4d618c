"""What is typed beside the queues: reasons, another reviewer, an act on many claims."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from claims import actors
from cpor_site.common.models import User

from .services.leases import LONGEST_REASON


def reviewers() -> QuerySet[User]:
    """Return everybody who can be given a claim, by name."""
    return _people_with(actors.REVIEW_PERMISSION)


def arbiters() -> QuerySet[User]:
    """Return everybody who can rule on competing claims, by name."""
    return _people_with(actors.LEAD_PERMISSION)


def _people_with(permission: str) -> QuerySet[User]:
    app, _dot, codename = permission.partition(".")
    held = Permission.objects.filter(content_type__app_label=app, codename=codename)
    return (
        User.objects.filter(
            Q(groups__permissions__in=held) | Q(user_permissions__in=held) | Q(is_superuser=True),
            is_active=True,
            is_staff=True,
        )
        .distinct()
        .order_by("full_name", "email")
    )


def _reason(help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        help_text=help_text,
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ReasonForm(forms.Form):
    """A reason; the service says when it is missing."""

    reason = _reason(_("Your colleagues read it; partner and customer don't."))

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")


class ReassignForm(forms.Form):
    """Who reviews from now on, and why."""

    to = forms.ModelChoiceField(
        label=_("Reviewer"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Nobody: back to the unassigned claims"),
    )
    reason = _reason(_("Your colleagues read it; partner and customer don't."))

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")
        field = self.fields["to"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = reviewers()


class ArbiterForm(forms.Form):
    """Which lead reviewer rules on a case of competing claims."""

    to = forms.ModelChoiceField(
        label=_("Arbiter"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Nobody yet: any lead reviewer may take it"),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = arbiters()

    def show_version(self, version: int) -> None:
        """Let the next attempt be about the case as the page shows it now."""
        assert isinstance(self.data, QueryDict)
        data = self.data.copy()
        data["version"] = str(version)
        self.data = data


class BulkAssignForm(ReassignForm):
    """To whom many claims go, and why."""


class BulkReleaseForm(forms.Form):
    """Why cases that others have open are given back."""

    reason = _reason(_("Needed for cases that somebody else has open."))

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")


def keys_in(data: QueryDict) -> list[int]:
    """Return the primary keys of the ticked claims; what is no key is left out."""
    return [
        int(each)
        for each in data.getlist("claims")
        if each.isascii() and each.isdigit() and len(each) < 19
    ]
