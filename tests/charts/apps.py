from django.apps import AppConfig


class ChartsConfig(AppConfig):
    """A chart small enough to see the ground at work."""

    name = "tests.charts"
    label = "charts"
