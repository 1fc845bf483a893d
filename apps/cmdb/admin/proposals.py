"""Relationships that the map may be missing, with what speaks for each and two buttons."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from apps.cmdb.forms import PROPOSED_STEPS
from apps.cmdb.lifecycle import ProposalStatus
from apps.cmdb.models import ProposedRelationship
from apps.cmdb.permissions import may_edit_items
from apps.cmdb.queries.proposals import in_words
from apps.core.admin import Deed, LifecycleAdmin, Tab, moment, record_link


def evidence_context(page: Any, request: HttpRequest, proposal: ProposedRelationship) -> dict[str, Any]:
    return {"proposal": proposal, "said": in_words(proposal)}


def _undecided() -> str:
    """The list to go on with after a decision."""
    return f"{reverse('admin:cmdb_proposedrelationship_changelist')}?status__exact={ProposalStatus.PROPOSED}"


@admin.register(ProposedRelationship)
class ProposedRelationshipAdmin(LifecycleAdmin):
    """Proposals are made by a job and decided by people; nothing of them is edited."""

    steps = PROPOSED_STEPS
    road = ("proposed", "accepted")
    danger_steps = ("dismiss",)
    add_roles = ()
    delete_roles = ()
    list_display = ("pair", "status_badge", "because", "as_of", "decide")
    list_display_links = None
    list_filter = ("status", "source__owner", "source__ci_type")
    search_fields = ("key__iexact", "source__key__istartswith", "target__key__istartswith", "source__name__icontains")
    search_help_text = _("Beginning of the key of either item, or the name of the first")
    ordering = ("-times", "id")
    fields = ("key", "type", "times", "support", "as_of", "decided_by", "decided_at", "reason")
    readonly_fields = fields
    export_columns = ("key", "source", "target", "type", "status", "times", "support", "judged_at", "reason")
    tabs = (Tab("evidence", _("Evidence"), "admin/cmdb/evidence.html", evidence_context),)
    bulk_deeds = (
        Deed(
            "accept",
            _("Accept as proposed"),
            PROPOSED_STEPS["accept"],
            may_edit_items,
            _("Each becomes a relationship, with its evidence in the note."),
        ),
        Deed(
            "dismiss",
            _("Dismiss"),
            PROPOSED_STEPS["dismiss"],
            may_edit_items,
            _("None is proposed again unless its evidence doubles."),
            is_danger=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("source", "target", "type", "decided_by")

    @admin.display(description=_("may hang together"), ordering="source__name")
    def pair(self, proposal: ProposedRelationship) -> Any:
        return format_html(
            '{} <span class="tg-muted">{}</span> {}',
            record_link(proposal.source),
            proposal.type.name,
            record_link(proposal.target),
        )

    @admin.display(description=_("what speaks for it"), ordering="times")
    def because(self, proposal: ProposedRelationship) -> Any:
        said = format_html_join("", '<span class="tg-block">{}</span>', ((one,) for one in in_words(proposal)))
        if proposal.status != ProposalStatus.DISMISSED:
            return said
        return format_html('{}<span class="tg-block tg-muted">{}</span>', said, proposal.reason)

    @admin.display(description=_("as of"), ordering="judged_at")
    def as_of(self, proposal: ProposedRelationship) -> Any:
        return moment(proposal.judged_at)

    @admin.display(description=_("decide"))
    def decide(self, proposal: ProposedRelationship) -> Any:
        if proposal.status != ProposalStatus.PROPOSED:
            return record_link(proposal, proposal.key)
        return format_html(
            '<span class="tg-buttons"><a class="tg-button tg-button-small tg-button-primary" href="{}">{}</a>'
            '<a class="tg-button tg-button-small" href="{}">{}</a></span>',
            self.step_url(proposal, "accept", _undecided()),
            _("Accept"),
            self.step_url(proposal, "dismiss", _undecided()),
            _("Dismiss"),
        )
