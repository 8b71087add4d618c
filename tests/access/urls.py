"""The site's addresses with those that only some settings bring: the demo's, the mail services'."""

from django.urls import include, path

from tests.site.news_urls import urlpatterns as site

urlpatterns = [*site, path("demo/", include("cpor_site.demo.urls"))]
