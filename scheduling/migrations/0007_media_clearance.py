import scheduling.models.posts
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0006_handover_brakes_and_variants"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="post",
            options={
                "ordering": ["-publish_at", "-id"],
                "permissions": [
                    ("override_clearance", "Can let media out that is not cleared")
                ],
            },
        ),
        migrations.AddField(
            model_name="post",
            name="cleared_for",
            field=models.JSONField(default=list, editable=False),
        ),
        migrations.AlterField(
            model_name="post",
            name="timezone",
            field=models.CharField(
                max_length=64, validators=[scheduling.models.posts.validate_clocks]
            ),
        ),
    ]
