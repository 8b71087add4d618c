"""Indexes for the orders of a partner's list and, where the server has pg_trgm, for its search."""

import django.db.models.functions.text
from django.db import migrations, models, transaction
from django.db.utils import DatabaseError

SEARCHED = {
    "claim_search_number": ("claims_claim", "number"),
    "claim_search_name": ("claims_claim", "name"),
    "claim_search_domain": ("claims_claim", "domain_as_typed"),
    "tenant_search_name": ("claims_customertenant", "name"),
}


def index_words(apps, schema_editor):
    """Index parts of words; without pg_trgm, or the right to it, a search reads the rows."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if cursor.fetchone() is None:
            return
        try:
            with transaction.atomic(using=connection.alias):
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        except DatabaseError:
            return
        for name, (table, column) in SEARCHED.items():
            # "icontains" compares in capitals.
            cursor.execute(
                f"CREATE INDEX {name} ON {table} USING gin (upper({column}::text) gin_trgm_ops)"
            )


def drop_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in SEARCHED:
            schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("claims", "0003_partners_pages")]

    operations = [
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                fields=["organization", "-changed_at", "-id"], name="claim_list_changed"
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                fields=["organization", "due_at", "id"],
                condition=models.Q(("due_at__isnull", False)),
                name="claim_list_due",
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                fields=["organization", "last_submitted_at", "id"],
                condition=models.Q(("last_submitted_at__isnull", False)),
                name="claim_list_submitted",
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["organization", "number", "id"], name="claim_list_number"),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                models.F("organization"),
                django.db.models.functions.text.Lower("name"),
                models.F("id"),
                name="claim_list_name",
            ),
        ),
        migrations.AddIndex(
            model_name="claimline",
            index=models.Index(
                django.db.models.functions.text.Upper("subscription_as_typed"),
                condition=models.Q(("subscription__isnull", True)),
                name="line_typed_subscription",
            ),
        ),
        migrations.RunPython(index_words, drop_words),
    ]
