"""What a version that was ever published says, and what it names as its scope, stays: the database refuses."""

from django.db import migrations

TABLE = "approaches_approachversion"
KEPT = (
    "approach_id", "number", "published_at", "principles", "responsibilities", "choosing", "counted", "exceptions",
)  # fmt: skip
SCOPES = [f"{TABLE}_{name}" for name in ("value_streams", "items", "release_models")]
DEEDS = ("INSERT", "UPDATE", "DELETE")
SAID = "a published version of an approach is immutable"


def _row_of(deed):
    return "OLD" if deed == "DELETE" else "NEW"


def _scope_triggers(template):
    return [
        template.format(
            name=f"{scope}_{deed.lower()}",
            deed=deed,
            scope=scope,
            published=f"EXISTS (SELECT 1 FROM {TABLE} v WHERE v.id = {_row_of(deed)}.approachversion_id"  # noqa: S608 all of it is written here
            " AND v.published_at IS NOT NULL)",
        )
        for scope in SCOPES
        for deed in DEEDS
    ]


POSTGRESQL = [
    f"""
    CREATE OR REPLACE FUNCTION tidegate_approach_is_immutable() RETURNS trigger AS $$
    BEGIN
        RAISE EXCEPTION '{SAID}' USING ERRCODE = 'restrict_violation';
    END;
    $$ LANGUAGE plpgsql;
    """,
    """
    CREATE OR REPLACE FUNCTION tidegate_approach_scope_is_immutable() RETURNS trigger AS $$
    DECLARE
        owner bigint;
    BEGIN
        IF TG_OP = 'DELETE' THEN owner := OLD.approachversion_id; ELSE owner := NEW.approachversion_id; END IF;
        IF EXISTS (SELECT 1 FROM approaches_approachversion v WHERE v.id = owner AND v.published_at IS NOT NULL) THEN
            RAISE EXCEPTION 'a published version of an approach is immutable' USING ERRCODE = 'restrict_violation';
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; ELSE RETURN NEW; END IF;
    END;
    $$ LANGUAGE plpgsql;
    """,
    f"CREATE TRIGGER {TABLE}_immutable BEFORE UPDATE ON {TABLE} FOR EACH ROW WHEN (OLD.published_at IS NOT NULL AND ("
    + " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in KEPT)
    + ")) EXECUTE FUNCTION tidegate_approach_is_immutable();",
    f"CREATE TRIGGER {TABLE}_kept BEFORE DELETE ON {TABLE} FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) "
    "EXECUTE FUNCTION tidegate_approach_is_immutable();",
    *_scope_triggers(
        "CREATE TRIGGER {name} BEFORE {deed} ON {scope} FOR EACH ROW EXECUTE FUNCTION"
        " tidegate_approach_scope_is_immutable();"
    ),
]
SQLITE = [
    f"CREATE TRIGGER {TABLE}_immutable BEFORE UPDATE ON {TABLE} WHEN OLD.published_at IS NOT NULL AND ("
    + " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in KEPT)
    + f") BEGIN SELECT RAISE(ABORT, '{SAID}'); END;",
    f"CREATE TRIGGER {TABLE}_kept BEFORE DELETE ON {TABLE} WHEN OLD.published_at IS NOT NULL "
    f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END;",
    *_scope_triggers(
        "CREATE TRIGGER {name} BEFORE {deed} ON {scope} WHEN {published} BEGIN SELECT RAISE(ABORT, '"
        + SAID
        + "'); END;"
    ),
]


def guard(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, params=None)


def unguard(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    named = [(TABLE, f"{TABLE}_immutable"), (TABLE, f"{TABLE}_kept")]
    named += [(scope, f"{scope}_{deed.lower()}") for scope in SCOPES for deed in DEEDS]
    for table, name in named:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}{f' ON {table}' if on_postgresql else ''};", params=None)
    if on_postgresql:
        for function in ("tidegate_approach_is_immutable", "tidegate_approach_scope_is_immutable"):
            schema_editor.execute(f"DROP FUNCTION IF EXISTS {function}();", params=None)


class Migration(migrations.Migration):
    dependencies = [("approaches", "0001_initial")]

    operations = [migrations.RunPython(guard, unguard)]
