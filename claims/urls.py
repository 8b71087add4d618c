"""The partner's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from .views import (
    acts,
    calendar,
    claim,
    comments,
    contacts,
    copies,
    disputes,
    documents,
    editing,
    exports,
    handing_in,
    listing,
    organizations,
    people,
    proof,
    proof_requests,
    renewals,
    saved_filters,
    support,
    upload_acts,
    uploads,
)

urlpatterns: list[URLPattern] = [
    path("", listing.claim_list, name="claim_list"),
    path("export/", exports.claim_exports, name="claim_exports"),
    *(
        path(f"export.{form}", exports.claim_export, {"form": form}, name=f"claim_export_{form}")
        for form in exports.FORMATS
    ),
    path("filters/", saved_filters.saved_filters, name="saved_filters"),
    path("filters/save/", saved_filters.save, name="saved_filter_save"),
    path("filters/<int:filter_id>/rename/", saved_filters.rename, name="saved_filter_rename"),
    path("filters/<int:filter_id>/delete/", saved_filters.delete, name="saved_filter_delete"),
    path("start/", listing.claim_start, name="claim_start"),
    path("organization/", organizations.choose_organization, name="choose_organization"),
    path("people/", people.home, name="people"),
    path("people/<int:organization_id>/", people.show, name="people_list"),
    path("people/<int:organization_id>/invite/", people.invite, name="people_invite"),
    path(
        "people/<int:organization_id>/organization/",
        people.show_organization,
        name="people_organization",
    ),
    *(
        path(f"people/<int:organization_id>/roles/<int:membership_id>/{end}", view, name=name)
        for end, view, name in (
            ("", people.change, "people_change"),
            ("deactivate/", people.deactivate, "people_deactivate"),
            ("reactivate/", people.reactivate, "people_reactivate"),
            ("resend/", people.resend, "people_resend"),
        )
    ),
    path("upload/", uploads.upload, name="upload"),
    path("upload/template.csv", uploads.upload_template, name="upload_template"),
    path("uploads/", uploads.uploads, name="uploads"),
    path("uploads/<int:upload_id>/", uploads.upload_result, name="upload_result"),
    path("uploads/<int:upload_id>/refused.csv", uploads.refused_rows, name="refused_rows"),
    path("uploads/<int:upload_id>/make/", upload_acts.make_left_out, name="upload_make_left_out"),
    path("uploads/<int:upload_id>/discard/", upload_acts.discard_drafts, name="upload_discard"),
    path("calendar/", calendar.calendar_page, name="calendar_page"),
    path("calendar/make/", calendar.make_calendar, name="make_calendar"),
    path("calendar/off/", calendar.switch_calendar_off, name="switch_calendar_off"),
    path("<int:claim_id>/", claim.show, name="claim_page"),
    path("<int:claim_id>/history/", claim.history, name="claim_history"),
    path("<int:claim_id>/edit/proof/", proof.proof, name="claim_proof"),
    path("<int:claim_id>/edit/<slug:section>/", editing.edit_section, name="claim_edit"),
    path("<int:claim_id>/check/", handing_in.check, name="claim_check"),
    path("<int:claim_id>/recall/", acts.recall, name="claim_recall"),
    path("<int:claim_id>/withdraw/", acts.withdraw, name="claim_withdraw"),
    path("<int:claim_id>/recover/", acts.recover, name="claim_recover"),
    path("<int:claim_id>/discard/", acts.discard, name="claim_discard"),
    path("<int:claim_id>/end/", acts.end, name="claim_end"),
    path("<int:claim_id>/contact/", contacts.other_contact, name="claim_other_contact"),
    path(
        "<int:claim_id>/proof-request/",
        proof_requests.nothing_to_add,
        name="claim_proof_request",
    ),
    path("<int:claim_id>/dispute/", disputes.dispute, name="claim_dispute"),
    path("<int:claim_id>/ask-again/", renewals.ask_again, name="claim_ask_again"),
    path("<int:claim_id>/copy/", copies.copy, name="claim_copy"),
    path("<int:claim_id>/replace/", copies.replace, name="claim_replace"),
    path("<int:claim_id>/renew/", copies.renew, name="claim_renew"),
    path("<int:claim_id>/support/", support.facts, name="claim_support"),
    path("<int:claim_id>/support.txt", support.file, name="claim_support_file"),
    path("<int:claim_id>/comment/", comments.comment, name="claim_comment"),
    path(
        "<int:claim_id>/documents/<int:document_id>/describe/",
        proof.describe,
        name="document_describe",
    ),
    path("<int:claim_id>/proof-template/", proof.template, name="proof_template"),
    path(
        "<int:claim_id>/documents/<int:document_id>/replace/",
        proof.replace_proof,
        name="document_replace",
    ),
    path(
        "<int:claim_id>/documents/<int:document_id>/withdraw/",
        proof.withdraw_proof,
        name="document_withdraw",
    ),
    path("documents/<int:pk>/download", documents.document_download, name="document_download"),
]
