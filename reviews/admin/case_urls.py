"""The addresses below one case that only its page leads to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from ..views.bundle import bundle_act
from ..views.earlier import earlier_page
from ..views.extension import extend_page
from ..views.leading import close_page, renewal_page
from ..views.proof import page_image
from ..views.verdicts import verdicts_act


def case_urls(wrap: Callable[..., Any]) -> list[URLPattern]:
    """Return the addresses; ``wrap`` is the admin site's guard."""
    return [
        path(
            "<int:claim_id>/proof/<int:document_id>/<int:number>.png",
            wrap(page_image),
            name="claims_claim_page",
        ),
        path("<int:claim_id>/verdicts/", wrap(verdicts_act), name="claims_claim_verdicts"),
        path("<int:claim_id>/extend/", wrap(extend_page), name="reviews_extend_window"),
        path("<int:claim_id>/ask-again/", wrap(renewal_page), name="reviews_renewal"),
        path("<int:claim_id>/close/", wrap(close_page), name="reviews_close"),
        path("<int:claim_id>/export/", wrap(bundle_act), name="reviews_case_bundle"),
        path("<int:claim_id>/earlier/", wrap(earlier_page), name="claims_claim_earlier"),
    ]
