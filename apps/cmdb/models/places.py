"""Where things run, and which version of them is there."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cmdb.models.items import ConfigurationItem
from apps.core.models import Recorded


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
        indexes = [models.Index(fields=["order", "id"], name="cmdb_environment_order")]

    def __str__(self) -> str:
        return self.name


class InstalledVersion(Recorded):
    """One row: which version of an item is live in which environment, as the last successful deployment left it."""

    ci = models.ForeignKey(
        ConfigurationItem, on_delete=models.CASCADE, related_name="installed_versions", verbose_name=_("item")
    )
    environment = models.ForeignKey(
        Environment, on_delete=models.CASCADE, related_name="installed_versions", verbose_name=_("environment")
    )
    version_name = models.CharField(_("version"), max_length=200)
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
        return f"{self.ci.key} {self.environment.slug}"[:200]

    def audit_root(self) -> models.Model:
        return self.ci
