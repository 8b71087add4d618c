"""What the provider says of its people."""

from __future__ import annotations

from typing import Any, ClassVar

from oauth2_provider.oauth2_validators import OAuth2Validator

from .server import PEOPLE


class Validator(OAuth2Validator):
    oidc_claim_scope: ClassVar[dict[str, str]] = OAuth2Validator.oidc_claim_scope | {
        "email": "email",
        "email_verified": "email",
        "name": "profile",
    }

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        return PEOPLE[request.user.username]
