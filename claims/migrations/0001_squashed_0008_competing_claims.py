"""All tables of claims at once, for an empty database: many times faster than one step after another."""

import claims.models.documents
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import django_fsm
import simple_history.models
from django.conf import settings
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
    replaces = [
        ("claims", "0001_initial"),
        ("claims", "0002_initial"),
        ("claims", "0003_partners_pages"),
        ("claims", "0004_list_indexes"),
        ("claims", "0005_queue_indexes"),
        ("claims", "0006_clocks_and_letters"),
        ("claims", "0007_undelivered_index"),
        ("claims", "0008_competing_claims"),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ClaimCounter",
            fields=[
                (
                    "year",
                    models.PositiveSmallIntegerField(
                        primary_key=True, serialize=False, verbose_name="year"
                    ),
                ),
                ("last", models.PositiveIntegerField(default=0, verbose_name="last number")),
            ],
            options={
                "verbose_name": "claim counter",
                "verbose_name_plural": "claim counters",
            },
        ),
        migrations.CreateModel(
            name="CustomerTenant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tenant_id", models.UUIDField(unique=True, verbose_name="tenant ID")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("country", models.CharField(max_length=2, verbose_name="country")),
                ("locale", models.CharField(blank=True, max_length=12, verbose_name="language")),
                (
                    "sector",
                    models.CharField(
                        choices=[
                            ("commercial", "commercial"),
                            ("public", "public sector"),
                            ("education", "education"),
                            ("nonprofit", "nonprofit"),
                        ],
                        default="commercial",
                        max_length=12,
                        verbose_name="sector",
                    ),
                ),
                (
                    "cloud",
                    models.CharField(
                        choices=[
                            ("public", "public cloud"),
                            ("china", "China"),
                            ("government", "government"),
                        ],
                        default="public",
                        max_length=12,
                        verbose_name="cloud",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("import", "import"),
                            ("manual", "entered by hand"),
                            ("claim", "named in a claim"),
                        ],
                        default="import",
                        max_length=8,
                        verbose_name="source",
                    ),
                ),
                (
                    "admin_emails",
                    models.JSONField(
                        blank=True, default=list, verbose_name="tenant administrators' addresses"
                    ),
                ),
                (
                    "is_blocked",
                    models.BooleanField(
                        default=False,
                        help_text="Blocked or test tenant (TEN-06).",
                        verbose_name="blocked",
                    ),
                ),
                ("legal_hold", models.BooleanField(default=False, verbose_name="legal hold")),
                ("known_since", models.DateTimeField(verbose_name="known since")),
                (
                    "last_verified_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last verified"),
                ),
            ],
            options={
                "verbose_name": "customer tenant",
                "verbose_name_plural": "customer tenants",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalCustomerTenant",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("tenant_id", models.UUIDField(db_index=True, verbose_name="tenant ID")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("country", models.CharField(max_length=2, verbose_name="country")),
                ("locale", models.CharField(blank=True, max_length=12, verbose_name="language")),
                (
                    "sector",
                    models.CharField(
                        choices=[
                            ("commercial", "commercial"),
                            ("public", "public sector"),
                            ("education", "education"),
                            ("nonprofit", "nonprofit"),
                        ],
                        default="commercial",
                        max_length=12,
                        verbose_name="sector",
                    ),
                ),
                (
                    "cloud",
                    models.CharField(
                        choices=[
                            ("public", "public cloud"),
                            ("china", "China"),
                            ("government", "government"),
                        ],
                        default="public",
                        max_length=12,
                        verbose_name="cloud",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("import", "import"),
                            ("manual", "entered by hand"),
                            ("claim", "named in a claim"),
                        ],
                        default="import",
                        max_length=8,
                        verbose_name="source",
                    ),
                ),
                (
                    "admin_emails",
                    models.JSONField(
                        blank=True, default=list, verbose_name="tenant administrators' addresses"
                    ),
                ),
                (
                    "is_blocked",
                    models.BooleanField(
                        default=False,
                        help_text="Blocked or test tenant (TEN-06).",
                        verbose_name="blocked",
                    ),
                ),
                ("legal_hold", models.BooleanField(default=False, verbose_name="legal hold")),
                ("known_since", models.DateTimeField(verbose_name="known since")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical customer tenant",
                "verbose_name_plural": "historical customer tenants",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPartnerOrganization",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "global_partner_id",
                    models.CharField(
                        db_index=True,
                        max_length=10,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9]{1,10}$", "A partner ID is a number of up to ten digits."
                            )
                        ],
                        verbose_name="global partner ID",
                    ),
                ),
                ("country", models.CharField(max_length=2, verbose_name="country")),
                (
                    "standing",
                    models.CharField(
                        choices=[("active", "active"), ("suspended", "suspended")],
                        default="active",
                        max_length=10,
                        verbose_name="standing",
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(
                        blank=True,
                        help_text="Can't be claimed (TEN-06).",
                        null=True,
                        verbose_name="own tenant ID",
                    ),
                ),
                (
                    "mail_domain",
                    models.CharField(blank=True, max_length=253, verbose_name="mail domain"),
                ),
                ("locale", models.CharField(default="en", max_length=12, verbose_name="language")),
                (
                    "time_zone",
                    models.CharField(default="UTC", max_length=60, verbose_name="time zone"),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical partner organisation",
                "verbose_name_plural": "historical partner organisations",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalProgram",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(db_index=True, max_length=30, verbose_name="code")),
                ("name", models.CharField(max_length=150, verbose_name="name")),
                ("compensable", models.BooleanField(verbose_name="pays")),
                (
                    "exclusivity_scope",
                    models.CharField(
                        choices=[
                            ("workload", "one partner per tenant and workload"),
                            ("subscription", "one partner per subscription"),
                        ],
                        max_length=12,
                        verbose_name="exclusivity",
                    ),
                ),
                ("guide_url", models.URLField(blank=True, verbose_name="program guide")),
                (
                    "claim_window_days",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="claim within days of the transaction"
                    ),
                ),
                (
                    "minimum_seats",
                    models.PositiveIntegerField(
                        default=0, verbose_name="seats from which it counts"
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "usage_threshold_percent",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        verbose_name="usage above which only growth counts, in percent",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical program",
                "verbose_name_plural": "historical programs",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRuleProfile",
            fields=[
                ("code", models.CharField(db_index=True, max_length=10, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "pickup_days",
                    models.PositiveSmallIntegerField(verbose_name="days until pick-up"),
                ),
                ("review_days", models.PositiveSmallIntegerField(verbose_name="days to review")),
                (
                    "partner_response_days",
                    models.PositiveSmallIntegerField(verbose_name="days for the partner's answer"),
                ),
                (
                    "overall_decision_days",
                    models.PositiveSmallIntegerField(verbose_name="days to a decision, overall"),
                ),
                (
                    "consent_calendar_days",
                    models.PositiveSmallIntegerField(verbose_name="calendar days for the customer"),
                ),
                (
                    "dispute_filing_calendar_days",
                    models.PositiveSmallIntegerField(
                        verbose_name="calendar days to file a dispute"
                    ),
                ),
                (
                    "dispute_answer_days",
                    models.PositiveSmallIntegerField(verbose_name="days to answer a dispute"),
                ),
                (
                    "disputes_per_claim",
                    models.PositiveSmallIntegerField(verbose_name="disputes a claim"),
                ),
                (
                    "edit_while_submitted",
                    models.BooleanField(verbose_name="partner may edit while submitted"),
                ),
                (
                    "subscription_always_required",
                    models.BooleanField(
                        verbose_name="subscription always required for Business Applications"
                    ),
                ),
                (
                    "technical_contact_for_dynamics",
                    models.BooleanField(verbose_name="technical contact for Dynamics 365 lines"),
                ),
                (
                    "poe_max_age_months",
                    models.PositiveSmallIntegerField(
                        verbose_name="PoE may be this many months old"
                    ),
                ),
                (
                    "status_labels",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Status code to English label, where it differs from 2020.",
                        verbose_name="other names of statuses",
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical rule profile",
                "verbose_name_plural": "historical rule profiles",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSolutionArea",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(db_index=True, max_length=40, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "level",
                    models.CharField(
                        choices=[("workload", "workload"), ("subscription", "subscription")],
                        max_length=12,
                        verbose_name="claimed per",
                    ),
                ),
                ("explanation", models.TextField(blank=True, verbose_name="explanation")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical solution area",
                "verbose_name_plural": "historical solution areas",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="PartnerOrganization",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "global_partner_id",
                    models.CharField(
                        max_length=10,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9]{1,10}$", "A partner ID is a number of up to ten digits."
                            )
                        ],
                        verbose_name="global partner ID",
                    ),
                ),
                ("country", models.CharField(max_length=2, verbose_name="country")),
                (
                    "standing",
                    models.CharField(
                        choices=[("active", "active"), ("suspended", "suspended")],
                        default="active",
                        max_length=10,
                        verbose_name="standing",
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(
                        blank=True,
                        help_text="Can't be claimed (TEN-06).",
                        null=True,
                        verbose_name="own tenant ID",
                    ),
                ),
                (
                    "mail_domain",
                    models.CharField(blank=True, max_length=253, verbose_name="mail domain"),
                ),
                ("locale", models.CharField(default="en", max_length=12, verbose_name="language")),
                (
                    "time_zone",
                    models.CharField(default="UTC", max_length=60, verbose_name="time zone"),
                ),
            ],
            options={
                "verbose_name": "partner organisation",
                "verbose_name_plural": "partner organisations",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Program",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=30, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=150, verbose_name="name")),
                ("compensable", models.BooleanField(verbose_name="pays")),
                (
                    "exclusivity_scope",
                    models.CharField(
                        choices=[
                            ("workload", "one partner per tenant and workload"),
                            ("subscription", "one partner per subscription"),
                        ],
                        max_length=12,
                        verbose_name="exclusivity",
                    ),
                ),
                ("guide_url", models.URLField(blank=True, verbose_name="program guide")),
                (
                    "claim_window_days",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="claim within days of the transaction"
                    ),
                ),
                (
                    "minimum_seats",
                    models.PositiveIntegerField(
                        default=0, verbose_name="seats from which it counts"
                    ),
                ),
                (
                    "usage_threshold_percent",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        verbose_name="usage above which only growth counts, in percent",
                    ),
                ),
            ],
            options={
                "verbose_name": "program",
                "verbose_name_plural": "programs",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="RuleProfile",
            fields=[
                (
                    "code",
                    models.CharField(
                        max_length=10, primary_key=True, serialize=False, verbose_name="code"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "pickup_days",
                    models.PositiveSmallIntegerField(verbose_name="days until pick-up"),
                ),
                ("review_days", models.PositiveSmallIntegerField(verbose_name="days to review")),
                (
                    "partner_response_days",
                    models.PositiveSmallIntegerField(verbose_name="days for the partner's answer"),
                ),
                (
                    "overall_decision_days",
                    models.PositiveSmallIntegerField(verbose_name="days to a decision, overall"),
                ),
                (
                    "consent_calendar_days",
                    models.PositiveSmallIntegerField(verbose_name="calendar days for the customer"),
                ),
                (
                    "dispute_filing_calendar_days",
                    models.PositiveSmallIntegerField(
                        verbose_name="calendar days to file a dispute"
                    ),
                ),
                (
                    "dispute_answer_days",
                    models.PositiveSmallIntegerField(verbose_name="days to answer a dispute"),
                ),
                (
                    "disputes_per_claim",
                    models.PositiveSmallIntegerField(verbose_name="disputes a claim"),
                ),
                (
                    "edit_while_submitted",
                    models.BooleanField(verbose_name="partner may edit while submitted"),
                ),
                (
                    "subscription_always_required",
                    models.BooleanField(
                        verbose_name="subscription always required for Business Applications"
                    ),
                ),
                (
                    "technical_contact_for_dynamics",
                    models.BooleanField(verbose_name="technical contact for Dynamics 365 lines"),
                ),
                (
                    "poe_max_age_months",
                    models.PositiveSmallIntegerField(
                        verbose_name="PoE may be this many months old"
                    ),
                ),
                (
                    "status_labels",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Status code to English label, where it differs from 2020.",
                        verbose_name="other names of statuses",
                    ),
                ),
            ],
            options={
                "verbose_name": "rule profile",
                "verbose_name_plural": "rule profiles",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="SolutionArea",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "level",
                    models.CharField(
                        choices=[("workload", "workload"), ("subscription", "subscription")],
                        max_length=12,
                        verbose_name="claimed per",
                    ),
                ),
                ("explanation", models.TextField(blank=True, verbose_name="explanation")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
            ],
            options={
                "verbose_name": "solution area",
                "verbose_name_plural": "solution areas",
                "ordering": ["position", "name"],
            },
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.CharField(blank=True, max_length=1000, verbose_name="filter")),
                ("created_at", models.DateTimeField(verbose_name="saved")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_filters",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "saved filter",
                "verbose_name_plural": "saved filters",
                "ordering": ["name", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("user"),
                        django.db.models.functions.text.Lower("name"),
                        name="saved_filter_once_per_name",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "token_hash",
                    models.CharField(max_length=64, unique=True, verbose_name="hash of the token"),
                ),
                ("created_at", models.DateTimeField(verbose_name="made")),
                (
                    "last_read_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last read"),
                ),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_feeds",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "calendar address",
                "verbose_name_plural": "calendar addresses",
                "ordering": ["-created_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=("user",),
                        name="calendar_feed_one_per_person",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Activity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=40, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "name_2023",
                    models.CharField(
                        blank=True, max_length=100, verbose_name="name in the 2023 rules"
                    ),
                ),
                ("explanation", models.TextField(blank=True, verbose_name="explanation")),
                (
                    "restricted_to_channels",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Channel codes; empty allows every channel.",
                        verbose_name="only these purchase channels",
                    ),
                ),
                (
                    "stands_alone",
                    models.BooleanField(
                        default=False,
                        help_text="Revenue association (ACT-02).",
                        verbose_name="can't be combined",
                    ),
                ),
                (
                    "recognition_only",
                    models.BooleanField(default=False, verbose_name="recognition only"),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activities",
                        to="claims.program",
                        verbose_name="program",
                    ),
                ),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activities",
                        to="claims.solutionarea",
                        verbose_name="solution area",
                    ),
                ),
            ],
            options={
                "verbose_name": "activity",
                "verbose_name_plural": "activities",
                "ordering": ["position", "name"],
                "constraints": [
                    models.UniqueConstraint(fields=("area", "code"), name="activity_code_per_area")
                ],
            },
        ),
        migrations.CreateModel(
            name="ExclusivityHold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=120, verbose_name="key")),
                ("taken_at", models.DateTimeField(verbose_name="taken")),
                (
                    "released_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="released"),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="claims.partnerorganization",
                    ),
                ),
                (
                    "waits_for",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waiting",
                        to="claims.exclusivityhold",
                        verbose_name="waits for",
                    ),
                ),
            ],
            options={
                "verbose_name": "exclusivity hold",
                "verbose_name_plural": "exclusivity holds",
                "ordering": ["-taken_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("released_at__isnull", True), ("waits_for__isnull", True)
                        ),
                        fields=("key",),
                        name="hold_one_holder_per_key",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("released_at__isnull", True), ("waits_for__isnull", False)
                        ),
                        fields=("key",),
                        name="hold_one_waiting_per_key",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalActivity",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=40, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "name_2023",
                    models.CharField(
                        blank=True, max_length=100, verbose_name="name in the 2023 rules"
                    ),
                ),
                ("explanation", models.TextField(blank=True, verbose_name="explanation")),
                (
                    "restricted_to_channels",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Channel codes; empty allows every channel.",
                        verbose_name="only these purchase channels",
                    ),
                ),
                (
                    "stands_alone",
                    models.BooleanField(
                        default=False,
                        help_text="Revenue association (ACT-02).",
                        verbose_name="can't be combined",
                    ),
                ),
                (
                    "recognition_only",
                    models.BooleanField(default=False, verbose_name="recognition only"),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.program",
                        verbose_name="program",
                    ),
                ),
                (
                    "area",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.solutionarea",
                        verbose_name="solution area",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical activity",
                "verbose_name_plural": "historical activities",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalMembership",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("global_admin", "Global admin"),
                            ("billing_admin", "Billing admin"),
                            ("incentives_admin", "Incentives admin"),
                            ("incentives_user", "Incentives user"),
                            ("report_viewer", "Report viewer"),
                        ],
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.partnerorganization",
                        verbose_name="partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical membership",
                "verbose_name_plural": "historical memberships",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPartnerLocation",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "partner_id",
                    models.CharField(
                        db_index=True,
                        max_length=10,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9]{1,10}$", "A partner ID is a number of up to ten digits."
                            )
                        ],
                        verbose_name="partner ID",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("country", models.CharField(max_length=2, verbose_name="country")),
                ("city", models.CharField(blank=True, max_length=120, verbose_name="city")),
                ("address", models.CharField(blank=True, max_length=300, verbose_name="address")),
                (
                    "partner_type",
                    models.CharField(
                        choices=[
                            ("standard", "standard"),
                            ("frp", "FRP FastTrack"),
                            ("isv", "ISV"),
                            ("lsp", "LSP"),
                            ("csp_direct", "CSP direct"),
                            ("other", "other"),
                        ],
                        default="standard",
                        max_length=12,
                        verbose_name="partner type",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.partnerorganization",
                        verbose_name="partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical partner location",
                "verbose_name_plural": "historical partner locations",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalProduct",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(db_index=True, max_length=60, verbose_name="code")),
                ("name", models.CharField(max_length=150, verbose_name="name")),
                (
                    "eligible_from",
                    models.DateField(blank=True, null=True, verbose_name="can be claimed from"),
                ),
                (
                    "eligible_to",
                    models.DateField(blank=True, null=True, verbose_name="can be claimed to"),
                ),
                (
                    "synonyms",
                    models.JSONField(blank=True, default=list, verbose_name="other names"),
                ),
                ("is_dynamics", models.BooleanField(default=False, verbose_name="Dynamics 365")),
                (
                    "recognition_only",
                    models.BooleanField(default=False, verbose_name="recognition only"),
                ),
                (
                    "unconfirmed",
                    models.BooleanField(
                        default=False,
                        help_text="The published sources don't settle whether this belongs to the list (Q12).",
                        verbose_name="unconfirmed",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "area",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.solutionarea",
                        verbose_name="solution area",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical product or workload",
                "verbose_name_plural": "historical products and workloads",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalTenantDomain",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("domain", models.CharField(max_length=253, verbose_name="domain")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("initial", "initial (onmicrosoft.com)"),
                            ("custom", "custom"),
                            ("federated", "federated"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("is_verified", models.BooleanField(default=True, verbose_name="verified")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("is_primary", models.BooleanField(default=False, verbose_name="primary")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.customertenant",
                        verbose_name="tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical tenant domain",
                "verbose_name_plural": "historical tenant domains",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="PartnerLocation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "partner_id",
                    models.CharField(
                        max_length=10,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9]{1,10}$", "A partner ID is a number of up to ten digits."
                            )
                        ],
                        verbose_name="partner ID",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("country", models.CharField(max_length=2, verbose_name="country")),
                ("city", models.CharField(blank=True, max_length=120, verbose_name="city")),
                ("address", models.CharField(blank=True, max_length=300, verbose_name="address")),
                (
                    "partner_type",
                    models.CharField(
                        choices=[
                            ("standard", "standard"),
                            ("frp", "FRP FastTrack"),
                            ("isv", "ISV"),
                            ("lsp", "LSP"),
                            ("csp_direct", "CSP direct"),
                            ("other", "other"),
                        ],
                        default="standard",
                        max_length=12,
                        verbose_name="partner type",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="locations",
                        to="claims.partnerorganization",
                        verbose_name="partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "partner location",
                "verbose_name_plural": "partner locations",
                "ordering": ["partner_id"],
            },
        ),
        migrations.CreateModel(
            name="TenantDomain",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("domain", models.CharField(max_length=253, verbose_name="domain")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("initial", "initial (onmicrosoft.com)"),
                            ("custom", "custom"),
                            ("federated", "federated"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("is_verified", models.BooleanField(default=True, verbose_name="verified")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("is_primary", models.BooleanField(default=False, verbose_name="primary")),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="domains",
                        to="claims.customertenant",
                        verbose_name="tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "tenant domain",
                "verbose_name_plural": "tenant domains",
                "ordering": ["domain"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True)),
                        fields=("domain",),
                        name="domain_once_while_active",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_primary", True)),
                        fields=("tenant",),
                        name="domain_one_primary",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("domain", django.db.models.functions.text.Lower("domain"))
                        ),
                        name="domain_lower",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DraftUpload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uploaded_at", models.DateTimeField(verbose_name="uploaded")),
                ("file_name", models.CharField(max_length=255, verbose_name="file name")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("row_count", models.PositiveIntegerField(verbose_name="rows")),
                ("draft_count", models.PositiveIntegerField(verbose_name="drafts")),
                ("problems", models.JSONField(blank=True, default=list, verbose_name="problems")),
                ("header", models.JSONField(blank=True, default=list, verbose_name="columns")),
                (
                    "refused_rows",
                    models.JSONField(blank=True, default=list, verbose_name="rows refused"),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draft_uploads",
                        to="claims.partnerorganization",
                        verbose_name="partner",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draft_uploads",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="uploaded by",
                    ),
                ),
            ],
            options={
                "verbose_name": "upload of drafts",
                "verbose_name_plural": "uploads of drafts",
                "ordering": ["-uploaded_at", "-pk"],
                "indexes": [
                    models.Index(
                        fields=["organization", "-uploaded_at"], name="upload_by_organization"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("draft_count__lte", models.F("row_count"))),
                        name="upload_no_more_drafts_than_rows",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.CharField(
                        editable=False, max_length=20, unique=True, verbose_name="claim number"
                    ),
                ),
                (
                    "name",
                    models.CharField(blank=True, max_length=120, verbose_name="name of the claim"),
                ),
                (
                    "tenant_id_as_typed",
                    models.CharField(blank=True, max_length=100, verbose_name="tenant ID as typed"),
                ),
                (
                    "domain_as_typed",
                    models.CharField(blank=True, max_length=253, verbose_name="domain as typed"),
                ),
                (
                    "solution_seller_name",
                    models.CharField(
                        blank=True, max_length=150, verbose_name="Dynamics solution seller"
                    ),
                ),
                (
                    "revenue_customer_name",
                    models.CharField(blank=True, max_length=150, verbose_name="customer's name"),
                ),
                (
                    "isv_product_name",
                    models.CharField(
                        blank=True, max_length=150, verbose_name="ISV product or solution"
                    ),
                ),
                (
                    "transaction_on",
                    models.DateField(blank=True, null=True, verbose_name="date of the purchase"),
                ),
                (
                    "opt_out_of_incentive",
                    models.BooleanField(default=False, verbose_name="without payment"),
                ),
                (
                    "public_sector_disclosure_confirmed",
                    models.BooleanField(
                        default=False,
                        verbose_name="the signed public-sector disclosure is included",
                    ),
                ),
                (
                    "confirmed_warnings",
                    models.JSONField(blank=True, default=dict, verbose_name="confirmed warnings"),
                ),
                (
                    "acknowledged_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="statements confirmed"
                    ),
                ),
                (
                    "acknowledged_wording",
                    models.CharField(blank=True, max_length=20, verbose_name="wording confirmed"),
                ),
                ("migrated", models.BooleanField(default=False, verbose_name="migrated")),
                (
                    "legacy_reference",
                    models.CharField(blank=True, max_length=60, verbose_name="earlier reference"),
                ),
                (
                    "status",
                    django_fsm.FSMField(
                        choices=[
                            ("editing", "Editing"),
                            ("submitted", "Submitted"),
                            ("under_review", "Under review"),
                            ("partner_action_required", "Partner action required"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("disputed", "Disputed"),
                            ("cancelled", "Cancelled"),
                            ("ended", "Association ended"),
                        ],
                        default="editing",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="status",
                    ),
                ),
                (
                    "association_state",
                    django_fsm.FSMField(
                        choices=[
                            ("none", "No association"),
                            ("provisional", "Consent window open"),
                            ("active", "Association active"),
                            ("ended", "Association ended"),
                        ],
                        default="none",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="association",
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(default=1, editable=False, verbose_name="version"),
                ),
                (
                    "round",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, verbose_name="round"
                    ),
                ),
                ("created_at", models.DateTimeField(editable=False, verbose_name="created")),
                ("changed_at", models.DateTimeField(editable=False, verbose_name="last change")),
                (
                    "first_submitted_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="first submitted"),
                ),
                (
                    "last_submitted_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last submitted"),
                ),
                (
                    "review_started_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="review started"),
                ),
                (
                    "action_requested_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="sent back"),
                ),
                (
                    "decided_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="decided"),
                ),
                (
                    "rejection_reasons",
                    models.JSONField(
                        blank=True,
                        default=list,
                        editable=False,
                        verbose_name="reasons of the rejection",
                    ),
                ),
                (
                    "deadline_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pickup", "Pick-up"),
                            ("review", "Review"),
                            ("partner_response", "Partner's answer"),
                            ("consent", "Customer's consent window"),
                            ("dispute_filing", "Time to dispute"),
                            ("dispute_answer", "Answer to the dispute"),
                        ],
                        editable=False,
                        max_length=20,
                        verbose_name="what runs",
                    ),
                ),
                ("due_at", models.DateTimeField(editable=False, null=True, verbose_name="due")),
                (
                    "consent_sent_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="consent window opened"
                    ),
                ),
                (
                    "consent_closes_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="consent window ends"
                    ),
                ),
                (
                    "activated_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="association active"
                    ),
                ),
                ("ended_at", models.DateTimeField(editable=False, null=True, verbose_name="ended")),
                (
                    "ended_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="reason of the end"),
                ),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "activities",
                    models.ManyToManyField(
                        blank=True,
                        related_name="claims",
                        to="claims.activity",
                        verbose_name="activities",
                    ),
                ),
                (
                    "assigned_reviewer",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assigned_claims",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reviewer",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="claims.claim",
                        verbose_name="replaces the claim",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="claims.customertenant",
                        verbose_name="customer",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="claims.partnerlocation",
                        verbose_name="partner ID",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="claims.partnerorganization",
                        verbose_name="partner",
                    ),
                ),
                (
                    "rule_profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="claims.ruleprofile",
                        verbose_name="rule profile",
                    ),
                ),
                (
                    "area",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="claims.solutionarea",
                        verbose_name="solution area",
                    ),
                ),
                (
                    "copied_from",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="copies",
                        to="claims.claim",
                        verbose_name="copied from the claim",
                    ),
                ),
                (
                    "disputed_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="disputed"),
                ),
                (
                    "is_renewal",
                    models.BooleanField(default=False, editable=False, verbose_name="renewal"),
                ),
                (
                    "last_section",
                    models.CharField(
                        blank=True,
                        editable=False,
                        max_length=20,
                        verbose_name="section edited last",
                    ),
                ),
                (
                    "uploaded_with",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="claims.draftupload",
                        verbose_name="uploaded with",
                    ),
                ),
                (
                    "archived_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="archived"),
                ),
                (
                    "consent_undelivered_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="consent not delivered"
                    ),
                ),
                (
                    "business_days_left",
                    models.PositiveSmallIntegerField(
                        editable=False, null=True, verbose_name="business days left when paused"
                    ),
                ),
                (
                    "paused_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="clock paused"),
                ),
                (
                    "split_from",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="split_claims",
                        to="claims.claim",
                        verbose_name="split off the claim",
                    ),
                ),
            ],
            options={
                "verbose_name": "claim",
                "verbose_name_plural": "claims",
                "ordering": ["-pk"],
                "permissions": [
                    ("review_claim", "Can take up, ask about, approve and reject claims"),
                    ("lead_review", "Can rule on hard cases and reassign"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "partner_action_required")),
                        fields=["due_at", "id"],
                        name="claim_unanswered_due",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("association_state", "provisional"), ("status", "approved")
                        ),
                        fields=["consent_closes_at", "id"],
                        name="claim_window_closes",
                    ),
                    models.Index(
                        fields=["organization", "status", "-id"], name="claim_partner_list"
                    ),
                    models.Index(fields=["status", "due_at"], name="claim_queue"),
                    models.Index(fields=["tenant", "status"], name="claim_tenant_status"),
                    models.Index(
                        fields=["organization", "-changed_at", "-id"], name="claim_list_changed"
                    ),
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)),
                        fields=["organization", "due_at", "id"],
                        name="claim_list_due",
                    ),
                    models.Index(
                        condition=models.Q(("last_submitted_at__isnull", False)),
                        fields=["organization", "last_submitted_at", "id"],
                        name="claim_list_submitted",
                    ),
                    models.Index(fields=["organization", "number", "id"], name="claim_list_number"),
                    models.Index(
                        models.F("organization"),
                        django.db.models.functions.text.Lower("name"),
                        models.F("id"),
                        name="claim_list_name",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("status__in", ["submitted", "under_review", "disputed"])
                        ),
                        fields=["due_at", "id"],
                        name="claim_reviewers_due",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("assigned_reviewer__isnull", True),
                            ("status__in", ["submitted", "under_review", "disputed"]),
                        ),
                        fields=["due_at", "id"],
                        name="claim_unassigned_due",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("status__in", ["submitted", "under_review", "disputed"])
                        ),
                        fields=["assigned_reviewer", "due_at", "id"],
                        name="claim_reviewer_due",
                    ),
                    models.Index(
                        condition=models.Q(("round__gt", 1), ("status", "submitted")),
                        fields=["due_at", "id"],
                        name="claim_answered_due",
                    ),
                    models.Index(fields=["status", "-id"], name="claim_status_newest"),
                    models.Index(fields=["area", "-id"], name="claim_area_newest"),
                    models.Index(fields=["location", "-id"], name="claim_location_newest"),
                    models.Index(
                        condition=models.Q(
                            ("deadline_kind", "dispute_filing"), ("status", "rejected")
                        ),
                        fields=["due_at", "id"],
                        name="claim_dispute_window",
                    ),
                    models.Index(
                        condition=models.Q(("archived_at__isnull", True), ("status", "editing")),
                        fields=["changed_at", "id"],
                        name="claim_idle_drafts",
                    ),
                    models.Index(
                        condition=models.Q(("consent_undelivered_at__isnull", False)),
                        fields=["organization", "id"],
                        name="claim_undelivered",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "editing",
                                    "submitted",
                                    "under_review",
                                    "partner_action_required",
                                    "approved",
                                    "rejected",
                                    "disputed",
                                    "cancelled",
                                    "ended",
                                ],
                            )
                        ),
                        name="claim_known_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("association_state__in", ["provisional", "active"]),
                                ("status", "approved"),
                            ),
                            models.Q(
                                models.Q(("status__in", ["approved", "ended"]), _negated=True),
                                ("association_state", "none"),
                            ),
                            models.Q(("association_state", "ended"), ("status", "ended")),
                            _connector="OR",
                        ),
                        name="claim_association_fits_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("due_at__isnull", True),
                            models.Q(("deadline_kind", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="claim_deadline_has_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["editing", "cancelled"]),
                            models.Q(
                                ("area__isnull", False),
                                ("first_submitted_at__isnull", False),
                                ("location__isnull", False),
                                ("tenant__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="claim_submitted_is_complete",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "rejected"), _negated=True),
                            models.Q(("rejection_reasons", []), _negated=True),
                            _connector="OR",
                        ),
                        name="claim_rejected_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("archived_at__isnull", True), ("status", "editing"), _connector="OR"
                        ),
                        name="claim_archived_is_draft",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("business_days_left__isnull", True), ("paused_at__isnull", True)
                            ),
                            models.Q(
                                ("business_days_left__isnull", False),
                                ("due_at__isnull", True),
                                ("paused_at__isnull", False),
                                ("status__in", ["under_review", "disputed"]),
                            ),
                            _connector="OR",
                        ),
                        name="claim_paused_with_reviewers",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalProgramEnrollment",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "enrollment_status",
                    models.CharField(
                        choices=[
                            ("invited", "Invited"),
                            ("enrolling", "Enrolling"),
                            ("action_required", "Action required"),
                            ("validating", "Validating enrolment"),
                            ("enrolled", "Enrolled"),
                            ("inactive", "Inactive"),
                            ("ineligible", "Ineligible"),
                            ("discontinued", "Discontinued"),
                        ],
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="from")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="to")),
                (
                    "payee_profile_ok",
                    models.BooleanField(default=False, verbose_name="payee profile complete"),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.partnerlocation",
                        verbose_name="location",
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.program",
                        verbose_name="program",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical program enrolment",
                "verbose_name_plural": "historical program enrolments",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("global_admin", "Global admin"),
                            ("billing_admin", "Billing admin"),
                            ("incentives_admin", "Incentives admin"),
                            ("incentives_user", "Incentives user"),
                            ("report_viewer", "Report viewer"),
                        ],
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "locations",
                    models.ManyToManyField(
                        blank=True,
                        related_name="memberships",
                        to="claims.partnerlocation",
                        verbose_name="only these locations",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="claims.partnerorganization",
                        verbose_name="partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "membership",
                "verbose_name_plural": "memberships",
                "ordering": ["organization", "user"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "organization", "role"), name="membership_once_per_role"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=60, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=150, verbose_name="name")),
                (
                    "eligible_from",
                    models.DateField(blank=True, null=True, verbose_name="can be claimed from"),
                ),
                (
                    "eligible_to",
                    models.DateField(blank=True, null=True, verbose_name="can be claimed to"),
                ),
                (
                    "synonyms",
                    models.JSONField(blank=True, default=list, verbose_name="other names"),
                ),
                ("is_dynamics", models.BooleanField(default=False, verbose_name="Dynamics 365")),
                (
                    "recognition_only",
                    models.BooleanField(default=False, verbose_name="recognition only"),
                ),
                (
                    "unconfirmed",
                    models.BooleanField(
                        default=False,
                        help_text="The published sources don't settle whether this belongs to the list (Q12).",
                        verbose_name="unconfirmed",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                (
                    "activities",
                    models.ManyToManyField(
                        related_name="products",
                        to="claims.activity",
                        verbose_name="can be claimed for",
                    ),
                ),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="claims.solutionarea",
                        verbose_name="solution area",
                    ),
                ),
            ],
            options={
                "verbose_name": "product or workload",
                "verbose_name_plural": "products and workloads",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("eligible_from__isnull", True),
                            ("eligible_to__isnull", True),
                            ("eligible_to__gte", models.F("eligible_from")),
                            _connector="OR",
                        ),
                        name="product_period_order",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProgramEnrollment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "enrollment_status",
                    models.CharField(
                        choices=[
                            ("invited", "Invited"),
                            ("enrolling", "Enrolling"),
                            ("action_required", "Action required"),
                            ("validating", "Validating enrolment"),
                            ("enrolled", "Enrolled"),
                            ("inactive", "Inactive"),
                            ("ineligible", "Ineligible"),
                            ("discontinued", "Discontinued"),
                        ],
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="from")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="to")),
                (
                    "payee_profile_ok",
                    models.BooleanField(default=False, verbose_name="payee profile complete"),
                ),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="enrollments",
                        to="claims.partnerlocation",
                        verbose_name="location",
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="enrollments",
                        to="claims.program",
                        verbose_name="program",
                    ),
                ),
            ],
            options={
                "verbose_name": "program enrolment",
                "verbose_name_plural": "program enrolments",
                "ordering": ["location", "program", "starts_on"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("location", "program", "starts_on"),
                        name="enrollment_once_per_period",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_on__isnull", True),
                            ("ends_on__gte", models.F("starts_on")),
                            _connector="OR",
                        ),
                        name="enrollment_period_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClaimContact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("business", "customer's business contact"),
                            ("technical", "customer's technical contact"),
                            ("partner", "partner's contact"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=150, verbose_name="name")),
                (
                    "job_title",
                    models.CharField(blank=True, max_length=150, verbose_name="job title"),
                ),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="phone")),
                ("locale", models.CharField(blank=True, max_length=12, verbose_name="language")),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contacts",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
            ],
            options={
                "verbose_name": "contact",
                "verbose_name_plural": "contacts",
                "ordering": ["claim", "kind"],
                "constraints": [
                    models.UniqueConstraint(fields=("claim", "kind"), name="contact_one_per_kind")
                ],
            },
        ),
        migrations.CreateModel(
            name="ClaimEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40, verbose_name="what")),
                ("at", models.DateTimeField(verbose_name="when")),
                (
                    "side",
                    models.CharField(
                        choices=[
                            ("partner", "Partner"),
                            ("reviewer", "Reviewer"),
                            ("customer", "Customer"),
                            ("system", "System"),
                        ],
                        max_length=10,
                        verbose_name="side",
                    ),
                ),
                ("actor_name", models.CharField(max_length=200, verbose_name="who")),
                ("from_status", models.CharField(blank=True, max_length=30, verbose_name="from")),
                ("to_status", models.CharField(blank=True, max_length=30, verbose_name="to")),
                (
                    "nominal_due_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="deadline met or missed"
                    ),
                ),
                ("details", models.JSONField(blank=True, default=dict, verbose_name="details")),
                ("internal", models.BooleanField(default=False, verbose_name="reviewers only")),
                ("request_id", models.CharField(blank=True, max_length=40, verbose_name="request")),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "ordering": ["at", "pk"],
                "indexes": [
                    models.Index(fields=["claim", "at"], name="event_claim_at"),
                    models.Index(
                        condition=models.Q(("nominal_due_at__isnull", False), ("side", "reviewer")),
                        fields=["at"],
                        name="event_reviewers_due",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[
                            ("partner", "Partner"),
                            ("reviewer", "Reviewer"),
                            ("customer", "Customer"),
                            ("system", "System"),
                        ],
                        max_length=10,
                        verbose_name="side",
                    ),
                ),
                ("body", models.TextField(max_length=5000, verbose_name="text")),
                (
                    "requires_response",
                    models.BooleanField(default=False, verbose_name="answer needed"),
                ),
                ("round", models.PositiveSmallIntegerField(verbose_name="round")),
                ("created_at", models.DateTimeField(verbose_name="written")),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="author",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
            ],
            options={
                "verbose_name": "comment",
                "verbose_name_plural": "comments",
                "ordering": ["created_at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("body", ""), _negated=True), name="comment_not_empty"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("side", "system"), ("author__isnull", False), _connector="OR"
                        ),
                        name="comment_person_has_author",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalClaim",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.CharField(
                        db_index=True, editable=False, max_length=20, verbose_name="claim number"
                    ),
                ),
                (
                    "name",
                    models.CharField(blank=True, max_length=120, verbose_name="name of the claim"),
                ),
                (
                    "tenant_id_as_typed",
                    models.CharField(blank=True, max_length=100, verbose_name="tenant ID as typed"),
                ),
                (
                    "domain_as_typed",
                    models.CharField(blank=True, max_length=253, verbose_name="domain as typed"),
                ),
                (
                    "solution_seller_name",
                    models.CharField(
                        blank=True, max_length=150, verbose_name="Dynamics solution seller"
                    ),
                ),
                (
                    "revenue_customer_name",
                    models.CharField(blank=True, max_length=150, verbose_name="customer's name"),
                ),
                (
                    "isv_product_name",
                    models.CharField(
                        blank=True, max_length=150, verbose_name="ISV product or solution"
                    ),
                ),
                (
                    "transaction_on",
                    models.DateField(blank=True, null=True, verbose_name="date of the purchase"),
                ),
                (
                    "opt_out_of_incentive",
                    models.BooleanField(default=False, verbose_name="without payment"),
                ),
                (
                    "public_sector_disclosure_confirmed",
                    models.BooleanField(
                        default=False,
                        verbose_name="the signed public-sector disclosure is included",
                    ),
                ),
                (
                    "confirmed_warnings",
                    models.JSONField(blank=True, default=dict, verbose_name="confirmed warnings"),
                ),
                (
                    "acknowledged_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="statements confirmed"
                    ),
                ),
                (
                    "acknowledged_wording",
                    models.CharField(blank=True, max_length=20, verbose_name="wording confirmed"),
                ),
                ("migrated", models.BooleanField(default=False, verbose_name="migrated")),
                (
                    "legacy_reference",
                    models.CharField(blank=True, max_length=60, verbose_name="earlier reference"),
                ),
                (
                    "status",
                    django_fsm.FSMField(
                        choices=[
                            ("editing", "Editing"),
                            ("submitted", "Submitted"),
                            ("under_review", "Under review"),
                            ("partner_action_required", "Partner action required"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("disputed", "Disputed"),
                            ("cancelled", "Cancelled"),
                            ("ended", "Association ended"),
                        ],
                        default="editing",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="status",
                    ),
                ),
                (
                    "association_state",
                    django_fsm.FSMField(
                        choices=[
                            ("none", "No association"),
                            ("provisional", "Consent window open"),
                            ("active", "Association active"),
                            ("ended", "Association ended"),
                        ],
                        default="none",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="association",
                    ),
                ),
                (
                    "round",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, verbose_name="round"
                    ),
                ),
                ("created_at", models.DateTimeField(editable=False, verbose_name="created")),
                (
                    "first_submitted_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="first submitted"),
                ),
                (
                    "last_submitted_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last submitted"),
                ),
                (
                    "review_started_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="review started"),
                ),
                (
                    "action_requested_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="sent back"),
                ),
                (
                    "decided_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="decided"),
                ),
                (
                    "rejection_reasons",
                    models.JSONField(
                        blank=True,
                        default=list,
                        editable=False,
                        verbose_name="reasons of the rejection",
                    ),
                ),
                (
                    "deadline_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pickup", "Pick-up"),
                            ("review", "Review"),
                            ("partner_response", "Partner's answer"),
                            ("consent", "Customer's consent window"),
                            ("dispute_filing", "Time to dispute"),
                            ("dispute_answer", "Answer to the dispute"),
                        ],
                        editable=False,
                        max_length=20,
                        verbose_name="what runs",
                    ),
                ),
                ("due_at", models.DateTimeField(editable=False, null=True, verbose_name="due")),
                (
                    "consent_sent_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="consent window opened"
                    ),
                ),
                (
                    "consent_closes_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="consent window ends"
                    ),
                ),
                (
                    "activated_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="association active"
                    ),
                ),
                ("ended_at", models.DateTimeField(editable=False, null=True, verbose_name="ended")),
                (
                    "ended_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="reason of the end"),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assigned_reviewer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reviewer",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.claim",
                        verbose_name="replaces the claim",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.customertenant",
                        verbose_name="customer",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.partnerlocation",
                        verbose_name="partner ID",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.partnerorganization",
                        verbose_name="partner",
                    ),
                ),
                (
                    "rule_profile",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.ruleprofile",
                        verbose_name="rule profile",
                    ),
                ),
                (
                    "area",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.solutionarea",
                        verbose_name="solution area",
                    ),
                ),
                (
                    "copied_from",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.claim",
                        verbose_name="copied from the claim",
                    ),
                ),
                (
                    "disputed_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="disputed"),
                ),
                (
                    "is_renewal",
                    models.BooleanField(default=False, editable=False, verbose_name="renewal"),
                ),
                (
                    "uploaded_with",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.draftupload",
                        verbose_name="uploaded with",
                    ),
                ),
                (
                    "archived_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="archived"),
                ),
                (
                    "consent_undelivered_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="consent not delivered"
                    ),
                ),
                (
                    "business_days_left",
                    models.PositiveSmallIntegerField(
                        editable=False, null=True, verbose_name="business days left when paused"
                    ),
                ),
                (
                    "paused_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="clock paused"),
                ),
                (
                    "split_from",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.claim",
                        verbose_name="split off the claim",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical claim",
                "verbose_name_plural": "historical claims",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalClaimContact",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("business", "customer's business contact"),
                            ("technical", "customer's technical contact"),
                            ("partner", "partner's contact"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=150, verbose_name="name")),
                (
                    "job_title",
                    models.CharField(blank=True, max_length=150, verbose_name="job title"),
                ),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="phone")),
                ("locale", models.CharField(blank=True, max_length=12, verbose_name="language")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical contact",
                "verbose_name_plural": "historical contacts",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalListedProduct",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("sku_id", models.UUIDField(db_index=True, verbose_name="SKU GUID")),
                ("part_number", models.CharField(max_length=120, verbose_name="part number")),
                ("display_name", models.CharField(max_length=250, verbose_name="display name")),
                ("is_dynamics", models.BooleanField(default=False, verbose_name="Dynamics 365")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.product",
                        verbose_name="claimable product",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical listed product",
                "verbose_name_plural": "historical listed products",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalMembership_locations",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("m2m_history_id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "history",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="claims.historicalmembership",
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.membership",
                    ),
                ),
                (
                    "partnerlocation",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.partnerlocation",
                    ),
                ),
            ],
            options={
                "verbose_name": "HistoricalMembership_locations",
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalProduct_activities",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("m2m_history_id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "activity",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.activity",
                    ),
                ),
                (
                    "history",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="claims.historicalproduct",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "HistoricalProduct_activities",
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalReviewFinding",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("round", models.PositiveSmallIntegerField(verbose_name="round")),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("D-ALL", "Missing all PoE"),
                            ("D-ACK", "Missing customer acknowledgment"),
                            ("D-DATE", "Missing or old dates"),
                            ("D-WORK", "Missing partner solution/service"),
                            ("D-PROD", "Missing products"),
                            ("D-PSD", "Missing public-sector disclosure"),
                            ("D-ID", "Customer details don't match"),
                            ("D-OTHER", "Other"),
                        ],
                        max_length=10,
                        verbose_name="deficiency",
                    ),
                ),
                (
                    "explanation",
                    models.TextField(blank=True, max_length=2000, verbose_name="explanation"),
                ),
                ("created_at", models.DateTimeField(verbose_name="written")),
                (
                    "resolved_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="settled"),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "found_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="found by",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical finding",
                "verbose_name_plural": "historical findings",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ListedProduct",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sku_id", models.UUIDField(unique=True, verbose_name="SKU GUID")),
                ("part_number", models.CharField(max_length=120, verbose_name="part number")),
                ("display_name", models.CharField(max_length=250, verbose_name="display name")),
                ("is_dynamics", models.BooleanField(default=False, verbose_name="Dynamics 365")),
                (
                    "service_plans",
                    models.JSONField(blank=True, default=list, verbose_name="service plans"),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="listed_products",
                        to="claims.product",
                        verbose_name="claimable product",
                    ),
                ),
            ],
            options={
                "verbose_name": "listed product",
                "verbose_name_plural": "listed products",
                "ordering": ["display_name"],
                "indexes": [models.Index(fields=["part_number"], name="listedproduct_part")],
            },
        ),
        migrations.CreateModel(
            name="ReviewDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("round", models.PositiveSmallIntegerField(verbose_name="round")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("action_requested", "Partner asked"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                        ],
                        max_length=20,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "reason_codes",
                    models.JSONField(blank=True, default=list, verbose_name="reasons"),
                ),
                (
                    "text",
                    models.TextField(
                        blank=True, max_length=5000, verbose_name="text to the partner"
                    ),
                ),
                ("decided_at", models.DateTimeField(verbose_name="decided")),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reviewer",
                    ),
                ),
            ],
            options={
                "verbose_name": "decision",
                "verbose_name_plural": "decisions",
                "ordering": ["decided_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("claim", "round"), name="decision_once_per_round"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome", "approved"),
                            models.Q(("reason_codes", []), _negated=True),
                            _connector="OR",
                        ),
                        name="decision_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalDispute",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(default=1, verbose_name="number")),
                ("round", models.PositiveSmallIntegerField(verbose_name="round")),
                (
                    "disputed_reasons",
                    models.JSONField(default=list, verbose_name="reasons disputed"),
                ),
                (
                    "justification",
                    models.TextField(blank=True, max_length=5000, verbose_name="justification"),
                ),
                ("opened_at", models.DateTimeField(verbose_name="disputed")),
                ("answer_due_at", models.DateTimeField(verbose_name="answer due")),
                ("closes_at", models.DateTimeField(verbose_name="lasts at most until")),
                (
                    "asked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="partner asked"),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("approved", "Approved"),
                            ("rejected", "Rejected, final"),
                            ("unanswered", "Rejected, final: no answer"),
                            ("withdrawn", "Withdrawn by the partner"),
                        ],
                        max_length=12,
                        verbose_name="outcome",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="disputed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical dispute",
                "verbose_name_plural": "historical disputes",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="WorkloadUsage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField(verbose_name="month")),
                ("paid_units", models.PositiveIntegerField(verbose_name="paid available units")),
                ("active_users", models.PositiveIntegerField(verbose_name="monthly active users")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="usage",
                        to="claims.product",
                        verbose_name="workload",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="usage",
                        to="claims.customertenant",
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "workload usage",
                "verbose_name_plural": "workload usage",
                "ordering": ["tenant", "product", "-month"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "product", "month"), name="usage_once_per_month"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("month__day", 1)), name="usage_month_first_day"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClockHold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("placed_at", models.DateTimeField(verbose_name="placed")),
                ("lifted_at", models.DateTimeField(blank=True, null=True, verbose_name="lifted")),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clock_holds",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "lifted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="lifted by",
                    ),
                ),
                (
                    "placed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="placed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "hold of the clock",
                "verbose_name_plural": "holds of the clock",
                "ordering": ["-placed_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=("claim",),
                        name="clock_hold_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="clock_hold_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(default=1, verbose_name="number")),
                ("round", models.PositiveSmallIntegerField(verbose_name="round")),
                (
                    "disputed_reasons",
                    models.JSONField(default=list, verbose_name="reasons disputed"),
                ),
                (
                    "justification",
                    models.TextField(blank=True, max_length=5000, verbose_name="justification"),
                ),
                ("opened_at", models.DateTimeField(verbose_name="disputed")),
                ("answer_due_at", models.DateTimeField(verbose_name="answer due")),
                ("closes_at", models.DateTimeField(verbose_name="lasts at most until")),
                (
                    "asked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="partner asked"),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("approved", "Approved"),
                            ("rejected", "Rejected, final"),
                            ("unanswered", "Rejected, final: no answer"),
                            ("withdrawn", "Withdrawn by the partner"),
                        ],
                        max_length=12,
                        verbose_name="outcome",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="disputed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "dispute",
                "verbose_name_plural": "disputes",
                "ordering": ["claim", "number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("claim", "number"), name="dispute_once_per_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("outcome", "")),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                ("decided_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="dispute_outcome_has_moment",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClaimReminder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("partner_half_time", "half of the time to answer is over"),
                            ("partner_last_day", "one business day is left to answer"),
                            ("consent_day_4", "the customer has not answered by day 4"),
                            ("subscription_60_days", "a subscription ends in 60 days"),
                            ("subscription_30_days", "a subscription ends in 30 days"),
                            ("subscription_7_days", "a subscription ends in 7 days"),
                            ("proof_stale", "the proof is 10 months old"),
                            ("draft_idle", "the draft has not been touched for 30 days"),
                            ("review_late", "the reviewers are late"),
                        ],
                        max_length=24,
                        verbose_name="what",
                    ),
                ),
                ("occasion", models.CharField(max_length=80, verbose_name="occasion")),
                ("written_at", models.DateTimeField(verbose_name="written")),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
            ],
            options={
                "verbose_name": "reminder",
                "verbose_name_plural": "reminders",
                "ordering": ["-written_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("claim", "kind", "occasion"), name="reminder_once_per_occasion"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentRenewal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.TextField(max_length=2000, verbose_name="reason")),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("granted", "the customer is asked again"),
                            ("refused", "the customer is not asked again"),
                        ],
                        max_length=8,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "text",
                    models.TextField(
                        blank=True, max_length=2000, verbose_name="text to the partner"
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked by",
                    ),
                ),
                (
                    "claim",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consent_renewal",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
            ],
            options={
                "verbose_name": "request to ask the customer anew",
                "verbose_name_plural": "requests to ask the customer anew",
                "ordering": ["-asked_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="consent_renewal_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("outcome", "")),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                ("decided_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="consent_renewal_outcome_has_moment",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalConsentRenewal",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("reason", models.TextField(max_length=2000, verbose_name="reason")),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("granted", "the customer is asked again"),
                            ("refused", "the customer is not asked again"),
                        ],
                        max_length=8,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "text",
                    models.TextField(
                        blank=True, max_length=2000, verbose_name="text to the partner"
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked by",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical request to ask the customer anew",
                "verbose_name_plural": "historical requests to ask the customer anew",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalProofRequest",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                ("due_at", models.DateTimeField(verbose_name="answer due")),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[("proof", "new proof was added"), ("nothing", "nothing to add")],
                        max_length=8,
                        verbose_name="answer",
                    ),
                ),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="settled")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="answered by",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical request for newer proof",
                "verbose_name_plural": "historical requests for newer proof",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalClaim_activities",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("m2m_history_id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "activity",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.activity",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.claim",
                    ),
                ),
                (
                    "history",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="claims.historicalclaim",
                    ),
                ),
            ],
            options={
                "verbose_name": "HistoricalClaim_activities",
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSubscription",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "subscription_id",
                    models.UUIDField(db_index=True, verbose_name="subscription ID"),
                ),
                ("offer_name", models.CharField(blank=True, max_length=250, verbose_name="offer")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("vl_ea", "volume licensing (EA)"),
                            ("vl_eas", "volume licensing (EAS)"),
                            ("vl_other", "volume licensing (other)"),
                            ("web_direct", "Web Direct"),
                            ("csp", "CSP"),
                            ("trial", "trial"),
                            ("other", "other"),
                        ],
                        max_length=12,
                        verbose_name="channel",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("not_activated", "not activated"),
                            ("active", "active"),
                            ("in_grace", "in grace period"),
                            ("suspended", "suspended"),
                            ("expired", "expired"),
                            ("cancelled", "cancelled"),
                        ],
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "provisioned_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="provisioned"),
                ),
                ("first_seen_at", models.DateTimeField(verbose_name="first seen")),
                ("starts_on", models.DateField(blank=True, null=True, verbose_name="start")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="end")),
                ("seats", models.PositiveIntegerField(default=0, verbose_name="seats")),
                ("is_trial", models.BooleanField(default=False, verbose_name="trial")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.customertenant",
                        verbose_name="tenant",
                    ),
                ),
                (
                    "listed_product",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.listedproduct",
                        verbose_name="product bought",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical subscription",
                "verbose_name_plural": "historical subscriptions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subscription_id", models.UUIDField(unique=True, verbose_name="subscription ID")),
                ("offer_name", models.CharField(blank=True, max_length=250, verbose_name="offer")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("vl_ea", "volume licensing (EA)"),
                            ("vl_eas", "volume licensing (EAS)"),
                            ("vl_other", "volume licensing (other)"),
                            ("web_direct", "Web Direct"),
                            ("csp", "CSP"),
                            ("trial", "trial"),
                            ("other", "other"),
                        ],
                        max_length=12,
                        verbose_name="channel",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("not_activated", "not activated"),
                            ("active", "active"),
                            ("in_grace", "in grace period"),
                            ("suspended", "suspended"),
                            ("expired", "expired"),
                            ("cancelled", "cancelled"),
                        ],
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "provisioned_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="provisioned"),
                ),
                ("first_seen_at", models.DateTimeField(verbose_name="first seen")),
                ("starts_on", models.DateField(blank=True, null=True, verbose_name="start")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="end")),
                ("seats", models.PositiveIntegerField(default=0, verbose_name="seats")),
                ("is_trial", models.BooleanField(default=False, verbose_name="trial")),
                ("last_synced_at", models.DateTimeField(verbose_name="last refreshed")),
                (
                    "listed_product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="claims.listedproduct",
                        verbose_name="product bought",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="claims.customertenant",
                        verbose_name="tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "subscription",
                "verbose_name_plural": "subscriptions",
                "ordering": ["tenant", "offer_name", "subscription_id"],
                "indexes": [
                    models.Index(
                        fields=["tenant", "listed_product"], name="subscription_tenant_product"
                    ),
                    models.Index(fields=["ends_on", "id"], name="subscription_ends"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("starts_on__isnull", True),
                            ("ends_on__isnull", True),
                            ("ends_on__gte", models.F("starts_on")),
                            _connector="OR",
                        ),
                        name="subscription_period_order",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ClaimLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "subscription_as_typed",
                    models.CharField(
                        blank=True, max_length=100, verbose_name="subscription as typed"
                    ),
                ),
                (
                    "line_status",
                    models.CharField(
                        choices=[
                            ("included", "Included"),
                            ("removed_by_partner", "Removed by the partner"),
                            ("removed_on_reviewer_advice", "Removed on the reviewer's advice"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("lost_arbitration", "Lost to a competing claim"),
                            ("moved_to_linked_claim", "Moved to a linked claim"),
                            ("ended", "Ended"),
                        ],
                        default="included",
                        max_length=30,
                        verbose_name="status",
                    ),
                ),
                (
                    "contested",
                    models.BooleanField(default=False, editable=False, verbose_name="competing"),
                ),
                (
                    "decision_note",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="note on the decision"
                    ),
                ),
                (
                    "activity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="claims.activity",
                        verbose_name="activity",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="claims.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="claims.subscription",
                        verbose_name="subscription",
                    ),
                ),
            ],
            options={
                "verbose_name": "claim line",
                "verbose_name_plural": "claim lines",
                "ordering": ["claim", "pk"],
                "indexes": [
                    models.Index(
                        django.db.models.functions.text.Upper("subscription_as_typed"),
                        condition=models.Q(("subscription__isnull", True)),
                        name="line_typed_subscription",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("line_status", "included"), ("subscription__isnull", False)
                        ),
                        fields=("claim", "product", "activity", "subscription"),
                        name="line_once_per_claim",
                    ),
                    models.UniqueConstraint(
                        models.F("claim"),
                        models.F("product"),
                        models.F("activity"),
                        django.db.models.functions.text.Lower("subscription_as_typed"),
                        condition=models.Q(
                            ("line_status", "included"), ("subscription__isnull", True)
                        ),
                        name="line_once_as_typed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalClaimLine",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "subscription_as_typed",
                    models.CharField(
                        blank=True, max_length=100, verbose_name="subscription as typed"
                    ),
                ),
                (
                    "line_status",
                    models.CharField(
                        choices=[
                            ("included", "Included"),
                            ("removed_by_partner", "Removed by the partner"),
                            ("removed_on_reviewer_advice", "Removed on the reviewer's advice"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("lost_arbitration", "Lost to a competing claim"),
                            ("moved_to_linked_claim", "Moved to a linked claim"),
                            ("ended", "Ended"),
                        ],
                        default="included",
                        max_length=30,
                        verbose_name="status",
                    ),
                ),
                (
                    "contested",
                    models.BooleanField(default=False, editable=False, verbose_name="competing"),
                ),
                (
                    "decision_note",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="note on the decision"
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "activity",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.activity",
                        verbose_name="activity",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.subscription",
                        verbose_name="subscription",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical claim line",
                "verbose_name_plural": "historical claim lines",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="PoEDocument",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "file",
                    models.FileField(
                        max_length=120,
                        upload_to=claims.models.documents.stored_name,
                        verbose_name="file",
                    ),
                ),
                ("original_name", models.CharField(max_length=255, verbose_name="file name")),
                ("content_type", models.CharField(max_length=100, verbose_name="type")),
                ("size", models.PositiveBigIntegerField(verbose_name="size in bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sow", "signed statement of work"),
                            ("template", "PoE template"),
                            ("email", "e-mail"),
                            ("purchase_order", "purchase order"),
                            ("report", "report"),
                            ("other", "other"),
                        ],
                        default="other",
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                (
                    "occasion",
                    models.CharField(
                        choices=[
                            ("initial", "with the claim"),
                            ("response", "with an answer"),
                            ("dispute", "with a dispute"),
                            ("refresh", "after approval"),
                        ],
                        default="initial",
                        max_length=10,
                        verbose_name="handed in",
                    ),
                ),
                (
                    "document_on",
                    models.DateField(blank=True, null=True, verbose_name="date of the document"),
                ),
                (
                    "signed_on",
                    models.DateField(
                        blank=True, null=True, verbose_name="date of the customer's signature"
                    ),
                ),
                (
                    "signer_name",
                    models.CharField(blank=True, max_length=150, verbose_name="signed by"),
                ),
                (
                    "signer_title",
                    models.CharField(blank=True, max_length=150, verbose_name="signer's job title"),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                (
                    "scan_state",
                    models.CharField(
                        choices=[
                            ("not_scanned", "not scanned"),
                            ("pending", "waiting for the scan"),
                            ("clean", "clean"),
                            ("infected", "infected"),
                            ("failed", "scan failed"),
                        ],
                        default="not_scanned",
                        max_length=12,
                        verbose_name="virus check",
                    ),
                ),
                ("uploaded_at", models.DateTimeField(verbose_name="uploaded")),
                (
                    "withdrawn_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="withdrawn"),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "covers",
                    models.ManyToManyField(
                        blank=True,
                        related_name="documents",
                        to="claims.claimline",
                        verbose_name="covers the lines",
                    ),
                ),
                (
                    "supersedes",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="claims.poedocument",
                        verbose_name="replaces",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="uploaded by",
                    ),
                ),
                (
                    "comment",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="claims.comment",
                        verbose_name="attached to the comment",
                    ),
                ),
            ],
            options={
                "verbose_name": "proof of execution",
                "verbose_name_plural": "proofs of execution",
                "ordering": ["-uploaded_at", "-pk"],
                "indexes": [models.Index(fields=["sha256"], name="poe_sha256")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("size__gt", 0)), name="poe_not_empty"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.Exact(
                                django.db.models.functions.text.Length("sha256"), 64
                            )
                        ),
                        name="poe_has_hash",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewFinding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("round", models.PositiveSmallIntegerField(verbose_name="round")),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("D-ALL", "Missing all PoE"),
                            ("D-ACK", "Missing customer acknowledgment"),
                            ("D-DATE", "Missing or old dates"),
                            ("D-WORK", "Missing partner solution/service"),
                            ("D-PROD", "Missing products"),
                            ("D-PSD", "Missing public-sector disclosure"),
                            ("D-ID", "Customer details don't match"),
                            ("D-OTHER", "Other"),
                        ],
                        max_length=10,
                        verbose_name="deficiency",
                    ),
                ),
                (
                    "explanation",
                    models.TextField(blank=True, max_length=2000, verbose_name="explanation"),
                ),
                ("created_at", models.DateTimeField(verbose_name="written")),
                (
                    "resolved_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="settled"),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "found_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="found by",
                    ),
                ),
                (
                    "lines",
                    models.ManyToManyField(
                        blank=True,
                        related_name="findings",
                        to="claims.claimline",
                        verbose_name="lines",
                    ),
                ),
            ],
            options={
                "verbose_name": "finding",
                "verbose_name_plural": "findings",
                "ordering": ["round", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", "D-OTHER"), _negated=True),
                            models.Q(("explanation", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="finding_other_is_explained",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Association",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("none", "No association"),
                            ("provisional", "Consent window open"),
                            ("active", "Association active"),
                            ("ended", "Association ended"),
                        ],
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("claimed_on", models.DateField(verbose_name="claimed on")),
                (
                    "effective_from",
                    models.DateTimeField(blank=True, null=True, verbose_name="in force from"),
                ),
                (
                    "effective_to",
                    models.DateTimeField(blank=True, null=True, verbose_name="in force to"),
                ),
                (
                    "end_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("customer_declined", "the customer declined"),
                            ("customer_withdrew", "the customer withdrew"),
                            ("partner_disassociated", "the partner ended it"),
                            ("displaced", "displaced by a competing claim"),
                            ("replaced", "replaced by the partner's own claim"),
                            ("subscription_expired", "the subscription ended"),
                            ("administrative", "administrative end"),
                        ],
                        max_length=24,
                        verbose_name="reason of the end",
                    ),
                ),
                (
                    "activity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="associations",
                        to="claims.activity",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="associations",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "line",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="association",
                        to="claims.claimline",
                        verbose_name="line",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="associations",
                        to="claims.customertenant",
                    ),
                ),
                (
                    "hold",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="associations",
                        to="claims.exclusivityhold",
                        verbose_name="hold",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="associations",
                        to="claims.partnerlocation",
                    ),
                ),
            ],
            options={
                "verbose_name": "association",
                "verbose_name_plural": "associations",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "ended"), _negated=True),
                        fields=("hold", "activity", "state"),
                        name="association_once_per_key_and_activity",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("effective_to__isnull", False),
                                ("state", "ended"),
                                models.Q(("end_reason", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "ended"), _negated=True),
                                ("effective_to__isnull", True),
                                ("end_reason", ""),
                            ),
                            _connector="OR",
                        ),
                        name="association_ended_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "active"), _negated=True),
                            ("effective_from__isnull", False),
                            _connector="OR",
                        ),
                        name="association_active_has_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("effective_to__isnull", True),
                            ("effective_from__isnull", True),
                            ("effective_to__gte", models.F("effective_from")),
                            _connector="OR",
                        ),
                        name="association_period_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProofRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                ("due_at", models.DateTimeField(verbose_name="answer due")),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[("proof", "new proof was added"), ("nothing", "nothing to add")],
                        max_length=8,
                        verbose_name="answer",
                    ),
                ),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="settled")),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="answered by",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proof_requests",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "lines",
                    models.ManyToManyField(
                        related_name="proof_requests", to="claims.claimline", verbose_name="lines"
                    ),
                ),
            ],
            options={
                "verbose_name": "request for newer proof",
                "verbose_name_plural": "requests for newer proof",
                "ordering": ["-asked_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", ""), ("answered_at__isnull", True)),
                            models.Q(
                                models.Q(("answer", ""), _negated=True),
                                ("answered_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="proof_request_answer_has_moment",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalPoEDocument",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("file", models.TextField(max_length=120, verbose_name="file")),
                ("original_name", models.CharField(max_length=255, verbose_name="file name")),
                ("content_type", models.CharField(max_length=100, verbose_name="type")),
                ("size", models.PositiveBigIntegerField(verbose_name="size in bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sow", "signed statement of work"),
                            ("template", "PoE template"),
                            ("email", "e-mail"),
                            ("purchase_order", "purchase order"),
                            ("report", "report"),
                            ("other", "other"),
                        ],
                        default="other",
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                (
                    "occasion",
                    models.CharField(
                        choices=[
                            ("initial", "with the claim"),
                            ("response", "with an answer"),
                            ("dispute", "with a dispute"),
                            ("refresh", "after approval"),
                        ],
                        default="initial",
                        max_length=10,
                        verbose_name="handed in",
                    ),
                ),
                (
                    "document_on",
                    models.DateField(blank=True, null=True, verbose_name="date of the document"),
                ),
                (
                    "signed_on",
                    models.DateField(
                        blank=True, null=True, verbose_name="date of the customer's signature"
                    ),
                ),
                (
                    "signer_name",
                    models.CharField(blank=True, max_length=150, verbose_name="signed by"),
                ),
                (
                    "signer_title",
                    models.CharField(blank=True, max_length=150, verbose_name="signer's job title"),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                (
                    "scan_state",
                    models.CharField(
                        choices=[
                            ("not_scanned", "not scanned"),
                            ("pending", "waiting for the scan"),
                            ("clean", "clean"),
                            ("infected", "infected"),
                            ("failed", "scan failed"),
                        ],
                        default="not_scanned",
                        max_length=12,
                        verbose_name="virus check",
                    ),
                ),
                ("uploaded_at", models.DateTimeField(verbose_name="uploaded")),
                (
                    "withdrawn_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="withdrawn"),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="uploaded by",
                    ),
                ),
                (
                    "supersedes",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.poedocument",
                        verbose_name="replaces",
                    ),
                ),
                (
                    "comment",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.comment",
                        verbose_name="attached to the comment",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical proof of execution",
                "verbose_name_plural": "historical proofs of execution",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPoEDocument_covers",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("m2m_history_id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "claimline",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.claimline",
                    ),
                ),
                (
                    "history",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="claims.historicalpoedocument",
                    ),
                ),
                (
                    "poedocument",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="claims.poedocument",
                    ),
                ),
            ],
            options={
                "verbose_name": "HistoricalPoEDocument_covers",
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.RunPython(index_words, drop_words),
        migrations.RunPython(index_beginnings, drop_beginnings),
    ]
