"""What the library that signs people in would show in the admin, which the desk does itself."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin


def hide() -> None:
    """Take the library's tables out of the admin.

    The desk keeps no second address beside the account's own; where people are signed in and with
    what is their own business; a provider is a setting.
    """
    library = (Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken, UserSession)
    for model in library:
        if admin.site.is_registered(model):
            admin.site.unregister(model)
