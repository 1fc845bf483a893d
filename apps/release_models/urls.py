"""Pages behind links in mail."""

from django.urls import path

from apps.release_models.views import AcknowledgePage

urlpatterns = [path("acknowledge/<str:token>/", AcknowledgePage.as_view(), name="acknowledge")]
