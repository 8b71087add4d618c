from __future__ import annotations

from django.urls import path

from .views import answering, asking, public

urlpatterns = [
    path("about/", public.about, name="consent_about"),
    path("privacy/", public.privacy, name="consent_privacy"),
    path("new-link/", asking.new_link, name="consent_new_link"),
    path("overview/", asking.ask_overview, name="consent_ask_overview"),
    path("overview/<str:token>/", asking.overview_page, name="consent_overview"),
    path("overview/<str:token>/<int:claim_id>/", asking.open_claim, name="consent_overview_claim"),
    path("<str:token>/", answering.consent_page, name="consent_page"),
    path("<str:token>/agree/", answering.agree, name="consent_agree"),
    path("<str:token>/decline/", answering.decline, name="consent_decline"),
    path("<str:token>/withdraw/", answering.withdraw, name="consent_withdraw"),
    path("<str:token>/done/", answering.done, name="consent_done"),
    path("<str:token>/new-link/", asking.new_link, name="consent_fresh_link"),
]
