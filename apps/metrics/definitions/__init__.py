"""What each metric means, in words and in the measure that reckons it.

docs/reference/metrics.md is generated from here (`manage.py metrics_reference`), and a test holds the two together. A
definition whose meaning changes gets a higher `version`; figures carry it.
"""

from apps.metrics.definitions.base import Metric, Part
from apps.metrics.definitions.dora import DORA
from apps.metrics.definitions.practice import PRACTICE

METRICS: dict[str, Metric] = {metric.id: metric for metric in (*PRACTICE, *DORA)}

__all__ = ["METRICS", "Metric", "Part"]
