"""What people are asked when they work on the map: steps and deeds, files, and the attributes of a type."""

from apps.cmdb.forms.attributes import AttributesEditor
from apps.cmdb.forms.steps import (
    IMPORT_STEPS,
    PROPOSED_STEPS,
    AssignOwnerForm,
    ConfirmForm,
    ConfirmItemForm,
    CriticalityForm,
    ExportForm,
    ImportForm,
    RelateForm,
    RetireForm,
)

__all__ = [
    "IMPORT_STEPS",
    "PROPOSED_STEPS",
    "AssignOwnerForm",
    "AttributesEditor",
    "ConfirmForm",
    "ConfirmItemForm",
    "CriticalityForm",
    "ExportForm",
    "ImportForm",
    "RelateForm",
    "RetireForm",
]
