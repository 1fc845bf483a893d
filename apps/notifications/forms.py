"""What a person is asked when sending a message again."""

from __future__ import annotations

from apps.core.steps import StepForm
from apps.notifications import actions


class ResendForm(StepForm):
    action = staticmethod(actions.resend_message)
    subject_name = "message"


MESSAGE_STEPS: dict[str, type[StepForm]] = {"resend": ResendForm}
