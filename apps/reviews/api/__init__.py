"""The resources of reviews: of releases and of release models."""

from apps.reviews.api.release_models import DryRunView, EffectivenessView, ModelReviewViewSet
from apps.reviews.api.releases import (
    BenefitViewSet,
    ImprovementActionViewSet,
    ReviewOfReleaseViewSet,
    ReviewViewSet,
    SurveyViewSet,
)

__all__ = [
    "BenefitViewSet",
    "DryRunView",
    "EffectivenessView",
    "ImprovementActionViewSet",
    "ModelReviewViewSet",
    "ReviewOfReleaseViewSet",
    "ReviewViewSet",
    "SurveyViewSet",
]
