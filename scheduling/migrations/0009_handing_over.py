from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0008_notices"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="publication",
            options={
                "ordering": ["publish_at", "id"],
                "permissions": [
                    ("settle_publication", "Can settle an unknown publication"),
                    ("retry_publication", "Can retry a failed publication"),
                    ("hand_over_publication", "Can hand a publication over by hand"),
                ],
            },
        ),
    ]
