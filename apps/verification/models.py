"""What verification needs to remember beside the runs themselves, which the release keeps."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import Recorded


class TrustedKey(Recorded):
    """One row: a public key whose signatures on attestations count, until it is retired."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    public_key = models.TextField(_("public key"), help_text=_("PEM; ECDSA, Ed25519 or RSA of 2048 bits and more."))
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("trusted key")
        verbose_name_plural = _("trusted keys")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        return self.retired_at is None
