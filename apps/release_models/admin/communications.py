"""Communications in the admin: who was told of which version, and what each has answered."""

from __future__ import annotations

from django.contrib import admin

from apps.core.admin import LifecycleAdmin
from apps.release_models.forms import COMMUNICATION_STEPS
from apps.release_models.models import Communication


@admin.register(Communication)
class CommunicationAdmin(LifecycleAdmin):
    """Who was told of which version and has answered what; silent parties can be filtered out at a glance."""

    steps = COMMUNICATION_STEPS
    road = ("asked", "acknowledged")
    list_display = ("key", "model_version", "party", "status_badge", "asked_at", "due_at", "answered_at")
    list_select_related = ("model_version__model", "party")
    list_filter = ("status", "party")
    search_fields = ("key__istartswith", "party__name__icontains", "model_version__model__name__icontains")
    fields = (
        "model_version",
        "party",
        "asked_at",
        "due_at",
        "reminded_at",
        "objected_at",
        "acknowledged_at",
        "statement",
    )
