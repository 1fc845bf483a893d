"""The types every house begins with; staff add their own."""

from django.db import migrations

CI_TYPES = [
    ("product", "Product"),
    ("service", "Service"),
    ("application", "Application"),
    ("component", "Component"),
    ("api", "API"),
    ("data-store", "Data store"),
    ("host", "Host"),
    ("document", "Document"),
    ("resource", "Resource"),
    ("library", "Library"),
]
RELATIONSHIP_TYPES = [
    ("depends-on", "depends on", "is needed by", "to_source"),
    ("runs-on", "runs on", "runs", "to_source"),
    ("part-of", "part of", "consists of", "to_target"),
    ("provides", "provides", "is provided by", "to_target"),
    ("consumes", "consumes", "is consumed by", "to_source"),
]


def add(apps, schema_editor):
    ci_type = apps.get_model("cmdb", "CIType")
    for slug, name in CI_TYPES:
        ci_type.objects.get_or_create(slug=slug, defaults={"name": name})
    relationship_type = apps.get_model("cmdb", "RelationshipType")
    for slug, name, reverse_name, flows in RELATIONSHIP_TYPES:
        relationship_type.objects.get_or_create(
            slug=slug, defaults={"name": name, "reverse_name": reverse_name, "impact_flows": flows}
        )


class Migration(migrations.Migration):
    dependencies = [("cmdb", "0001_initial")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
