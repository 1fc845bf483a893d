"""A version that was ever published keeps its model, number, content and digest, whoever asks: the database refuses."""

from django.db import migrations

TABLE = "release_models_modelversion"
KEPT = ("model_id", "number", "content", "digest", "published_at")

POSTGRESQL = [
    """
    CREATE OR REPLACE FUNCTION tidegate_published_is_immutable() RETURNS trigger AS $$
    BEGIN
        RAISE EXCEPTION 'a published model version is immutable' USING ERRCODE = 'restrict_violation';
    END;
    $$ LANGUAGE plpgsql;
    """,
    f"CREATE TRIGGER {TABLE}_immutable BEFORE UPDATE ON {TABLE} FOR EACH ROW WHEN (OLD.published_at IS NOT NULL AND ("
    + " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in KEPT)
    + ")) EXECUTE FUNCTION tidegate_published_is_immutable();",
    f"CREATE TRIGGER {TABLE}_kept BEFORE DELETE ON {TABLE} FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) "
    "EXECUTE FUNCTION tidegate_published_is_immutable();",
]
SQLITE = [
    f"CREATE TRIGGER {TABLE}_immutable BEFORE UPDATE ON {TABLE} WHEN OLD.published_at IS NOT NULL AND ("
    + " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in KEPT)
    + ") BEGIN SELECT RAISE(ABORT, 'a published model version is immutable'); END;",
    f"CREATE TRIGGER {TABLE}_kept BEFORE DELETE ON {TABLE} WHEN OLD.published_at IS NOT NULL "
    "BEGIN SELECT RAISE(ABORT, 'a published model version is immutable'); END;",
]


def guard(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, params=None)


def unguard(apps, schema_editor):
    suffix = f" ON {TABLE}" if schema_editor.connection.vendor == "postgresql" else ""
    for name in ("immutable", "kept"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_{name}{suffix};", params=None)


class Migration(migrations.Migration):
    dependencies = [("release_models", "0001_initial")]

    operations = [migrations.RunPython(guard, unguard)]
