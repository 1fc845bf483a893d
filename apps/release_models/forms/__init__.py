"""Forms of release models: steps, the page behind a communication's link, and the editor of a version's content."""

from apps.release_models.forms.editor import ContentEditor, more_rows
from apps.release_models.forms.steps import COMMUNICATION_STEPS, MODEL_VERSION_STEPS, AcknowledgementForm, BeginForm

__all__ = [
    "COMMUNICATION_STEPS",
    "MODEL_VERSION_STEPS",
    "AcknowledgementForm",
    "BeginForm",
    "ContentEditor",
    "more_rows",
]
