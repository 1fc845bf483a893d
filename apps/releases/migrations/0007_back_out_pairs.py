from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0006_conflicts"),
    ]

    operations = [
        migrations.AddField(
            model_name="task",
            name="offset_minutes",
            field=models.IntegerField(
                blank=True,
                help_text="Counted from the start of the window; below zero it is before it. Empty: as early as it may.",
                null=True,
                verbose_name="not before, in minutes from the start",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="takes_back",
            field=models.ManyToManyField(
                blank=True,
                help_text="The steps of the execution that this one undoes.",
                related_name="taken_back_by",
                to="releases.task",
                verbose_name="takes back",
            ),
        ),
    ]
