"""Views of the list that a person keeps under a name."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cpor_site.common import clock
from cpor_site.common.models import User

from ..forms.listing import FilterNameForm
from ..models import SavedFilter
from .access import page, reader
from .list_view import LONGEST_QUERY, tidy

MOST = 30


@page
@require_safe
def saved_filters(request: HttpRequest) -> HttpResponse:
    """The reader's filters, each to be opened, renamed or deleted."""
    return _shown(request)


@page
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the view that the list showed under a name."""
    user = reader(request)
    query = tidy(request.POST.get("query", ""))
    form = FilterNameForm(request.POST)
    if form.is_valid():
        if len(query) > LONGEST_QUERY:
            form.add_error(None, _("This view has more filters than can be kept. Remove some."))
        else:
            # The row of the user, so that two tabs together don't pass the limit.
            with transaction.atomic():
                User.objects.select_for_update().get(pk=user.pk)
                if SavedFilter.objects.filter(user=user).count() >= MOST:
                    message = _("You have %(most)d saved filters, which is the limit. Delete one.")
                    form.add_error(None, message % {"most": MOST})
                else:
                    made = SavedFilter(user=user, query=query, created_at=clock.now())
                    _named(made, form)
    if not form.is_valid():
        return _shown(request, form=form, query=query)
    messages.success(request, _("The filter is saved."))
    return redirect(f"{reverse('claim_list')}?{query}")


@page
@require_POST
def rename(request: HttpRequest, filter_id: int) -> HttpResponse:
    """Give one of the reader's filters another name."""
    own = _own(request, filter_id)
    form = FilterNameForm(request.POST, auto_id=f"id_{own.pk}_%s")
    if form.is_valid():
        with transaction.atomic():
            _named(own, form)
    if not form.is_valid():
        return _shown(request, form=form, renamed=own)
    messages.success(request, _("The filter is renamed."))
    return redirect("saved_filters")


@page
@require_POST
def delete(request: HttpRequest, filter_id: int) -> HttpResponse:
    """Delete one of the reader's filters; the claims stay as they are."""
    _own(request, filter_id).delete()
    messages.success(request, _("The filter is deleted."))
    return redirect("saved_filters")


def _own(request: HttpRequest, filter_id: int) -> SavedFilter:
    found = SavedFilter.objects.filter(pk=filter_id, user=reader(request)).first()
    if found is None:
        raise Http404
    return found


def _named(saved: SavedFilter, form: FilterNameForm) -> None:
    """Save the filter under the form's name, or tell the form that the name is taken."""
    saved.name = form.cleaned_data["name"]
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError:
        form.add_error(
            "name", _("You have a filter of this name already. Choose another name, or delete it.")
        )


def _shown(
    request: HttpRequest,
    *,
    form: FilterNameForm | None = None,
    query: str = "",
    renamed: SavedFilter | None = None,
) -> HttpResponse:
    """Render the filters; ``form`` is wrong: for a new filter of ``query``, or for ``renamed``."""
    own = SavedFilter.objects.filter(user=reader(request)).order_by(Lower("name"), "pk")
    rows = [
        (
            each,
            form
            if renamed is not None and form is not None and each.pk == renamed.pk
            else FilterNameForm(initial={"name": each.name}, auto_id=f"id_{each.pk}_%s"),
        )
        for each in own
    ]
    context = {
        "here": "claims",
        "rows": rows,
        "wrong": form,
        "new": form if renamed is None else None,
        "query": query,
    }
    return render(request, "claims/list/saved_filters.html", context)
