"""Pages behind links in mail."""

from django.urls import path

from apps.reviews.views import SurveyPage

urlpatterns = [path("survey/<str:token>/", SurveyPage.as_view(), name="survey")]
