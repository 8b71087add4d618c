"""All tables of this app at once, for an empty database; see the one of claims."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("consent", "0001_initial"),
        ("consent", "0002_letters_and_handoff"),
        ("consent", "0003_handoff_delivery"),
        ("consent", "0004_handoff_failed"),
    ]

    initial = True

    dependencies = [
        ("claims", "0001_squashed_0008_competing_claims"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsentRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="written")),
                (
                    "opened_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="window opened"),
                ),
                (
                    "closes_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="window ends"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consent_requests",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "extended_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="extended"),
                ),
                (
                    "extended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="extended by",
                    ),
                ),
                (
                    "extension_reason",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="reason of the extension"
                    ),
                ),
                (
                    "undelivered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="not delivered"),
                ),
            ],
            options={
                "verbose_name": "consent request",
                "verbose_name_plural": "consent requests",
                "ordering": ["-created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=("claim",),
                        name="consent_one_open_request_per_claim",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closes_at__isnull", True), ("opened_at__isnull", True)),
                            models.Q(("closes_at__isnull", False), ("opened_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="consent_window_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("extended_at__isnull", True), ("extended_by__isnull", True)),
                            models.Q(
                                ("extended_at__isnull", False),
                                ("extended_by__isnull", False),
                                models.Q(("extension_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="consent_extension_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalConsentRequest",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="written")),
                (
                    "opened_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="window opened"),
                ),
                (
                    "closes_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="window ends"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
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
                    "extended_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="extended"),
                ),
                (
                    "extended_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="extended by",
                    ),
                ),
                (
                    "extension_reason",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="reason of the extension"
                    ),
                ),
                (
                    "undelivered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="not delivered"),
                ),
            ],
            options={
                "verbose_name": "historical consent request",
                "verbose_name_plural": "historical consent requests",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HandoffBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(unique=True, verbose_name="number")),
                ("written_at", models.DateTimeField(verbose_name="written")),
                ("row_count", models.PositiveIntegerField(verbose_name="rows")),
                ("json_name", models.CharField(max_length=200, verbose_name="JSON lines")),
                ("csv_name", models.CharField(max_length=200, verbose_name="CSV")),
                ("manifest_name", models.CharField(max_length=200, verbose_name="signed digest")),
                ("json_sha256", models.CharField(max_length=64)),
                ("csv_sha256", models.CharField(max_length=64)),
                (
                    "stored_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="in the storage since"
                    ),
                ),
            ],
            options={
                "verbose_name": "hand-off file",
                "verbose_name_plural": "hand-off files",
                "ordering": ["-number"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("stored_at__isnull", True)),
                        fields=["number"],
                        name="handoff_batch_unstored",
                    )
                ],
                "permissions": [("download_handoff", "Can download files of hand-offs")],
            },
        ),
        migrations.CreateModel(
            name="OverviewLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                ("locale", models.CharField(max_length=12, verbose_name="language")),
                ("nonce", models.CharField(editable=False, max_length=64)),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(verbose_name="asked for")),
                ("expires_at", models.DateTimeField(verbose_name="valid until")),
                (
                    "ip_address",
                    models.GenericIPAddressField(blank=True, null=True, verbose_name="IP address"),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overview_links",
                        to="claims.customertenant",
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "overview link",
                "verbose_name_plural": "overview links",
                "ordering": ["-created_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))),
                        name="overview_link_period_order",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HandoffEndpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("url", models.CharField(max_length=500, unique=True, verbose_name="address")),
                ("gone_at", models.DateTimeField(blank=True, null=True, verbose_name="gone since")),
                (
                    "quiet_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="no posts until"),
                ),
                ("last_error", models.TextField(blank=True, verbose_name="last error")),
            ],
            options={
                "verbose_name": "address for hand-offs",
                "verbose_name_plural": "addresses for hand-offs",
                "ordering": ["url"],
            },
        ),
        migrations.CreateModel(
            name="ConsentRecipient",
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
                            ("business", "business contact"),
                            ("technical", "technical contact"),
                            ("tenant_admin", "tenant administrator"),
                        ],
                        max_length=14,
                        verbose_name="role",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=150, verbose_name="name")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                ("locale", models.CharField(max_length=12, verbose_name="language")),
                ("nonce", models.CharField(editable=False, max_length=64)),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "sent_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="letter left"),
                ),
                (
                    "superseded_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="superseded"),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recipients",
                        to="consent.consentrequest",
                        verbose_name="request",
                    ),
                ),
                (
                    "bounced_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="letter bounced"),
                ),
                (
                    "delivered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="letter delivered"),
                ),
            ],
            options={
                "verbose_name": "consent recipient",
                "verbose_name_plural": "consent recipients",
                "ordering": ["request", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("superseded_at__isnull", True)),
                        fields=("request", "email"),
                        name="recipient_one_live_link",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="IncentiveHandoff",
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
                        choices=[("start", "start"), ("termination", "termination")],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("sent", "sent"),
                            ("acknowledged", "acknowledged"),
                            ("failed", "failed"),
                        ],
                        default="pending",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("effective_on", models.DateField(verbose_name="effective on")),
                ("payload", models.JSONField(verbose_name="fields")),
                ("created_at", models.DateTimeField(verbose_name="written")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handoffs",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handoffs",
                        to="claims.claimline",
                        verbose_name="line",
                    ),
                ),
                (
                    "acknowledged_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="acknowledged"),
                ),
                (
                    "acknowledgement",
                    models.CharField(blank=True, max_length=200, verbose_name="acknowledgement"),
                ),
                (
                    "claimed_until",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="held by a sender until"
                    ),
                ),
                ("last_error", models.TextField(blank=True, verbose_name="last error")),
                (
                    "next_try_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="next try"),
                ),
                ("posted_at", models.DateTimeField(blank=True, null=True, verbose_name="posted")),
                ("sequence", models.PositiveIntegerField(verbose_name="number within the claim")),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="consent.handoffbatch",
                        verbose_name="file",
                    ),
                ),
            ],
            options={
                "verbose_name": "hand-off to incentives",
                "verbose_name_plural": "hand-offs to incentives",
                "ordering": ["-created_at", "-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["id"],
                        name="handoff_pending",
                    ),
                    models.Index(
                        condition=models.Q(("state", "failed")),
                        fields=["id"],
                        name="handoff_failed",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("line", "kind"), name="handoff_once_per_line_and_kind"
                    ),
                    models.UniqueConstraint(fields=("claim", "sequence"), name="handoff_in_order"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("acknowledged_at__isnull", True),
                                ("sent_at__isnull", True),
                                ("state", "pending"),
                            ),
                            models.Q(
                                ("acknowledged_at__isnull", True),
                                ("sent_at__isnull", False),
                                ("state", "sent"),
                            ),
                            models.Q(
                                ("acknowledged_at__isnull", False),
                                ("sent_at__isnull", False),
                                ("state", "acknowledged"),
                            ),
                            ("state", "failed"),
                            _connector="OR",
                        ),
                        name="handoff_states_have_moments",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentAnswer",
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
                            ("agreed", "agreed"),
                            ("declined", "declined"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=10,
                        verbose_name="answer",
                    ),
                ),
                ("responder_name", models.CharField(max_length=150, verbose_name="name")),
                (
                    "responder_title",
                    models.CharField(blank=True, max_length=150, verbose_name="job title"),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_our_partner", "This company isn't our partner"),
                            ("wrong_products", "The products are wrong"),
                            ("other_partner", "Another partner does this for us"),
                            ("project_ended", "The project has ended"),
                            ("prefer_not_to_say", "I'd rather not say"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                (
                    "message",
                    models.TextField(
                        blank=True, max_length=2000, verbose_name="message to the operator"
                    ),
                ),
                (
                    "share_message",
                    models.BooleanField(
                        default=False, verbose_name="the partner may read the message"
                    ),
                ),
                ("answered_at", models.DateTimeField(verbose_name="answered")),
                (
                    "ip_address",
                    models.GenericIPAddressField(blank=True, null=True, verbose_name="IP address"),
                ),
                (
                    "user_agent",
                    models.CharField(blank=True, max_length=300, verbose_name="browser"),
                ),
                (
                    "lines",
                    models.ManyToManyField(
                        related_name="+", to="claims.claimline", verbose_name="lines"
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="consent.consentrecipient",
                        verbose_name="recipient",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="consent.consentrequest",
                        verbose_name="request",
                    ),
                ),
                (
                    "carried_out_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="carried out"),
                ),
                (
                    "takes_effect_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="takes effect"),
                ),
            ],
            options={
                "verbose_name": "customer's answer",
                "verbose_name_plural": "customers' answers",
                "ordering": ["answered_at", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("carried_out_at__isnull", True), ("kind", "withdrawn")),
                        fields=["takes_effect_at", "id"],
                        name="answer_withdrawal_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "withdrawn"), ("takes_effect_at__isnull", False)),
                            models.Q(
                                models.Q(("kind", "withdrawn"), _negated=True),
                                ("carried_out_at__isnull", True),
                                ("takes_effect_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="answer_effect_is_of_withdrawal",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentEvent",
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
                            ("sent", "letter sent"),
                            ("delivered", "letter delivered"),
                            ("bounced", "letter bounced"),
                            ("reminded", "reminder written"),
                            ("link_requested", "new link asked for"),
                            ("contact_replaced", "contact replaced"),
                            ("extended", "window extended"),
                        ],
                        max_length=20,
                        verbose_name="what",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="when")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                (
                    "ip_address",
                    models.GenericIPAddressField(blank=True, null=True, verbose_name="IP address"),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="consent.consentrecipient",
                        verbose_name="recipient",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="consent.consentrequest",
                        verbose_name="request",
                    ),
                ),
            ],
            options={
                "verbose_name": "event of a consent request",
                "verbose_name_plural": "events of consent requests",
                "ordering": ["at", "pk"],
            },
        ),
    ]
