"""M1 to M9, the key metrics of the release management practice."""

from django.utils.translation import gettext_lazy as _

from apps.metrics.definitions.base import Metric
from apps.metrics.definitions.delivery import M6, M7, M8, M9
from apps.metrics.definitions.people import M1, M2, M3, M4, M5

PRACTICE: tuple[Metric, ...] = (M1, M2, M3, M4, M5, M6, M7, M8, M9)

DIMENSIONS = {
    "value_stream": _("value stream"),
    "product": _("product"),
    "model": _("release model"),
    "team": _("team"),
    "month": _("month"),
}
