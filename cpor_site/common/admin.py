"""People, own closing days, letters and job runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from . import admin_evidence, clock, deliveries, fresh, outbox  # noqa: F401  # Registers its pages.
from .account_news import address_changed, password_given
from .admin_bases import ConfirmedChanges, EvidenceAdmin, RegistryAdmin, SpokenValues
from .form_fields import LanguageField, TimeZoneField
from .models import JobRun, NonWorkingDay, OutboxMessage, User
from .spoken import moment_words, spoken

# The groups are one table in code, made anew after every migration; nobody edits them here.
admin.site.unregister(Group)


def _lower_email(form: Any) -> str:
    return str(form.cleaned_data["email"]).lower()


class NewUserForm(AdminUserCreationForm):
    locale = LanguageField(label=capfirst(_("language")))
    time_zone = TimeZoneField(label=capfirst(_("time zone")), initial="UTC", max_length=60)

    class Meta:
        model = User
        fields = ("email", "full_name", "locale", "time_zone")

    def clean_email(self) -> str:
        return _lower_email(self)


class UserForm(UserChangeForm):
    locale = LanguageField(label=capfirst(_("language")))
    time_zone = TimeZoneField(label=capfirst(_("time zone")), max_length=60)

    class Meta:
        model = User
        fields = (
            "email",
            "password",
            "full_name",
            "locale",
            "time_zone",
            "is_active",
            "is_staff",
            "groups",
        )
        help_texts: ClassVar = {
            "is_active": _("Take this away instead of deleting the person."),
            "groups": _("What the person may see and do at this desk."),
        }

    def clean_email(self) -> str:
        return _lower_email(self)


@admin.register(User)
class UserAdmin(ConfirmedChanges, RegistryAdmin, PlainUserAdmin):  # type: ignore[misc]
    """People are deactivated, never deleted; nobody raises their own rights.

    Only a superuser gives roles at this desk and touches the account of somebody who works here:
    whoever could do so otherwise could make themselves a second account that reviews, or sign in as
    a colleague whose password they have set. Nobody becomes a superuser here: that is for the
    command line.
    """

    form = UserForm
    add_form = NewUserForm
    ordering = ("email",)
    list_display = ("email", "full_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email__startswith", "full_name")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password", "full_name", "locale", "time_zone")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "groups")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "email",
                    "full_name",
                    "locale",
                    "time_zone",
                    "usable_password",
                    "password1",
                    "password2",
                )
            },
        ),
    )

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        is_colleague = isinstance(obj, User) and (obj.is_superuser or obj.is_staff)
        if is_colleague and obj != request.user and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    @method_decorator(fresh.confirmed)
    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Set or take a person's password; they are told, and all their sessions end."""
        with transaction.atomic():
            before = self.get_object(request, unquote(id))
            response: HttpResponse = super().user_change_password(request, id, form_url)
            after = self.get_object(request, unquote(id))
            if before is not None and after is not None and before.password != after.password:
                password_given.send(User, request=request, user=after)
        return response

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = self.readonly_fields
        if obj == request.user:
            return (*fixed, "is_active", "is_staff", "groups")
        return fixed if request.user.is_superuser else (*fixed, "is_staff", "groups")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write into the history which groups the person was given or lost."""
        if "groups" in form.changed_data:
            before = [group.name for group in form.initial.get("groups", ())]
            after = [group.name for group in form.cleaned_data["groups"]]
            words = (", ".join(sorted(names)) or "–" for names in (before, after))
            obj._change_reason = " → ".join(words)[:100]
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            address_changed.send(User, request=request, user=obj, former=form.initial["email"])

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple()
        return super().formfield_for_manytomany(db_field, request=request, **kwargs)


@admin.register(NonWorkingDay)
class NonWorkingDayAdmin(RegistryAdmin):
    list_display = ("day", "name")
    date_hierarchy = "day"
    search_fields = ("name",)


class FateFilter(admin.SimpleListFilter):
    """What became of letters after they left, and which of them nobody got."""

    title = _("what became of it")
    parameter_name = "fate"
    CONDITIONS: ClassVar[dict[str, Q]] = {
        "lost": deliveries.LOST,
        "bounced": Q(bounced_at__isnull=False),
        "delivered": Q(delivered_at__isnull=False, bounced_at=None),
        "unknown": Q(state=OutboxMessage.State.SENT, delivered_at=None, bounced_at=None),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("lost", _("failed or came back")),
            ("bounced", _("came back")),
            ("delivered", _("delivered")),
            ("unknown", _("sent, and nothing heard since")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        condition = self.CONDITIONS.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(EvidenceAdmin):
    """Letters to read; one that failed can be queued anew, unless it came back."""

    list_display = (
        "created_at",
        "what",
        "recipient",
        "claim_number",
        "state",
        "fate",
        "next_try",
    )
    list_filter = ("state", FateFilter, ("kind", SpokenValues))
    search_fields = ("=claim_number", "=recipient")
    fields = (
        "kind",
        "claim_number",
        "recipient",
        "locale",
        "subject",
        "text",
        "state",
        "created_at",
        "next_try_at",
        "claimed_until",
        "tries",
        "sent_at",
        "delivered_at",
        "bounced_at",
        "bounce_reason",
        "last_error",
        "message_id",
        "provider_id",
        "key",
    )
    readonly_fields = ("text",)

    @admin.display(description=_("kind"), ordering="kind")
    def what(self, message: OutboxMessage) -> str:
        return spoken(message.kind)

    @admin.display(description=_("what became of it"), empty_value="–")
    def fate(self, message: OutboxMessage) -> str:
        """Return in words whether the letter arrived or came back; empty while nobody knows."""
        if message.bounced_at is not None:
            return gettext("came back")
        return gettext("delivered") if message.delivered_at is not None else ""

    @admin.display(description=_("next try"), ordering="next_try_at")
    def next_try(self, message: OutboxMessage) -> str:
        """Return when a letter that still waits is tried next."""
        waits = message.state == OutboxMessage.State.QUEUED
        return moment_words(message.next_try_at) if waits else ""

    @admin.display(description=_("text"))
    def text(self, message: OutboxMessage) -> str:
        return outbox.preview(message).text

    def get_urls(self) -> list[URLPattern]:
        retry = path(
            "<int:message_id>/retry/",
            self.admin_site.admin_view(self.retry_view),
            name="common_outboxmessage_retry",
        )
        return [retry, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"may_retry": self.may_retry(request), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def may_retry(self, request: HttpRequest) -> bool:
        """Whether the reader's role lets them queue a failed letter anew."""
        return bool(request.user.has_perm("common.change_outboxmessage"))

    @method_decorator(require_POST)
    def retry_view(self, request: HttpRequest, message_id: int) -> HttpResponse:
        if not self.may_retry(request):
            raise PermissionDenied
        message = get_object_or_404(OutboxMessage, pk=message_id)
        if message.bounced_at is not None:
            messages.error(
                request,
                _(
                    "This letter came back, so it isn't sent again: the mailbox doesn't take it. "
                    "Ask the recipient's organisation for another address."
                ),
            )
        elif outbox.retry(message):
            self.log_change(request, message, "queued anew")
            messages.success(request, _("The letter is queued and leaves within a few minutes."))
        else:
            messages.info(request, _("Only a failed letter can be queued anew; this one isn't."))
        return redirect("admin:common_outboxmessage_change", message_id)


STUCK_AFTER = timedelta(hours=1)


class OutcomeFilter(admin.SimpleListFilter):
    """Runs in which something went wrong."""

    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("failed", _("with failures")), ("stuck", _("never ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "failed":
            return queryset.filter(failed__gt=0)
        if self.value() == "stuck":
            return queryset.filter(finished_at=None, started_at__lt=clock.now() - STUCK_AFTER)
        return queryset


@admin.register(JobRun)
class JobRunAdmin(EvidenceAdmin):
    list_display = (
        "what",
        "started_at",
        "finished_at",
        "dry_run",
        "examined",
        "acted",
        "skipped",
        "refused",
        "failed",
    )
    list_filter = (OutcomeFilter, ("job", SpokenValues), "dry_run")

    @admin.display(description=_("job"), ordering="job")
    def what(self, run: JobRun) -> str:
        return spoken(run.job)
