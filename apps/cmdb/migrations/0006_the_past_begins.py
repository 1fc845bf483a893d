"""What stands already begins its first period with the day it was made, as it is now: what it was before is not known, and
the deed that it is ascribed to says so.
"""

from django.db import migrations
from django.utils import timezone

STREAMS = "SELECT valuestream_id AS one FROM cmdb_configurationitem_value_streams WHERE configurationitem_id = ci.id"
MISSING = "SELECT DISTINCT source AS one FROM cmdb_identifier WHERE ci_id = ci.id AND missing_since IS NOT NULL"
LISTED = {
    "postgresql": "(SELECT COALESCE(jsonb_agg(one ORDER BY one), '[]') FROM ({rows}) listed)",
    "sqlite": "(SELECT json_group_array(one) FROM ({rows} ORDER BY one) listed)",
}
ITEMS = """
INSERT INTO cmdb_itemversion (
    item_id, key, name, description, ci_type_id, lifecycle, criticality, owner_id, attributes, release_managed, redundancy,
    value_streams, missing_from, valid_from, opened_by_id
)
SELECT ci.id, ci.key, ci.name, ci.description, ci.ci_type_id, ci.lifecycle, ci.criticality, ci.owner_id, ci.attributes,
    ci.release_managed, ci.redundancy, {streams}, {missing}, ci.created_at, %s
FROM cmdb_configurationitem ci"""
RELATIONSHIPS = """
INSERT INTO cmdb_relationshipperiod (
    relationship_id, source_id, target_id, type_id, origin, went_missing, valid_from, valid_to, opened_by_id, closed_by_id
)
SELECT id, source_id, target_id, type_id, origin, missing_since IS NOT NULL, created_at, missing_since, %s,
    CASE WHEN missing_since IS NULL THEN NULL ELSE %s END
FROM cmdb_relationship WHERE missing_since IS NULL OR missing_since > created_at"""


def begin_the_past(apps, schema_editor):
    if not apps.get_model("cmdb", "ConfigurationItem").objects.exists():
        return
    begun = apps.get_model("cmdb", "MapChange").objects.create(
        at=timezone.now(), door="job", actor_name="system", note="Taken over when the history of the map began."
    )
    listed = LISTED[schema_editor.connection.vendor]
    items = ITEMS.format(streams=listed.format(rows=STREAMS), missing=listed.format(rows=MISSING))
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(items, [begun.pk])
        cursor.execute(RELATIONSHIPS, [begun.pk, begun.pk])


class Migration(migrations.Migration):
    dependencies = [("cmdb", "0005_history_of_the_map")]
    operations = [migrations.RunPython(begin_the_past, migrations.RunPython.noop)]
