"""Canned texts: read, written, and changed into new versions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cpor_site.common.admin_bases import PAGE, GuardedRows, OfferedLookups, PlainLists
from cpor_site.common.models import User
from cpor_site.common.problems import Refused

from ..models import CannedText
from ..placeholders import PLACEHOLDERS, unfilled
from ..services.canned_texts import add_text, change_text


class CannedTextForm(forms.ModelForm):
    """A text with what its placeholders mean."""

    class Meta:
        model = CannedText
        fields = ("slug", "use", "code", "locale", "title", "body")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "body" in self.fields:
            self.fields["body"].help_text = "; ".join(
                f"{{{name}}}: {words}" for name, words in PLACEHOLDERS.items()
            )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if self.instance.pk is not None and not self.instance.is_current:
            self.add_error(
                None,
                _(
                    "Somebody changed this text meanwhile, so yours isn't kept. Copy it, open the "
                    "version in use, and change that. (REV-17)"
                ),
            )
        if self.instance.pk is None and "slug" in found and "locale" in found:
            same = CannedText.objects.filter(slug=found["slug"], locale=found["locale"])
            if same.exists():
                self.add_error("slug", _("There is a text with this key in this language."))
        return found

    def clean_body(self) -> str:
        body = str(self.cleaned_data["body"])
        unknown = [name for name in unfilled(body) if name not in PLACEHOLDERS]
        if unknown:
            raise forms.ValidationError(
                _("Nobody fills %(names)s."),
                params={"names": ", ".join(f"{{{name}}}" for name in unknown)},
            )
        return body


@admin.register(CannedText)
class CannedTextAdmin(PlainLists, OfferedLookups, GuardedRows, admin.ModelAdmin):
    """Saving writes a new version; versions that are out of use are for reading."""

    actions = None
    form = CannedTextForm
    list_display = ("title", "use", "code", "locale", "version", "is_current", "created_by")
    list_filter = ("is_current", "use", "locale")
    list_select_related = ("created_by",)
    list_per_page = PAGE
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("slug__startswith", "title", "=code")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return (
            ("slug", "use", "code", "locale", "version", "created_at", "created_by") if obj else ()
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What was typed while a colleague saved comes back with the reason, not with a bare 403.
        usable = obj is None or obj.is_current or request.method == "POST"
        return super().has_change_permission(request, obj) and usable

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Let the service write; the page goes on with the new version."""
        assert isinstance(request.user, User)
        typed = form.cleaned_data
        try:
            if change:
                made = change_text(
                    text_id=obj.pk, by=request.user, title=typed["title"], body=typed["body"]
                )
            else:
                made = add_text(by=request.user, **typed)
        except Refused as refusal:
            raise PermissionDenied(str(refusal)) from None
        obj.pk, obj.version = made.pk, made.version

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The versions are the record."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The versions are the record."""
