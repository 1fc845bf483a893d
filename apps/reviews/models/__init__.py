"""How releases and release models did: reviews, what is to be improved, what people thought, whether the benefit came."""

from apps.reviews.models.approach_reviews import ApproachReview
from apps.reviews.models.model_reviews import ModelReview
from apps.reviews.models.releases import (
    Benefit,
    ImprovementAction,
    ReleaseReview,
    Survey,
    SurveyInvitation,
    SurveyResponse,
)

__all__ = [
    "ApproachReview",
    "Benefit",
    "ImprovementAction",
    "ModelReview",
    "ReleaseReview",
    "Survey",
    "SurveyInvitation",
    "SurveyResponse",
]
