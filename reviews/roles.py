"""The operator's roles: one table, made into groups after each migration."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission

_SEE_CLAIMS = (
    "claims.view_claim",
    "claims.view_claimline",
    "claims.view_claimcontact",
    "claims.view_poedocument",
    "claims.view_comment",
    "claims.view_reviewfinding",
    "claims.view_reviewdecision",
    "claims.view_association",
    "claims.view_claimevent",
    "claims.view_dispute",
    "claims.view_consentrenewal",
    "claims.view_clockhold",
    "claims.view_partnerorganization",
    "claims.view_partnerlocation",
    "claims.view_programenrollment",
    "claims.view_customertenant",
    "claims.view_tenantdomain",
    "claims.view_subscription",
    "claims.view_product",
    "consent.view_consentrequest",
    "consent.view_consentanswer",
    "consent.view_consentevent",
    "consent.view_incentivehandoff",
    "reviews.view_competingclaimscase",
    "reviews.view_competingparty",
    "reviews.view_internalnote",
    "reviews.view_administrativeend",
    "reviews.view_cannedtext",
)
_SEE_OPERATION = (
    "common.view_outboxmessage",
    "common.view_jobrun",
    "common.view_nonworkingday",
    "claims.view_ruleprofile",
    "claims.view_program",
    "claims.view_solutionarea",
    "claims.view_activity",
    "claims.view_listedproduct",
    "claims.view_membership",
    "claims.view_exclusivityhold",
    "claims.view_draftupload",
    "claims.view_workloadusage",
    "reviews.view_caselease",
    "reviews.view_bulkact",
    "consent.view_handoffbatch",
    "consent.view_handoffendpoint",
    "consent.view_overviewlink",
    "common.view_user",
    "common.view_evidenceseal",
    "common.view_pseudonymisation",
)
_EDIT_OPERATION = tuple(
    f"{app}.{act}_{model}"
    for app, model in (
        ("common", "nonworkingday"),
        ("claims", "ruleprofile"),
        ("claims", "program"),
        ("claims", "solutionarea"),
        ("claims", "activity"),
        ("claims", "product"),
        ("claims", "partnerorganization"),
        ("claims", "partnerlocation"),
        ("claims", "programenrollment"),
        ("claims", "membership"),
        ("claims", "customertenant"),
        ("claims", "tenantdomain"),
        ("claims", "subscription"),
        ("common", "user"),
        ("reviews", "cannedtext"),
    )
    for act in ("add", "change")
)

ROLES: dict[str, tuple[str, ...]] = {
    "Reviewer": (*_SEE_CLAIMS, "claims.review_claim"),
    "Lead reviewer": (
        *_SEE_CLAIMS,
        "claims.review_claim",
        "claims.lead_review",
        "reviews.change_cannedtext",
        "common.view_nonworkingday",
        "common.export_case",
        "common.view_user",
        "mfa.delete_authenticator",
    ),
    "Ops": (
        *_SEE_CLAIMS,
        *_SEE_OPERATION,
        *_EDIT_OPERATION,
        "claims.change_listedproduct",
        "common.change_outboxmessage",
        "consent.change_incentivehandoff",
        "consent.change_handoffendpoint",
        "consent.download_handoff",
        "common.export_case",
    ),
    "Auditor": (*_SEE_CLAIMS, *_SEE_OPERATION),
}


def sync_roles() -> dict[str, int]:
    """Make the groups have exactly the table's permissions; return how many each has.

    Raises ``LookupError`` for a permission in the table that no model declares.
    """
    known = {
        f"{each.content_type.app_label}.{each.codename}": each
        for each in Permission.objects.select_related("content_type")
    }
    unknown = sorted({name for names in ROLES.values() for name in names} - set(known))
    if unknown:
        raise LookupError(f"No model declares the permissions {', '.join(unknown)}.")
    counts = {}
    for role, names in ROLES.items():
        group, _made = Group.objects.get_or_create(name=role)
        group.permissions.set([known[name] for name in names])
        counts[role] = len(set(names))
    return counts
