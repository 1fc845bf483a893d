"""A type for what an enterprise architecture names beside software and machines: actors, processes, goals."""

from django.db import migrations


def seed(apps, schema_editor):
    apps.get_model("cmdb", "CIType").objects.get_or_create(
        slug="business-element",
        defaults={
            "name": "Business element",
            "description": "An actor, a role, a process or a goal of the organisation, as an architecture model names it.",
        },
    )


class Migration(migrations.Migration):
    dependencies = [("cmdb", "0002_built_in_types")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
