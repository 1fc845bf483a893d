"""Append-only tables, enforced below the ORM: the database itself refuses UPDATE and DELETE.

Used by migrations: `operations = [*append_only("core_auditentry")]`. PostgreSQL and SQLite.
"""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION tidegate_append_only() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END;
$$ LANGUAGE plpgsql;
"""


def triggers(vendor: str, table: str) -> list[str]:
    """The statements that make `table` append-only on this database."""
    if vendor == "postgresql":
        return [
            FUNCTION,
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION tidegate_append_only();",
        ]
    return [
        f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;"
        for deed in ("UPDATE", "DELETE")
    ]


def untriggers(vendor: str, table: str) -> list[str]:
    """The statements that undo `triggers`."""
    if vendor == "postgresql":
        return [f"DROP TRIGGER IF EXISTS {table}_append_only ON {table};"]
    return [f"DROP TRIGGER IF EXISTS {table}_no_{deed};" for deed in ("update", "delete")]


def append_only(*tables: str) -> list[migrations.RunPython]:
    """Migration operations, reversible."""

    def run(statements):
        def apply(apps, schema_editor):
            for table in tables:
                for statement in statements(schema_editor.connection.vendor, table):
                    schema_editor.execute(statement, params=None)

        return apply

    return [migrations.RunPython(run(triggers), run(untriggers))]
