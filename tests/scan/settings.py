"""Production's settings for a desk that a scanner looks at.

No try is counted, because a page that answers "too often" shows nothing of what is behind it; the
limits have tests of their own.
"""

from tests.chaos.settings import *  # noqa: F403

CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
