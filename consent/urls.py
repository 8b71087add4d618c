from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("about/", views.about, name="consent_about"),
    path("<str:token>/", views.consent_page, name="consent_page"),
    path("<str:token>/agree/", views.agree, name="consent_agree"),
    path("<str:token>/decline/", views.decline, name="consent_decline"),
]
