"""What is asked when something is done to an account or a token."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts import actions
from apps.core.steps import StepForm


class SetPasswordForm(StepForm):
    """A new password for an account."""

    action = staticmethod(actions.set_password)
    subject_name = "user"

    password = forms.CharField(
        label=_("New password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters. Tell it to the person in a safe way; they can change it."),
    )


class RevokeTokenForm(StepForm):
    """Make a token useless."""

    action = staticmethod(actions.revoke_token)
    subject_name = "token"
    note_label = _("Why")
