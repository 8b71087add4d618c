"""What the library that signs people in would show in the admin, which the desk does itself."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib import admin


def hide() -> None:
    """Take the library's tables out of the admin.

    The desk keeps no second address beside the account's own, and where people are signed in is
    their own business.
    """
    for model in (EmailAddress, UserSession):
        if admin.site.is_registered(model):
            admin.site.unregister(model)
