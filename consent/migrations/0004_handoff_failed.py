from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0003_handoff_delivery"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="incentivehandoff",
            index=models.Index(
                condition=models.Q(("state", "failed")), fields=["id"], name="handoff_failed"
            ),
        ),
    ]
