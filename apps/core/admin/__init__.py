"""The admin kit: how an app puts its records into the admin.

A record without a chart::

    @admin.register(ConfigurationItem)
    class ConfigurationItemAdmin(RecordAdmin):
        list_display = ("key", "name", "ci_type", "owner")
        search_fields = ("key__istartswith", "name__icontains")
        list_filter = ("lifecycle",)
        edit_roles = (Role.RELEASE_MANAGER, Role.SERVICE_OWNER)  # empty: nobody edits here; view_roles empty: any role reads

        def perform_create(self, data, by):            # same names as in the API kit; each calls ONE action
            return actions.create_ci(**data, by=by)    # left out: core.moves.create / change / remove

        def perform_update(self, obj, data, by):       # data: only the fields the person changed
            return actions.change_ci(ci=obj, by=by, **data)

        def perform_destroy(self, obj, by):
            actions.remove_ci(ci=obj, by=by)

        def editable_fields(self, obj):                # None: all. Use the table beside the chart here
            return EDITABLE[obj.status] if obj else None

A record with a chart adds its steps; each becomes a button leading to a page that asks (GET shows, POST acts)::

    class ReleaseAdmin(LifecycleAdmin):
        steps = RELEASE_STEPS                          # dict[str, type[StepForm]] from the app's forms.py
        road = ("draft", "planning", ..., "closed")    # the usual states for the stepper
        list_display = ("key", "title", "status_badge")
        tabs = (Tab("scope", _("Scope"), "admin/releases/scope.html", scope_context),)   # History is always there

What is done to a record without being a step of its chart is a deed; it becomes a button with a page of its own::

    deeds = (Deed("hold", _("Hold"), PlaceHoldForm, may_hold, _("Stop the release.")),)

What is done to many of a list alike stands in `bulk_deeds`: the list's actions then ask with the same form, and the
form's action is called for each record, all or none.

An app higher on the stairs shows its knowledge on a lower app's page: `offer_tab("releases.release", Tab(...))`; what it
does there: `offer_deed("releases.release", Deed(...))`; a part of a tab: `offer_section("cmdb.configurationitem", "impact", Section(...))`.

Parts with a page of their own (`class TaskAdmin(PartPages, LifecycleAdmin)`, `parent_name`, `parent_tab`) lead back to
the whole. Parts edited in the page of their record: `inlines = [MembershipInline]` with `class MembershipInline(RecordInline)`.

The kit sees to the rest: roles instead of Django permissions (a superuser passes nothing), refusals as form errors with
their status, a stale form is told what changed, removal and bulk removal through `perform_destroy`, the History tab, the
CSV export, foreign keys of a list fetched with it, relations looked up as one types (give the related admin
`search_fields`). What a refusal says is what the person reads.
"""

from apps.core.admin.access import actor_of, holds_any_role
from apps.core.admin.audit import AuditEntryAdmin
from apps.core.admin.deeds import Deed, offer_deed
from apps.core.admin.inlines import RecordInline, StackedRecordInline
from apps.core.admin.lifecycles import LifecycleAdmin, StepButton
from apps.core.admin.outbox import OutboxDeliveryAdmin
from apps.core.admin.parts import PartPages
from apps.core.admin.records import RecordAdmin
from apps.core.admin.tabs import Section, Tab, offer_section, offer_tab
from apps.core.display import badge, moment, page_of, record_link, status_badge, tone_of

__all__ = [
    "AuditEntryAdmin",
    "Deed",
    "LifecycleAdmin",
    "OutboxDeliveryAdmin",
    "PartPages",
    "RecordAdmin",
    "RecordInline",
    "StackedRecordInline",
    "StepButton",
    "Section",
    "Tab",
    "actor_of",
    "badge",
    "holds_any_role",
    "moment",
    "offer_deed",
    "offer_section",
    "offer_tab",
    "page_of",
    "record_link",
    "status_badge",
    "tone_of",
]
