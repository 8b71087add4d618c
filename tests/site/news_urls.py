"""The site's addresses together with those at which two providers tell what became of letters."""

from django.urls import include, path

from cpor_site.common.mail_providers import news_urls
from cpor_site.urls import urlpatterns as site

urlpatterns = [
    *site,
    path("mail-news/", include([*news_urls("mailgun"), *news_urls("postmark")])),
]
