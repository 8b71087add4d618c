"""What every page of the admin is made from: rows of evidence, and rows that people edit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path, unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import DateField, DateTimeField, Model, QuerySet
from django.db.models.fields.related import RelatedField
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from simple_history.admin import SimpleHistoryAdmin

from . import countries, fresh
from .spoken import date_words, moment_words, spoken

PAGE = 50


def guid_in(text: str) -> UUID | None:
    """Return the GUID that was typed, with or without braces, or None."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


class GuidSearch:
    """Searches by GUID when one was typed, and by ``search_fields`` otherwise.

    A GUID is looked up by equality, so that its index serves and no other column is asked.
    """

    guid_field = ""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        guid = guid_in(search_term)
        if guid is not None:
            return queryset.filter(**{self.guid_field: guid}), False
        return super().get_search_results(request, queryset, search_term)  # type: ignore[misc]


class CountryColumn:
    """Names the country in a list's column ``country_name``."""

    @admin.display(description=gettext_lazy("country"), ordering="country")
    def country_name(self, row: Any) -> str:
        return countries.country_name(row.country)


class CountryFilter(admin.AllValuesFieldListFilter):
    """Offers the countries that occur, by their names."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield choice | {"display": countries.country_name(str(choice["display"]))}


class OfferedLookups:
    """Lets an address ask only for what the filters of the page offer; anything else gets a 400."""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        named = [each[0] if isinstance(each, tuple) else each for each in self.list_filter]  # type: ignore[attr-defined]
        fields = [each for each in named if isinstance(each, str)]
        offered = {f"{field}{ending}" for field in fields for ending in self._endings(field)}
        offered |= {
            str(each.parameter_name)
            for each in self.list_filter  # type: ignore[attr-defined]
            if isinstance(each, type) and issubclass(each, admin.SimpleListFilter)
        }
        if self.date_hierarchy:  # type: ignore[attr-defined]
            offered |= {
                f"{self.date_hierarchy}__{part}"  # type: ignore[attr-defined]
                for part in ("year", "month", "day", "gte", "lt")
            }
        # No database has a text with this character, and PostgreSQL fails over being asked.
        return lookup in offered and "\0" not in str(value)

    def _endings(self, path: str) -> tuple[str, ...]:
        """Return how lookups of a filter end; rows only by key, where no number is too large."""
        field = get_fields_from_path(self.model, path)[-1]  # type: ignore[attr-defined]
        if isinstance(field, RelatedField):
            return ("__isnull", f"__{field.target_field.name}__exact")
        return ("", "__exact", "__isnull", "__gte", "__lt")


class SpokenValues(admin.AllValuesFieldListFilter):
    """Offers the keys that a column holds as plain words."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield choice | {"display": _spoken_choice(choice["display"])}


def _spoken_choice(display: Any) -> Any:
    return spoken(display) if type(display) is str else display


class PlainLists:
    """Calls a list by what it lists, and tells its dates as the desk's other pages do."""

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Return the columns; those that hold a date or a moment tell it in words."""
        return [self._column(each) for each in super().get_list_display(request)]  # type: ignore[misc]

    def _column(self, name: Any) -> Any:
        try:
            field = self.opts.get_field(name) if isinstance(name, str) else None  # type: ignore[attr-defined]
        except FieldDoesNotExist:
            return name
        return _dated_column(field) if isinstance(field, DateField) else name

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)  # type: ignore[attr-defined]
        return super().changelist_view(request, {"title": title} | (extra_context or {}))  # type: ignore[misc]


def _dated_column(field: DateField[Any, Any]) -> Callable[[Model], str]:
    words: Callable[[Any], str] = moment_words if isinstance(field, DateTimeField) else date_words

    @admin.display(description=field.verbose_name, ordering=field.name)
    def column(row: Model) -> str:
        value = getattr(row, field.name)
        return "–" if value is None else words(value)

    column.__name__ = field.name
    return column


class GuardedRows:
    """Looks for a row only for who may see its list, so that no refusal tells what is there."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Return the row or None; ``PermissionDenied`` before the database is asked for it."""
        if not self.has_view_or_change_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        if "\0" in object_id:  # PostgreSQL refuses it, which no key has, with an error of its own.
            return None
        return super().get_object(request, object_id, from_field)  # type: ignore[misc]

    @method_decorator(require_safe)
    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show every change of the row; reading only. 404 for what is no row's key."""
        self.must_find(request, object_id)
        return super().history_view(request, object_id, extra_context)  # type: ignore[misc]

    def must_find(self, request: HttpRequest, object_id: str) -> None:
        """Raise ``Http404`` where there is no such row."""
        if self.get_object(request, unquote(object_id)) is None:
            raise Http404


class EvidenceAdmin(PlainLists, OfferedLookups, GuardedRows, admin.ModelAdmin):
    """Shows what was written down; nobody adds, changes or deletes it here, whatever their role."""

    actions = None
    list_per_page = PAGE
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Return what a row's page shows; it tells its dates as the list does."""
        return [self._column(each) for each in super().get_fields(request, obj)]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ConfirmedChanges:
    """Lets rows be added and changed only by who has shown lately who they are."""

    @method_decorator(fresh.confirmed)
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show or change a row; reading it is never asked for anything."""
        found: HttpResponse = super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]
        return found


class RegistryAdmin(PlainLists, OfferedLookups, GuardedRows, SimpleHistoryAdmin):
    """Lets people edit a row and read its history; a row with a history is never deleted here."""

    actions = None
    list_per_page = PAGE
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    object_history_list_template = "common/history_list.html"

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Leave out the pop-up links beside a choice: each list has its own page."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        widget = getattr(field, "widget", None)
        if isinstance(widget, RelatedFieldWidgetWrapper):
            widget.can_add_related = widget.can_change_related = False
            widget.can_delete_related = widget.can_view_related = False
        return field

    @method_decorator(require_safe)
    def history_form_view(
        self,
        request: HttpRequest,
        object_id: str,
        version_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the row as it was; it can't be put back from here, not even by a crafted POST."""
        self.must_find(request, object_id)
        return super().history_form_view(request, object_id, version_id, extra_context)
