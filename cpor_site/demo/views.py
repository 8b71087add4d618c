"""Pages to read the demo's mail."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cpor_site.demo import mail

PER_PAGE = 50


@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    """All mails, newest first."""
    page = Paginator(mail.names(), PER_PAGE).get_page(request.GET.get("page"))
    mails = [mail.read(name) for name in page]
    return render(request, "demo/mail_list.html", {"page": page, "mails": mails})


@require_safe
def mail_detail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail's plain text, its links to click."""
    try:
        message = mail.read(name)
    except FileNotFoundError as error:
        raise Http404 from error
    return render(request, "demo/mail_detail.html", {"mail": message})


@require_safe
def mail_source(request: HttpRequest, name: str) -> HttpResponse:
    """The mail as a file for a mail program."""
    try:
        content = mail.source(name)
    except FileNotFoundError as error:
        raise Http404 from error
    return HttpResponse(
        content,
        content_type="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
