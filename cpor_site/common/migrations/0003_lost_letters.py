from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0002_delivery_of_letters"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="provider_id",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=200,
                verbose_name="the provider's ID",
            ),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("provider_id", ""), _negated=True),
                fields=["provider_id"],
                name="outbox_provider_id",
            ),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(
                    ("state", "failed"), ("bounced_at__isnull", False), _connector="OR"
                ),
                fields=["-created_at"],
                name="outbox_lost",
            ),
        ),
    ]
