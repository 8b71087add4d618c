"""The provider's addresses: the library's, and a page to sign in."""

from __future__ import annotations

from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.template import engines
from django.urls import include, path

from .server import SIGN_IN


class SignIn(LoginView):
    def render_to_response(self, context: dict, **kwargs: object) -> HttpResponse:
        page = engines["django"].from_string(SIGN_IN)
        return HttpResponse(page.render(context, self.request))


urlpatterns = [
    path("sign-in/", SignIn.as_view()),
    path("", include("oauth2_provider.urls", namespace="oauth2_provider")),
]
