"""Pages of the desk, under the admin's roof."""

from django.contrib import admin
from django.urls import path

from apps.desk import views

app_name = "desk"
urlpatterns = [
    path("calendar/", admin.site.admin_view(views.calendar), name="calendar"),
    path("adoption/", admin.site.admin_view(views.adoption), name="adoption"),
    path("health/", admin.site.admin_view(views.health_of_cmdb), name="health"),
    path("drift/", admin.site.admin_view(views.drift), name="drift"),
    path("drift/export/", admin.site.admin_view(views.drift_export), name="drift_export"),
]
