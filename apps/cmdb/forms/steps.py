"""What people are asked when they relate items or bring a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team
from apps.cmdb import actions
from apps.cmdb.formats import FORMATS
from apps.cmdb.models import (
    ColumnMapping,
    ConfigurationItem,
    ImportRun,
    ImportSource,
    ProposedRelationship,
    Relationship,
    RelationshipType,
)
from apps.cmdb.queries.export import exported
from apps.core.actor import Actor
from apps.core.steps import StepForm

BACKWARDS = "~"


class ItemField(forms.CharField):
    """An item by its key; with a hundred thousand of them nobody picks from a list."""

    def clean(self, value: Any) -> ConfigurationItem:
        key = super().clean(value)
        found = ConfigurationItem.objects.filter(key=key).first()
        if found is None:
            raise forms.ValidationError(_("There is no item with the key “%(key)s”."), "unknown", {"key": key})
        return found


class RelateForm(StepForm):
    """Say how this item hangs together with another."""

    action = staticmethod(actions.create_relationship)

    kind = forms.ChoiceField(label=_("This item"))
    other = ItemField(
        label=_("the item with the key"), max_length=200, help_text=_("As it stands in the list of items.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = {one.slug: one for one in RelationshipType.objects.all()}
        self.fields["kind"].choices = [
            *((slug, one.name) for slug, one in self.kinds.items()),
            *((BACKWARDS + slug, one.reverse_name) for slug, one in self.kinds.items()),
        ]

    def perform(self, subject: ConfigurationItem, by: Actor) -> Relationship:
        said = self.cleaned_data
        source, target = subject, said["other"]
        if said["kind"].startswith(BACKWARDS):
            source, target = target, source
        kind = self.kinds[said["kind"].removeprefix(BACKWARDS)]
        return actions.create_relationship(source=source, type=kind, target=target, by=by, note=said["note"])


class AcceptProposalForm(StepForm):
    """They hang together: in which way, and which of the two needs the other."""

    action = staticmethod(actions.accept_proposal)
    subject_name = "proposal"

    type = forms.ModelChoiceField(
        RelationshipType.objects.all(),
        label=_("How they hang together"),
        to_field_name="slug",
        required=False,
        empty_label=_("as proposed"),
    )
    direction = forms.ChoiceField(
        label=_("Direction"),
        choices=[("as_proposed", _("as proposed")), ("turned", _("the other way round"))],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.subject is not None:
            one, other = self.subject.source.name, self.subject.target.name
            self.fields["direction"].choices = [("as_proposed", f"{one} → {other}"), ("turned", f"{other} → {one}")]

    def perform(self, subject: ProposedRelationship, by: Actor) -> ProposedRelationship:
        said = self.cleaned_data
        is_turned = said["direction"] == "turned"
        return actions.accept_proposal(
            proposal=subject, type=said["type"], is_turned=is_turned, note=said["note"], by=by
        )


class DismissProposalForm(StepForm):
    """They do not hang together."""

    action = staticmethod(actions.dismiss_proposal)
    subject_name = "proposal"
    note_required = True
    note_label = _("Why not")


PROPOSED_STEPS = {"accept": AcceptProposalForm, "dismiss": DismissProposalForm}


class RetireForm(StepForm):
    """It is no longer in use; it stays on the map for the record."""

    action = staticmethod(actions.retire_ci)
    subject_name = "ci"


class ConfirmItemForm(StepForm):
    """Somebody has looked: it still exists."""

    action = staticmethod(actions.confirm_ci)
    subject_name = "ci"


class AssignOwnerForm(StepForm):
    """Which team answers for it."""

    action = staticmethod(actions.change_ci)
    subject_name = "ci"

    owner = forms.ModelChoiceField(Team.objects.order_by("name"), label=_("Team"), to_field_name="slug")


class CriticalityForm(StepForm):
    """How much hangs on it."""

    action = staticmethod(actions.change_ci)
    subject_name = "ci"

    criticality = forms.TypedChoiceField(
        label=_("Criticality"), choices=ConfigurationItem.Criticality.choices, coerce=int
    )


class CallOffForm(StepForm):
    """End the import. What was written stays, and the same file may be imported again."""

    action = staticmethod(actions.call_off_import)
    subject_name = "run"


IMPORT_STEPS: dict[str, type[StepForm]] = {"call_off": CallOffForm}


class ConfirmForm(StepForm):
    """Somebody has looked: it is still so."""

    action = staticmethod(actions.confirm_relationship)
    subject_name = "relationship"


def _a_mapping(help_text: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        label=_("Column mapping"),
        queryset=ColumnMapping.objects.all(),
        to_field_name="slug",
        required=False,
        empty_label=_("none"),
        help_text=help_text,
    )


class ExportForm(forms.Form):
    """What the file is to be."""

    format = forms.ChoiceField(label=_("Format"), choices=FORMATS)
    mapping = _a_mapping(_("What the columns of a table hold; only for CSV and XLSX."))
    source = forms.ModelChoiceField(
        label=_("Only what a source knows"),
        queryset=ImportSource.objects.all(),
        to_field_name="slug",
        required=False,
        empty_label=_("everything"),
    )

    def pieces(self) -> Iterator[bytes]:
        """The file. Raises Invalid before its first piece when it cannot be written."""
        said = self.cleaned_data
        mapping, source = said["mapping"], said["source"]
        return exported(source.slug if source else "", said["format"], mapping.slug if mapping else "")


class ImportForm(forms.Form):
    """A file, and who says so."""

    file = forms.FileField(label=_("File"), help_text=_("At most 64 MiB. Nothing is changed when it cannot be read."))
    format = forms.ChoiceField(label=_("Format"), choices=FORMATS)
    mapping = _a_mapping(_("How the columns of a table are read; only for CSV and XLSX."))
    source = forms.CharField(
        label=_("Source"),
        max_length=60,
        help_text=_("Who says so: a name of your choice, the same each time, such as backstage or sbom-shop."),
    )
    dry_run = forms.BooleanField(
        label=_("Only show what would happen"), required=False, initial=True, help_text=_("Nothing is changed.")
    )
    complete = forms.BooleanField(
        label=_("The file is all that the source has"),
        required=False,
        help_text=_("What it no longer names is marked missing, never deleted."),
    )
    in_background = forms.BooleanField(
        label=_("In the background"),
        required=False,
        help_text=_("You need not wait for it. Files of more than 1 MiB always go there."),
    )

    def perform(self, by: Actor) -> ImportRun:
        """One call of one action."""
        said = self.cleaned_data
        is_later = said["in_background"] or said["file"].size > actions.LARGEST_AT_ONCE
        return (actions.accept_import if is_later else actions.import_catalog)(
            source=said["source"],
            format=said["format"],
            content=said["file"],
            file_name=said["file"].name,
            mapping=said["mapping"].slug if said["mapping"] else "",
            dry_run=said["dry_run"],
            complete=said["complete"],
            by=by,
        )
