"""Makes the tables and some drafts for tests of the web server; prints them as JSON."""

from __future__ import annotations

import json

import django

DRAFTS = 5


def main() -> dict[str, object]:
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    from cpor_site.account.middleware import note_beginning
    from tests import factories

    call_command("migrate", run_syncdb=True, verbosity=0)
    factories.make_catalogue()
    user = factories.make_claim(document=False).created_by
    drafts = [factories.make_claim(user=user, document=False).pk for _each in range(DRAFTS)]
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    note_beginning(type("Request", (), {"session": session})())
    session.save()
    return {"session": session.session_key, "drafts": drafts}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(main()))  # noqa: T201
