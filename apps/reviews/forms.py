"""What a person is asked when taking a step of a review or an improvement action, and when answering a survey."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.steps import StepForm
from apps.release_models.models import ModelVersion
from apps.release_models.queries import version_named
from apps.releases.lifecycle.words import Outcome
from apps.reviews import actions
from apps.reviews.models import ApproachReview, ModelReview


class ModelVersionField(forms.CharField):
    """A version of a model by its key, such as normal/3."""

    def clean(self, value: str) -> ModelVersion | None:
        key = super().clean(value)
        if not key:
            return None
        version = version_named(key)
        if version is None:
            message = _("There is no release model version “%(key)s”. Name it as normal/3.")
            raise forms.ValidationError(message, code="unknown", params={"key": key})
        return version


SCORES = [(5, _("5, very content")), (4, "4"), (3, "3"), (2, "2"), (1, _("1, not content at all"))]


class ReviewStepForm(StepForm):
    """A step of a review, of a release or of a model; what is written already stands in the form."""

    subject_name = "review"
    written: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for name in self.written if self.subject is not None else ():
            self.fields[name].initial = getattr(self.subject, name)


class BeginReviewForm(ReviewStepForm):
    action = staticmethod(actions.begin_review)


class SubmitReviewForm(ReviewStepForm):
    action = staticmethod(actions.submit_review)
    written = ("outcome", "what_went_well", "what_went_wrong", "lessons")

    outcome = forms.ChoiceField(label=_("Outcome"), choices=[("", "---------"), *Outcome.choices], required=False)
    what_went_well = forms.CharField(
        label=_("What went well"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    what_went_wrong = forms.CharField(
        label=_("What went wrong"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    lessons = forms.CharField(label=_("Lessons"), required=False, widget=forms.Textarea(attrs={"rows": 3}))


class AcceptReviewForm(ReviewStepForm):
    action = staticmethod(actions.accept_review)


class SendBackReviewForm(ReviewStepForm):
    action = staticmethod(actions.send_back_review)
    note_required = True
    note_label = _("What the review lacks")


class ActionStepForm(StepForm):
    subject_name = "action"


class StartActionForm(ActionStepForm):
    action = staticmethod(actions.start_improvement_action)


class FinishActionForm(ActionStepForm):
    action = staticmethod(actions.finish_improvement_action)

    answered_by = ModelVersionField(label=_("Model version that carries it"), required=False, max_length=120)


class DropActionForm(ActionStepForm):
    action = staticmethod(actions.drop_improvement_action)
    note_required = True
    note_label = _("Why it will not be done")


class BeginModelReviewForm(ReviewStepForm):
    action = staticmethod(actions.begin_model_review)


class SubmitModelReviewForm(ReviewStepForm):
    action = staticmethod(actions.submit_model_review)
    written = ("verdict", "conclusions")

    verdict = forms.ChoiceField(
        label=_("Verdict"), choices=[("", "---------"), *ModelReview.Verdict.choices], required=False
    )
    conclusions = forms.CharField(label=_("Conclusions"), required=False, widget=forms.Textarea(attrs={"rows": 5}))


class AcceptModelReviewForm(ReviewStepForm):
    action = staticmethod(actions.accept_model_review)


class SendBackModelReviewForm(SendBackReviewForm):
    action = staticmethod(actions.send_back_model_review)


class BeginApproachReviewForm(ReviewStepForm):
    action = staticmethod(actions.begin_approach_review)


class SubmitApproachReviewForm(SubmitModelReviewForm):
    action = staticmethod(actions.submit_approach_review)

    verdict = forms.ChoiceField(
        label=_("Verdict"), choices=[("", "---------"), *ApproachReview.Verdict.choices], required=False
    )


class AcceptApproachReviewForm(ReviewStepForm):
    action = staticmethod(actions.accept_approach_review)


class SendBackApproachReviewForm(SendBackReviewForm):
    action = staticmethod(actions.send_back_approach_review)


APPROACH_REVIEW_STEPS: dict[str, type[StepForm]] = {
    "begin": BeginApproachReviewForm,
    "submit": SubmitApproachReviewForm,
    "accept": AcceptApproachReviewForm,
    "send_back": SendBackApproachReviewForm,
}
MODEL_REVIEW_STEPS: dict[str, type[StepForm]] = {
    "begin": BeginModelReviewForm,
    "submit": SubmitModelReviewForm,
    "accept": AcceptModelReviewForm,
    "send_back": SendBackModelReviewForm,
}
REVIEW_STEPS: dict[str, type[StepForm]] = {
    "begin": BeginReviewForm,
    "submit": SubmitReviewForm,
    "accept": AcceptReviewForm,
    "send_back": SendBackReviewForm,
}
ACTION_STEPS: dict[str, type[StepForm]] = {
    "start": StartActionForm,
    "finish": FinishActionForm,
    "drop": DropActionForm,
}


class SurveyAnswerForm(forms.Form):
    """The page behind the link of an invitation."""

    score = forms.TypedChoiceField(
        label=_("How content are you with this release?"), choices=SCORES, coerce=int, widget=forms.RadioSelect
    )
    disturbed = forms.TypedChoiceField(
        label=_("Did it disturb your work?"),
        choices=[("no", _("No")), ("yes", _("Yes"))],
        coerce=lambda word: word == "yes",
        required=False,
        empty_value=None,
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(
        label=_("Anything to add?"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
