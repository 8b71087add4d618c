"""A proposal to close a claim can lapse; whom a case names the present partner of record."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0001_squashed_0008_competing_claims"),
        ("reviews", "0001_squashed_0003_rulings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="administrativeend",
            name="administrative_end_settled_is_whole",
        ),
        migrations.AlterField(
            model_name="administrativeend",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("confirmed", "confirmed"),
                    ("turned_down", "turned down"),
                    ("lapsed", "lapsed"),
                ],
                max_length=12,
                verbose_name="outcome",
            ),
        ),
        migrations.AlterField(
            model_name="competingparty",
            name="standing",
            field=models.CharField(
                choices=[("incumbent", "present partner of record"), ("challenger", "challenger")],
                max_length=10,
                verbose_name="standing",
            ),
        ),
        migrations.AlterField(
            model_name="historicaladministrativeend",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("confirmed", "confirmed"),
                    ("turned_down", "turned down"),
                    ("lapsed", "lapsed"),
                ],
                max_length=12,
                verbose_name="outcome",
            ),
        ),
        migrations.AlterField(
            model_name="historicalcompetingparty",
            name="standing",
            field=models.CharField(
                choices=[("incumbent", "present partner of record"), ("challenger", "challenger")],
                max_length=10,
                verbose_name="standing",
            ),
        ),
        migrations.AddConstraint(
            model_name="administrativeend",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("outcome", ""), ("settled_at__isnull", True), ("settled_by__isnull", True)
                    ),
                    models.Q(
                        ("outcome", "lapsed"),
                        ("settled_at__isnull", False),
                        ("settled_by__isnull", True),
                    ),
                    models.Q(
                        ("outcome__in", ("confirmed", "turned_down")),
                        ("settled_at__isnull", False),
                        ("settled_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="administrative_end_settled_is_whole",
            ),
        ),
    ]
