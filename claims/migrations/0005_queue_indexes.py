"""Indexes for the reviewers' queues, each for one segment's order, and for beginnings of names."""

from django.db import migrations, models

WITH_REVIEWERS = ["submitted", "under_review", "disputed"]

BEGINNINGS = {
    "tenant_name_beginning": "claims_customertenant (upper(name) text_pattern_ops)",
    "domain_beginning": "claims_tenantdomain (domain text_pattern_ops)",
}


def index_beginnings(apps, schema_editor):
    """Let a search by the beginning of a text use an index, whatever the database sorts by."""
    if schema_editor.connection.vendor == "postgresql":
        for name, columns in BEGINNINGS.items():
            schema_editor.execute(f"CREATE INDEX {name} ON {columns}")


def drop_beginnings(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in BEGINNINGS:
            schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("claims", "0004_list_indexes")]

    operations = [
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                fields=["due_at", "id"],
                condition=models.Q(("status__in", WITH_REVIEWERS)),
                name="claim_reviewers_due",
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                fields=["due_at", "id"],
                condition=models.Q(
                    ("assigned_reviewer__isnull", True), ("status__in", WITH_REVIEWERS)
                ),
                name="claim_unassigned_due",
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                fields=["assigned_reviewer", "due_at", "id"],
                condition=models.Q(("status__in", WITH_REVIEWERS)),
                name="claim_reviewer_due",
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                fields=["due_at", "id"],
                condition=models.Q(("round__gt", 1), ("status", "submitted")),
                name="claim_answered_due",
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["status", "-id"], name="claim_status_newest"),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["area", "-id"], name="claim_area_newest"),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["location", "-id"], name="claim_location_newest"),
        ),
        migrations.AddIndex(
            model_name="claimevent",
            index=models.Index(
                fields=["at"],
                condition=models.Q(("nominal_due_at__isnull", False), ("side", "reviewer")),
                name="event_reviewers_due",
            ),
        ),
        migrations.RunPython(index_beginnings, drop_beginnings),
    ]
