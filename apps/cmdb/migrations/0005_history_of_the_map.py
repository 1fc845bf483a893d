"""The past of the map: what every item said and which relationships stood, from when to when."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("cmdb", "0004_column_mappings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MapChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "door",
                    models.CharField(
                        choices=[
                            ("admin", "Admin"),
                            ("api", "API"),
                            ("email", "E-mail link"),
                            ("job", "Job"),
                            ("hook", "Inbound hook"),
                            ("command", "Command line"),
                        ],
                        max_length=16,
                        verbose_name="door",
                    ),
                ),
                ("actor_name", models.CharField(max_length=150, verbose_name="who")),
                ("token_name", models.CharField(blank=True, max_length=100, verbose_name="token")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                (
                    "actor",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="cmdb.importrun",
                        verbose_name="import run",
                    ),
                ),
            ],
            options={
                "verbose_name": "change of the map",
                "verbose_name_plural": "changes of the map",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ItemVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateTimeField(verbose_name="from")),
                ("valid_to", models.DateTimeField(null=True, verbose_name="to")),
                ("key", models.CharField(max_length=200, verbose_name="key")),
                ("name", models.CharField(max_length=250, verbose_name="name")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                (
                    "lifecycle",
                    models.CharField(
                        choices=[("planned", "Planned"), ("live", "Live"), ("retired", "Retired")],
                        max_length=16,
                        verbose_name="lifecycle",
                    ),
                ),
                (
                    "criticality",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "1 – vital"), (2, "2 – high"), (3, "3 – medium"), (4, "4 – low")],
                        verbose_name="criticality",
                    ),
                ),
                ("attributes", models.JSONField(default=dict, verbose_name="attributes")),
                ("release_managed", models.BooleanField(verbose_name="released under management")),
                ("redundancy", models.PositiveSmallIntegerField(null=True, verbose_name="needs at least")),
                ("value_streams", models.JSONField(default=list, verbose_name="value streams")),
                ("missing_from", models.JSONField(default=list, verbose_name="no longer named by")),
                (
                    "ci_type",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="cmdb.citype",
                        verbose_name="type",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="versions",
                        to="cmdb.configurationitem",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.team",
                        verbose_name="owner",
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cmdb.mapchange",
                        verbose_name="ended by",
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cmdb.mapchange",
                        verbose_name="begun by",
                    ),
                ),
            ],
            options={
                "verbose_name": "version of an item",
                "verbose_name_plural": "versions of items",
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["item", "valid_from"], name="cmdb_version_item"),
                    models.Index(fields=["key", "valid_from"], name="cmdb_version_key"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("valid_to__isnull", True)), fields=("item",), name="cmdb_version_one_open"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="cmdb_version_forwards",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RelationshipPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateTimeField(verbose_name="from")),
                ("valid_to", models.DateTimeField(null=True, verbose_name="to")),
                ("origin", models.CharField(blank=True, max_length=60, verbose_name="reported by")),
                ("went_missing", models.BooleanField(default=False)),
                (
                    "closed_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cmdb.mapchange",
                        verbose_name="ended by",
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cmdb.mapchange",
                        verbose_name="begun by",
                    ),
                ),
                (
                    "relationship",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="periods",
                        to="cmdb.relationship",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="cmdb.configurationitem",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="cmdb.configurationitem",
                    ),
                ),
                (
                    "type",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="cmdb.relationshiptype",
                    ),
                ),
            ],
            options={
                "verbose_name": "period of a relationship",
                "verbose_name_plural": "periods of relationships",
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["source", "valid_from"], name="cmdb_period_forward"),
                    models.Index(fields=["target", "valid_from"], name="cmdb_period_backward"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("valid_to__isnull", True)),
                        fields=("relationship",),
                        name="cmdb_period_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="cmdb_period_forwards",
                    ),
                ],
            },
        ),
    ]
