"""Pages of the metrics, under the admin's roof."""

from django.contrib import admin
from django.urls import path

from apps.metrics import views

app_name = "metrics"
urlpatterns = [
    path("metrics/", admin.site.admin_view(views.metric_list), name="list"),
    path("metrics/<slug:metric>/", admin.site.admin_view(views.metric_page), name="one"),
    path("metrics/<slug:metric>/rows.csv", admin.site.admin_view(views.metric_rows), name="rows"),
]
