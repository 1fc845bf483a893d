"""Pages behind links in mail."""

from django.urls import path

from apps.releases.views import ApprovePage

urlpatterns = [path("approve/<str:token>/", ApprovePage.as_view(), name="approve")]
