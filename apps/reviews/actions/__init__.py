"""The verbs of reviews, improvement actions, surveys and benefits."""

from apps.reviews.actions.improvement import (
    answer_missing_model,
    change_benefit,
    change_improvement_action,
    drop_improvement_action,
    finish_improvement_action,
    open_improvement_action,
    remove_benefit,
    start_improvement_action,
    state_benefit,
)
from apps.reviews.actions.model_reviews import (
    accept_model_review,
    begin_model_review,
    change_model_review,
    chase_model_reviews,
    make_model_reviews_due,
    send_back_model_review,
    submit_model_review,
)
from apps.reviews.actions.reviews import (
    accept_review,
    begin_review,
    change_review,
    chase_reviews,
    make_review_due,
    send_back_review,
    submit_review,
)
from apps.reviews.actions.surveys import answer_survey, close_survey, note_undelivered, open_survey

__all__ = [
    "accept_model_review",
    "begin_model_review",
    "change_model_review",
    "chase_model_reviews",
    "make_model_reviews_due",
    "send_back_model_review",
    "submit_model_review",
    "accept_review",
    "answer_missing_model",
    "answer_survey",
    "begin_review",
    "change_benefit",
    "change_improvement_action",
    "change_review",
    "chase_reviews",
    "close_survey",
    "drop_improvement_action",
    "finish_improvement_action",
    "make_review_due",
    "note_undelivered",
    "open_improvement_action",
    "open_survey",
    "remove_benefit",
    "send_back_review",
    "start_improvement_action",
    "state_benefit",
    "submit_review",
]
