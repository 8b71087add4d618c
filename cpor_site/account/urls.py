"""A person's own account; every page of the sign-in library that isn't here doesn't exist."""

from django.urls import URLPattern, path, re_path

from . import views

urlpatterns: list[URLPattern] = [
    path("", views.details, name="account"),
    path("password/", views.ChangePasswordView.as_view(), name="account_change_password"),
    path(
        "password/forgotten/",
        views.ForgottenPasswordView.as_view(),
        name="account_reset_password",
    ),
    path(
        "password/forgotten/sent/",
        views.LetterSentView.as_view(),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        views.NewPasswordView.as_view(),
        name="account_reset_password_from_key",
    ),
    path("sessions/", views.sessions, name="account_sessions"),
    path("sessions/<int:session_id>/end/", views.end_session, name="account_end_session"),
]
