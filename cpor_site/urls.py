"""Every address of the site; each app brings its own part."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from cpor_site import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("sign-in/", views.SignInView.as_view(), name="sign_in"),
    path("sign-out/", views.SignOutView.as_view(), name="sign_out"),
    path("language/", views.choose_language, name="choose_language"),
    path("claims/", include("claims.urls")),
    path("admin/", admin.site.urls),
    path("consent/", include("consent.urls")),
]

if settings.CPOR_MODE == "demo":
    urlpatterns.append(path("demo/", include("cpor_site.demo.urls")))
