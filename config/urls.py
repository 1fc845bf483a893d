"""Every address of the house."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from apps.core.api import health, problems

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("prometheus", health.prometheus),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("api/v1/", include("config.api")),
    re_path(r"^api/", problems.no_such_address),
    path("", include("apps.integrations.urls")),
    path("", include("apps.release_models.urls")),
    path("", include("apps.releases.urls")),
    path("", include("apps.reviews.urls")),
    path("", include("apps.verification.urls")),
    path("admin/", include("apps.desk.urls")),
    path("admin/", include("apps.metrics.urls")),
    path("admin/", admin.site.urls),
]

handler500 = "apps.core.api.problems.server_error"
