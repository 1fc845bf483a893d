"""The kinds of items and relationships every organisation begins with (docs/decisions: types of the CMDB)."""

from django.db import migrations

ATTRIBUTES = {
    "product": {},
    "service": {
        "hours": {"type": "string", "description": "When it is offered, such as 24x7."},
        "tier": {"type": ["string", "integer"]},
    },
    "application": {"language": {"type": "string"}, "repository": {"type": "string"}},
    "component": {
        "version": {"type": "string"},
        "purl": {"type": "string", "pattern": "^pkg:"},
        "licenses": {"type": "array", "items": {"type": "string"}},
    },
    "api": {"type": {"type": "string", "description": "openapi, asyncapi, graphql, grpc or another."}},
    "data-store": {"engine": {"type": "string"}},
    "host": {"operating_system": {"type": "string"}, "addresses": {"type": "array", "items": {"type": "string"}}},
    "document": {"url": {"type": "string"}},
    "resource": {"type": {"type": "string"}},
}
CI_TYPES = [
    ("product", "Product", "What is offered as a whole: several services and components that belong together."),
    ("service", "Service", "What consumers use without owning its cost and risk."),
    ("application", "Application", "Software that people or other software work with."),
    ("component", "Component", "A part that is built or bought and released as such: a library, a module, a package."),
    ("api", "API", "A contract by which one thing calls another."),
    ("data-store", "Data store", "A database, a queue, a bucket: where data stays."),
    ("host", "Host", "A machine or platform that something runs on."),
    ("document", "Document", "A text that must be managed to deliver a service."),
    ("resource", "Resource", "Infrastructure that something needs and that is none of the other kinds."),
]
RELATIONSHIP_TYPES = [
    ("depends-on", "depends on", "is needed by", "to_source"),
    ("runs-on", "runs on", "hosts", "to_source"),
    ("part-of", "part of", "consists of", "to_target"),
    ("provides", "provides", "is provided by", "to_target"),
    ("consumes", "consumes", "is consumed by", "to_source"),
    ("relates-to", "relates to", "relates to", "none"),
]


def seed(apps, schema_editor):
    ci_type, relationship_type = apps.get_model("cmdb", "CIType"), apps.get_model("cmdb", "RelationshipType")
    for slug, name, description in CI_TYPES:
        properties = ATTRIBUTES[slug]
        schema = {"type": "object", "properties": properties} if properties else {}
        ci_type.objects.get_or_create(
            slug=slug, defaults={"name": name, "description": description, "attribute_schema": schema}
        )
    for slug, name, reverse_name, flow in RELATIONSHIP_TYPES:
        relationship_type.objects.get_or_create(
            slug=slug, defaults={"name": name, "reverse_name": reverse_name, "impact_flows": flow}
        )


class Migration(migrations.Migration):
    dependencies = [("cmdb", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
