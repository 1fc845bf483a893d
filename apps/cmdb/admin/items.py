"""Configuration items."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.cmdb import actions
from apps.cmdb.admin.past import AUDIT, PAST
from apps.cmdb.admin.tabs import IMPACT, INSTALLED, OVERVIEW, SOURCES
from apps.cmdb.described import Description, description_of
from apps.cmdb.forms import AssignOwnerForm, ConfirmItemForm, CriticalityForm, RelateForm, RetireForm
from apps.cmdb.forms.typed import form_for, name_of
from apps.cmdb.models import ConfigurationItem
from apps.cmdb.permissions import ITEM_EDITORS, may_edit_items
from apps.cmdb.queries import HEALTH_LISTS
from apps.core.actor import Actor
from apps.core.admin import Deed, RecordAdmin, Tab, actor_of, badge, status_badge

CRITICALITY_TONES = {1: "bad", 2: "warn"}


CONFIRM = _("Somebody has looked: it still exists, whatever its sources say.")


def is_in_use(ci: ConfigurationItem) -> bool:
    return ci.lifecycle != ConfigurationItem.Lifecycle.RETIRED


class HealthFilter(admin.SimpleListFilter):
    """What is wrong with the map, as lists to work through."""

    title = _("health of the map")
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(one.slug, one.title) for one in HEALTH_LISTS]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        listed = next((one for one in HEALTH_LISTS if one.slug == self.value()), None)
        return queryset if listed is None else queryset.filter(pk__in=listed.items().values("pk"))


@admin.register(ConfigurationItem)
class ConfigurationItemAdmin(RecordAdmin):
    list_display = ("name", "key", "ci_type", "stage", "how_critical", "owner", "release_managed")
    export_columns = ("key", "name", "ci_type", "lifecycle", "criticality", "owner", "release_managed", "description")
    list_filter = ("ci_type", "lifecycle", "criticality", "release_managed", HealthFilter)
    list_select_related = ("ci_type", "owner")
    search_fields = ("key__istartswith", "name__icontains", "identifiers__external_id__iexact")
    search_help_text = _("Name, beginning of the key, or the exact name by which a source knows it")
    ordering = ("name", "id")
    fields = (
        "name",
        "key",
        "ci_type",
        "description",
        "lifecycle",
        "criticality",
        "owner",
        "value_streams",
        "release_managed",
        "redundancy",
        "attributes",
    )
    edit_roles = ITEM_EDITORS
    change_list_template = "admin/cmdb/change_list.html"
    tabs = (OVERVIEW, IMPACT, PAST, INSTALLED, SOURCES)
    audit_tab = AUDIT
    deeds = (
        Deed("relate", _("Relate to another item"), RelateForm, may_edit_items, _("Say how they hang together.")),
        Deed("confirm", _("Confirm that it exists"), ConfirmItemForm, may_edit_items, CONFIRM, shown=is_in_use),
        Deed(
            "retire",
            _("Retire"),
            RetireForm,
            may_edit_items,
            _("It is no longer in use. It stays on the map for the record."),
            shown=is_in_use,
            is_danger=True,
        ),
    )
    bulk_deeds = (
        Deed("owner", _("Assign an owner"), AssignOwnerForm, may_edit_items, _("The team that answers for a change.")),
        Deed("criticality", _("Set the criticality"), CriticalityForm, may_edit_items, _("How much hangs on them.")),
        Deed("confirm", _("Confirm that they exist"), ConfirmItemForm, may_edit_items, CONFIRM),
        Deed(
            "retire",
            _("Retire"),
            RetireForm,
            may_edit_items,
            _("They are no longer in use. They stay on the map for the record."),
            is_danger=True,
        ),
    )
    actions = ("bring_under_management",)

    def get_fields(self, request: HttpRequest, obj: ConfigurationItem | None = None) -> list[str]:
        """A field for each attribute that the item's type describes stands before the JSON of them all."""
        *fields, attributes = super().get_fields(request, obj)
        return [*fields, *map(name_of, self._described(request, obj).attributes), attributes]

    def get_form(
        self, request: HttpRequest, obj: ConfigurationItem | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return super().get_form(request, obj, change, form=form_for(self._described(request, obj)), **kwargs)

    def _described(self, request: HttpRequest, obj: ConfigurationItem | None) -> Description:
        if obj is None or not obj.ci_type_id or not self.has_change_permission(request, obj):
            return Description()
        return description_of(obj.ci_type.attribute_schema) or Description()

    def get_readonly_fields(self, request: HttpRequest, obj: ConfigurationItem | None = None) -> list[str]:
        """Others know an item by its key: it is given once."""
        fixed = list(super().get_readonly_fields(request, obj))
        return fixed if obj is None else [*fixed, "key"]

    def record_context(self, request: HttpRequest, obj: ConfigurationItem, tab: Tab) -> dict[str, Any]:
        stands = {"record_badge": self.stage(obj), "record_badges": [badge(obj.ci_type), self.how_critical(obj)]}
        return {**super().record_context(request, obj, tab), **stands}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("ci_type", "owner")

    @admin.display(description=_("lifecycle"), ordering="lifecycle")
    def stage(self, ci: ConfigurationItem) -> Any:
        return status_badge(ci, "lifecycle")

    @admin.display(description=_("criticality"), ordering="criticality")
    def how_critical(self, ci: ConfigurationItem) -> Any:
        return badge(ci.get_criticality_display(), CRITICALITY_TONES.get(ci.criticality, "idle"))

    @admin.action(description=_("Bring under release management"))
    def bring_under_management(self, request: HttpRequest, rows: QuerySet[ConfigurationItem]) -> None:
        for ci in rows:
            actions.change_ci(ci=ci, release_managed=True, by=actor_of(request))

    def perform_create(self, data: dict[str, Any], by: Actor) -> ConfigurationItem:
        return actions.create_ci(**data, by=by)

    def perform_update(self, obj: ConfigurationItem, data: dict[str, Any], by: Actor) -> ConfigurationItem:
        return actions.change_ci(ci=obj, by=by, **data)

    def perform_destroy(self, obj: ConfigurationItem, by: Actor) -> None:
        actions.remove_ci(ci=obj, by=by)
