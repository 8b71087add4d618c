from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0006_clocks_and_letters"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                condition=models.Q(("consent_undelivered_at__isnull", False)),
                fields=["organization", "id"],
                name="claim_undelivered",
            ),
        ),
    ]
