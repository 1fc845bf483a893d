"""How the columns of a table become items: saved once, used for every file of that shape."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import Recorded


class Meaning(models.TextChoices):
    """What a column says about an item."""

    IDENTITY = "identity", _("Identity in the source")
    KEY = "key", _("Key")
    NAME = "name", _("Name")
    CI_TYPE = "ci_type", _("Type")
    DESCRIPTION = "description", _("Description")
    LIFECYCLE = "lifecycle", _("Lifecycle")
    CRITICALITY = "criticality", _("Criticality")
    OWNER = "owner", _("Owning team")
    RELEASE_MANAGED = "release_managed", _("Released under management")
    NEEDS_AT_LEAST = "needs_at_least", _("Needs at least")
    VALUE_STREAMS = "value_streams", _("Value streams")
    ATTRIBUTE = "attribute", _("Attribute")
    IDENTIFIER = "identifier", _("Identifier elsewhere")
    RELATIONSHIP = "relationship", _("Relationship to another item")
    RELATIONSHIP_OF = "relationship_of", _("Relationship from another item")


NAMED = (Meaning.ATTRIBUTE, Meaning.IDENTIFIER, Meaning.RELATIONSHIP, Meaning.RELATIONSHIP_OF)
ONCE = tuple(one for one in Meaning if one not in NAMED)


class ColumnMapping(Recorded):
    """One row: how tables of one shape (CSV or XLSX) are read into configuration items, and written from them."""

    class Delimiter(models.TextChoices):
        DETECT = "", _("detect")
        COMMA = ",", _("comma")
        SEMICOLON = ";", _("semicolon")
        TAB = "\t", _("tab")
        PIPE = "|", _("vertical bar")

    class Encoding(models.TextChoices):
        DETECT = "", _("UTF-8, or by the byte order mark")
        WESTERN = "cp1252", _("Windows Western (cp1252)")
        CENTRAL = "cp1250", _("Windows Central European (cp1250)")
        LATIN = "iso-8859-1", _("Latin-1")

    slug = models.SlugField(_("short name"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=200)
    delimiter = models.CharField(_("delimiter"), max_length=1, choices=Delimiter.choices, blank=True)
    encoding = models.CharField(_("encoding"), max_length=20, choices=Encoding.choices, blank=True)
    comment = models.CharField(
        _("comment sign"), max_length=5, blank=True, help_text=_("Lines that begin with it are left out, such as #.")
    )
    sheet = models.CharField(_("sheet"), max_length=100, blank=True, help_text=_("Of a workbook; empty: the first."))

    class Meta:
        verbose_name = _("column mapping")
        verbose_name_plural = _("column mappings")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class MappedColumn(Recorded):
    """One row: what one column of the table says. Without a header the value is the same for every row."""

    mapping = models.ForeignKey(ColumnMapping, on_delete=models.CASCADE, related_name="columns")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    header = models.CharField(
        _("header"), max_length=200, blank=True, help_text=_("As it stands in the first row. Empty: a fixed value.")
    )
    meaning = models.CharField(_("means"), max_length=20, choices=Meaning.choices)
    target = models.CharField(
        _("of"), max_length=100, blank=True, help_text=_("Name of the attribute, the source or the relationship type.")
    )
    fallback = models.CharField(_("when empty"), max_length=200, blank=True)
    prefix = models.CharField(
        _("prefix"), max_length=60, blank=True, help_text=_("Put before each value, such as “warehouse:”.")
    )
    separator = models.CharField(_("separator"), max_length=3, blank=True, help_text=_("When a cell holds several."))
    values = models.JSONField(
        _("values"), default=dict, blank=True, help_text=_('What words stand for: {"prod": "live"}.')
    )

    class Meta:
        verbose_name = _("column")
        verbose_name_plural = _("columns")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(meaning__in=Meaning.values), name="cmdb_column_meaning_known"),
            models.UniqueConstraint(
                fields=["mapping", "meaning"], condition=models.Q(meaning__in=ONCE), name="cmdb_column_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.header or self.fallback} → {self.get_meaning_display()}"

    def clean(self) -> None:
        super().clean()
        if self.meaning in NAMED and not self.target:
            raise ValidationError({"target": _("Say of which attribute, source or relationship type.")})
        if not self.header and not self.fallback:
            raise ValidationError({"header": _("Name a column, or the value that every row has.")})
        if not isinstance(self.values, dict) or not all(isinstance(one, str) for one in self.values.values()):
            raise ValidationError({"values": _("Give words and what they stand for: {“prod”: “live”}.")})
