"""The map of what is managed: configuration items, how they hang together, whom they serve, where they run."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from apps.accounts.models import Team
from apps.core.models import Recorded


def known_schema(value: Any) -> None:
    """A JSON Schema of an object."""
    try:
        Draft202012Validator.check_schema(value)
    except SchemaError as error:
        raise ValidationError(_("This is not a JSON Schema: %(why)s"), "schema", {"why": error.message}) from error


def attribute_faults(schema: dict[str, Any], attributes: Any) -> list[str]:
    """What the schema of a CI type has against these attributes, a sentence each."""
    if not isinstance(attributes, dict):
        return ["Attributes are a JSON object."]
    if not schema:
        return []
    faults = Draft202012Validator(schema).iter_errors(attributes)
    return [
        f"{'/'.join(str(step) for step in fault.absolute_path) or 'attributes'}: {fault.message}" for fault in faults
    ]


class CIType(Recorded):
    """One row: a kind of configuration item, with the JSON Schema its attributes are checked against."""

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    attribute_schema = models.JSONField(_("attribute schema"), default=dict, blank=True, validators=[known_schema])

    class Meta:
        verbose_name = _("CI type")
        verbose_name_plural = _("CI types")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class ValueStream(Recorded):
    """One row: a series of steps by which the organisation creates value for its consumers."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    owner = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("owner"))

    class Meta:
        verbose_name = _("value stream")
        verbose_name_plural = _("value streams")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class ConfigurationItem(Recorded):
    """One row: anything that must be managed in order to deliver a service."""

    class Lifecycle(models.TextChoices):
        PLANNED = "planned", _("Planned")
        LIVE = "live", _("Live")
        RETIRED = "retired", _("Retired")

    class Criticality(models.IntegerChoices):
        VITAL = 1, _("1 – vital")
        HIGH = 2, _("2 – high")
        MEDIUM = 3, _("3 – medium")
        LOW = 4, _("4 – low")

    key = models.CharField(_("key"), max_length=200, unique=True)
    name = models.CharField(_("name"), max_length=250)
    description = models.TextField(_("description"), blank=True)
    ci_type = models.ForeignKey(CIType, on_delete=models.PROTECT, related_name="items", verbose_name=_("type"))
    lifecycle = models.CharField(_("lifecycle"), max_length=16, choices=Lifecycle.choices, default=Lifecycle.LIVE)
    criticality = models.PositiveSmallIntegerField(
        _("criticality"), choices=Criticality.choices, default=Criticality.MEDIUM
    )
    owner = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="items", verbose_name=_("owner")
    )
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    value_streams = models.ManyToManyField(
        ValueStream, blank=True, related_name="items", verbose_name=_("value streams")
    )
    release_managed = models.BooleanField(_("released under management"), default=False)

    class Meta:
        verbose_name = _("configuration item")
        verbose_name_plural = _("configuration items")
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["name", "id"], name="cmdb_ci_name"),
            models.Index(fields=["ci_type", "name", "id"], name="cmdb_ci_type_name"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lifecycle__in=["planned", "live", "retired"]), name="cmdb_ci_lifecycle"
            ),
            models.CheckConstraint(condition=models.Q(criticality__range=(1, 4)), name="cmdb_ci_criticality"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        faults = attribute_faults(self.ci_type.attribute_schema, self.attributes)
        if faults:
            raise ValidationError({"attributes": [ValidationError(fault, "schema") for fault in faults]})


class Identifier(Recorded):
    """One row: the name by which a source knows a configuration item; imports find it again by this."""

    ci = models.ForeignKey(ConfigurationItem, on_delete=models.CASCADE, related_name="identifiers")
    source = models.CharField(_("source"), max_length=60)
    external_id = models.CharField(_("external id"), max_length=500)

    class Meta:
        verbose_name = _("identifier")
        verbose_name_plural = _("identifiers")
        ordering = ["source", "external_id"]
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="cmdb_identifier_once")]

    def __str__(self) -> str:
        return f"{self.source}:{self.external_id}"

    def audit_root(self) -> models.Model:
        return self.ci


