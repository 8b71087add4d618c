"""The site's addresses together with those that only the demo has."""

from django.urls import include, path

from cpor_site.urls import urlpatterns as site

urlpatterns = [*site, path("demo/", include("cpor_site.demo.urls"))]
