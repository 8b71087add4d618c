"""A person's own account; every page of the sign-in library that isn't here doesn't exist."""

from django.urls import URLPattern, path, re_path

from . import factor_views, provider, views

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
    path("sign-in/", factor_views.FactorsView.as_view(), name="mfa_index"),
    path("sign-in/app/", factor_views.NewAppView.as_view(), name="mfa_activate_totp"),
    path("sign-in/app/remove/", factor_views.RemoveAppView.as_view(), name="mfa_deactivate_totp"),
    path("sign-in/passkeys/new/", factor_views.NewPasskeyView.as_view(), name="mfa_add_webauthn"),
    path(
        "sign-in/passkeys/<int:pk>/name/",
        factor_views.RenamePasskeyView.as_view(),
        name="mfa_edit_webauthn",
    ),
    path(
        "sign-in/passkeys/<int:pk>/remove/",
        factor_views.RemovePasskeyView.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("sign-in/codes/", factor_views.CodesView.as_view(), name="mfa_view_recovery_codes"),
    path(
        "sign-in/codes/new/",
        factor_views.NewCodesView.as_view(),
        name="mfa_generate_recovery_codes",
    ),
    path("sign-in/provider/link/", provider.link, name="provider_link"),
    path("sign-in/provider/unlink/", provider.unlink, name="provider_unlink"),
]
