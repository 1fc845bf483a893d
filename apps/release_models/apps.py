from django.apps import AppConfig


class ReleaseModelsConfig(AppConfig):
    name = "apps.release_models"
    verbose_name = "Release models"
