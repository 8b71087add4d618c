"""Earlier decisions on the partner and the customer of a case."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from claims.models import Claim

from ..earlier import of_customer, of_partner
from .case import about_a_case, frame


@require_safe
@about_a_case
def earlier_page(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Show how other claims of this partner and this customer were decided; reading only."""
    context = {
        **frame(
            request, claim, _("Earlier decisions beside %(number)s") % {"number": claim.number}
        ),
        "records": [
            (_("On claims of %(partner)s") % {"partner": claim.organization}, of_partner(claim)),
            (
                _("On claims for %(customer)s") % {"customer": claim.tenant},
                of_customer(claim),
            ),
        ][: 2 if claim.tenant_id else 1],
    }
    return TemplateResponse(request, "admin/claims/claim/earlier.html", context)
