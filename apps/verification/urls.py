"""Addresses outside /api/v1/."""

from django.urls import path

from apps.verification.views import CallBackView

urlpatterns = [path("hooks/checks/<str:ticket>/", CallBackView.as_view(), name="check-callback")]
