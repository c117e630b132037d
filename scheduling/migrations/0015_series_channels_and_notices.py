from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0014_series_clearance_and_zones'),
    ]

    operations = [
        migrations.AddField(
            model_name='series',
            name='has_all_channels',
            field=models.BooleanField(default=True, editable=False),
        ),
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('silent', 'Silent'), ('sign_in', 'Sign In'), ('failed', 'Failed'), ('unknown', 'Unknown'), ('missed', 'Missed'), ('handover', 'Handover'), ('burst', 'Burst'), ('panic', 'Panic'), ('series', 'Series')], max_length=10),
        ),
    ]
