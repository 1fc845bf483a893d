"""Configuration items, their types, and the names by which sources know them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team
from apps.cmdb.models.attributes import check_schema, faults_of
from apps.cmdb.models.parties import ValueStream
from apps.core.models import Recorded

KEY = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9._:+@~-]*\Z",
    _("A key begins with a letter or a digit; letters, digits and . _ : + @ ~ - may follow."),
    code="key",
)


class CIType(Recorded):
    """One row: a kind of configuration item, with the JSON Schema its attributes are checked against."""

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    attribute_schema = models.JSONField(
        _("attribute schema"),
        default=dict,
        blank=True,
        help_text=_("A JSON Schema of an object. Empty: any attributes."),
    )

    class Meta:
        verbose_name = _("CI type")
        verbose_name_plural = _("CI types")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        try:
            check_schema(self.attribute_schema)
        except ValidationError as error:
            raise ValidationError({"attribute_schema": error}) from error


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

    key = models.CharField(_("key"), max_length=200, unique=True, validators=[KEY])
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
    release_managed = models.BooleanField(
        _("released under management"),
        default=False,
        help_text=_("New versions go live only by a release: what goes live without one is a bypass."),
    )
    redundancy = models.PositiveSmallIntegerField(
        _("needs at least"),
        null=True,
        blank=True,
        help_text=_("How many of the items it depends on must work. Empty: all of them."),
    )

    confirmed_at = models.DateTimeField(
        _("confirmed at"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When a person last said that it still exists."),
    )

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
            models.CheckConstraint(
                condition=models.Q(redundancy__isnull=True) | models.Q(redundancy__gte=1), name="cmdb_ci_redundancy"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        faults = faults_of(self.attributes, self.ci_type.attribute_schema if self.ci_type_id else {})
        if faults:
            raise ValidationError({"attributes": [ValidationError(one, "attributes") for one in faults]})


class Identifier(Recorded):
    """One row: the name by which a source knows a configuration item; imports find it again by this.

    `claims` holds what the source said about the item last time, so that a value a person has changed since is not
    overwritten by the same old word.
    """

    ci = models.ForeignKey(ConfigurationItem, on_delete=models.CASCADE, related_name="identifiers")
    source = models.CharField(_("source"), max_length=60)
    external_id = models.CharField(_("external id"), max_length=500)
    claims = models.JSONField(_("last said"), default=dict, blank=True, editable=False)
    last_seen_at = models.DateTimeField(_("last seen at"), null=True, blank=True, editable=False)
    missing_since = models.DateTimeField(_("missing since"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("identifier")
        verbose_name_plural = _("identifiers")
        ordering = ["source", "external_id"]
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="cmdb_identifier_once")]
        indexes = [
            models.Index(fields=["source", "last_seen_at"], name="cmdb_identifier_seen"),
            models.Index(
                fields=["missing_since"],
                name="cmdb_identifier_missing",
                condition=models.Q(missing_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.external_id}"

    @property
    def audit_key(self) -> str:
        return f"{self.source}:{self.external_id}"[:200]

    def audit_root(self) -> models.Model:
        return self.ci
