from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0008_trains"),
    ]

    operations = [
        migrations.AddField(
            model_name="wait",
            name="owner",
            field=models.CharField(blank=True, max_length=400, verbose_name="who can end it"),
        ),
    ]
