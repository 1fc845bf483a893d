"""Addresses outside /api/v1/."""

from django.urls import path, re_path

from apps.integrations.views import CalendarView, HookView

urlpatterns = [
    path("hooks/<str:endpoint>/", HookView.as_view(), name="hook"),
    re_path(r"^calendar/(?P<token>[A-Za-z0-9_-]{20,100})\.ics$", CalendarView.as_view(), name="calendar-feed"),
]
