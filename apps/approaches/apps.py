from django.apps import AppConfig


class ApproachesConfig(AppConfig):
    name = "apps.approaches"
    verbose_name = "Release approaches"
