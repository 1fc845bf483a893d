"""The resources of reviews: of releases, of release models and of release approaches."""

from apps.reviews.api.approaches import ApproachReviewViewSet
from apps.reviews.api.release_models import DryRunView, EffectivenessView, ModelReviewViewSet
from apps.reviews.api.releases import (
    BenefitViewSet,
    ImprovementActionViewSet,
    ReviewOfReleaseViewSet,
    ReviewViewSet,
    SurveyViewSet,
)

__all__ = [
    "ApproachReviewViewSet",
    "BenefitViewSet",
    "DryRunView",
    "EffectivenessView",
    "ImprovementActionViewSet",
    "ModelReviewViewSet",
    "ReviewOfReleaseViewSet",
    "ReviewViewSet",
    "SurveyViewSet",
]
