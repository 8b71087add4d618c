"""Every address of the site; each app brings its own part."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from claims.views import calendar
from cpor_site import views
from cpor_site.account import factor_views, provider
from cpor_site.account.views import SignInView, SignOutView

sign_in = SignInView.as_view()

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    # The second name is the one by which the library that signs people in knows the page.
    path("sign-in/", sign_in, name="sign_in"),
    path("sign-in/", sign_in, name="account_login"),
    path("sign-in/code/", factor_views.ShowFactorView.as_view(), name="mfa_authenticate"),
    path("sign-in/passkey/", factor_views.PasskeySignInView.as_view(), name="mfa_login_webauthn"),
    path("sign-in/provider/", provider.start, provider.NAMED, name="openid_connect_login"),
    path(
        "sign-in/provider/back/", provider.callback, provider.NAMED, name="openid_connect_callback"
    ),
    path("sign-out/", SignOutView.as_view(), name="sign_out"),
    path("language/", views.choose_language, name="choose_language"),
    path("account/", include("cpor_site.account.urls")),
    path("claims/", include("claims.urls")),
    path("calendar/<str:token>.ics", calendar.feed, name="calendar_feed"),
    path("admin/", admin.site.urls),
    path("consent/", include("consent.urls")),
]

if settings.CPOR_MAIL_PROVIDER and "WEBHOOK_SECRET" in settings.ANYMAIL:
    from cpor_site.common.mail_providers import news_urls

    urlpatterns.append(path("mail-news/", include(news_urls(settings.CPOR_MAIL_PROVIDER))))

if settings.CPOR_MODE == "demo":
    urlpatterns.append(path("demo/", include("cpor_site.demo.urls")))
