from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def keep_windows(apps, schema_editor):
    """Components are busy during the window of their release."""
    release = apps.get_model("releases", "Release").objects.filter(pk=OuterRef("release"))
    apps.get_model("releases", "Component").objects.update(
        busy_from=Subquery(release.values("planned_start")), busy_until=Subquery(release.values("planned_end"))
    )


class Migration(migrations.Migration):
    dependencies = [
        ("cmdb", "0009_proposed_relationships"),
        ("releases", "0005_releases_by_released_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="component",
            name="busy_from",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="busy from"),
        ),
        migrations.AddField(
            model_name="component",
            name="busy_until",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="busy until"),
        ),
        migrations.RunPython(keep_windows, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="component",
            index=models.Index(fields=["ci", "busy_from", "busy_until"], name="releases_component_busy"),
        ),
        migrations.AddIndex(
            model_name="release",
            index=models.Index(fields=["environment", "planned_start", "planned_end"], name="releases_by_environment"),
        ),
    ]
