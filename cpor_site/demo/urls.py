"""Addresses that are routed in demo mode only."""

from django.urls import path

from cpor_site.demo import views

urlpatterns = [
    path("mail/", views.mail_list, name="demo_mail_list"),
    path("mail/<str:name>", views.mail_detail, name="demo_mail"),
    path("mail/<str:name>/source", views.mail_source, name="demo_mail_source"),
]
