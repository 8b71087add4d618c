"""Every address of the site; each app brings its own part."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
]

if settings.CPOR_MODE == "demo":
    urlpatterns.append(path("demo/", include("cpor_site.demo.urls")))
