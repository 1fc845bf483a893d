from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="breakglass",
            name="incident",
            field=models.CharField(
                blank=True,
                help_text="Its key here, or its number in the tool that keeps it.",
                max_length=120,
                verbose_name="incident",
            ),
        ),
    ]
