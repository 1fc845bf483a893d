from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0004_impact_of_releases"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="release",
            index=models.Index(fields=["released_at"], name="releases_by_released_at"),
        ),
    ]