class RelationshipType(Recorded):
    """One row: a way in which one item hangs on another, and which way impact flows along it."""

    class Flow(models.TextChoices):
        TO_SOURCE = "to_source", _("the source is affected when the target changes")
        TO_TARGET = "to_target", _("the target is affected when the source changes")
        NONE = "none", _("neither affects the other")

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    reverse_name = models.CharField(_("read backwards"), max_length=120)
    impact_flows = models.CharField(_("impact flows"), max_length=16, choices=Flow.choices, default=Flow.TO_SOURCE)

    class Meta:
        verbose_name = _("relationship type")
        verbose_name_plural = _("relationship types")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Relationship(Recorded):
    """One row: a directed edge: source – type – target, such as “web shop depends on payments”.

    `cause` and `effect` say the same edge in the direction in which impact flows (both empty when none does), so that
    impact is a walk along one index whatever the types say. `core.moves` writes them through `directed`.
    """

    source = models.ForeignKey(ConfigurationItem, on_delete=models.CASCADE, related_name="outgoing")
    target = models.ForeignKey(ConfigurationItem, on_delete=models.CASCADE, related_name="incoming")
    type = models.ForeignKey(RelationshipType, on_delete=models.PROTECT, related_name="relationships")
    cause = models.ForeignKey(
        ConfigurationItem, null=True, editable=False, on_delete=models.CASCADE, related_name="causes", db_index=False
    )
    effect = models.ForeignKey(
        ConfigurationItem, null=True, editable=False, on_delete=models.CASCADE, related_name="effects", db_index=False
    )
    origin = models.CharField(_("reported by"), max_length=60, blank=True)
    last_confirmed_at = models.DateTimeField(_("last confirmed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("relationship")
        verbose_name_plural = _("relationships")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["source", "target"], name="cmdb_rel_forward"),
            models.Index(fields=["target", "source"], name="cmdb_rel_backward"),
            models.Index(fields=["cause", "effect"], name="cmdb_rel_cause"),
            models.Index(fields=["effect", "cause"], name="cmdb_rel_effect"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source", "type", "target"], name="cmdb_rel_once"),
            models.CheckConstraint(
                condition=~models.Q(source=models.F("target")),
                name="cmdb_rel_no_loop",
                violation_error_message=_("An item cannot be related to itself."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.type} {self.target}"

    @property
    def audit_key(self) -> str:
        return f"{self.source.key} {self.type.slug} {self.target.key}"

    def audit_root(self) -> models.Model:
        return self.source

    def directed(self) -> Relationship:
        """Fill in which end is the cause and which the effect."""
        flows = self.type.impact_flows
        if flows == RelationshipType.Flow.TO_SOURCE:
            self.cause_id, self.effect_id = self.target_id, self.source_id
        elif flows == RelationshipType.Flow.TO_TARGET:
            self.cause_id, self.effect_id = self.source_id, self.target_id
        else:
            self.cause_id = self.effect_id = None
        return self


class Environment(Recorded):
    """One row: a place versions are deployed to; `order` is the order of promotion."""

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    order = models.PositiveSmallIntegerField(_("promotion order"), default=0)
    is_production = models.BooleanField(_("production"), default=False)

    class Meta:
        verbose_name = _("environment")
        verbose_name_plural = _("environments")
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name


class Party(Recorded):
    """One row: somebody outside who consumes a service or is a partner in providing it."""

    class Kind(models.TextChoices):
        CONSUMER = "consumer", _("Consumer")
        PARTNER = "partner", _("Partner")

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.CONSUMER)
    email = models.EmailField(_("email"), blank=True)
    contact = models.CharField(_("contact"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class ServiceRelationship(Recorded):
    """One row: a party is tied to a service, and how long before a release it must be told."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="service_relationships")
    service = models.ForeignKey(ConfigurationItem, on_delete=models.CASCADE, related_name="service_relationships")
    role = models.CharField(_("role"), max_length=60, default="consumer")
    notice_hours = models.PositiveIntegerField(_("notice in hours"), default=0)

    class Meta:
        verbose_name = _("service relationship")
        verbose_name_plural = _("service relationships")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["party", "service", "role"], name="cmdb_service_rel_once")]

    def __str__(self) -> str:
        return f"{self.party} – {self.service}"

    @property
    def audit_key(self) -> str:
        return f"{self.party.slug}/{self.service.key}"

    def audit_root(self) -> models.Model:
        return self.service


class InstalledVersion(Recorded):
    """One row: which version of an item is live in which environment, as the last successful deployment left it."""

    ci = models.ForeignKey(ConfigurationItem, on_delete=models.CASCADE, related_name="installed_versions")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="installed_versions")
    version_name = models.CharField(_("version"), max_length=120)
    digest = models.CharField(_("digest"), max_length=200, blank=True)
    since = models.DateTimeField(_("since"))
    release_key = models.CharField(_("release"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("installed version")
        verbose_name_plural = _("installed versions")
        ordering = ["ci", "environment"]
        constraints = [models.UniqueConstraint(fields=["ci", "environment"], name="cmdb_installed_once")]

    def __str__(self) -> str:
        return f"{self.ci} {self.version_name} in {self.environment}"

    @property
    def audit_key(self) -> str:
        return f"{self.ci.key}@{self.environment.slug}"

    def audit_root(self) -> models.Model:
        return self.ci


class ImportRun(Recorded):
    """One row: one load from a source: what it created, updated and left alone, and each record it refused, with why."""

    key = models.CharField(_("key"), max_length=20, unique=True)
    source = models.CharField(_("source"), max_length=60)
    format = models.CharField(_("format"), max_length=20)
    file_name = models.CharField(_("file"), max_length=255, blank=True)
    digest = models.CharField(_("SHA-256 of the file"), max_length=64)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    created = models.PositiveIntegerField(_("created"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.JSONField(_("rejected"), default=list, encoder=DjangoJSONEncoder)
    ignored = models.JSONField(_("ignored"), default=list, encoder=DjangoJSONEncoder)
    unresolved = models.JSONField(_("unresolved references"), default=list, encoder=DjangoJSONEncoder)
    relationships_created = models.PositiveIntegerField(_("relationships created"), default=0)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(_("finished at"))

    class Meta:
        verbose_name = _("import run")
        verbose_name_plural = _("import runs")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.key} {self.source}"


class UnresolvedReference(models.Model):
    """One row: an imported item names another that is not here yet; the edge is drawn when that one arrives."""

    ci = models.ForeignKey(ConfigurationItem, on_delete=models.CASCADE, related_name="unresolved_references")
    source = models.CharField(_("source"), max_length=60)
    external_id = models.CharField(_("external id"), max_length=500)
    type = models.ForeignKey(RelationshipType, on_delete=models.CASCADE)
    outgoing = models.BooleanField(_("points there"), default=True)

    class Meta:
        verbose_name = _("unresolved reference")
        verbose_name_plural = _("unresolved references")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["ci", "source", "external_id", "type", "outgoing"], name="cmdb_unresolved_once"
            )
        ]
        indexes = [models.Index(fields=["source", "external_id"], name="cmdb_unresolved_named")]

    def __str__(self) -> str:
        return f"{self.source}:{self.external_id}"
