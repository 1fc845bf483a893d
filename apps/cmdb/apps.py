from django.apps import AppConfig


class CmdbConfig(AppConfig):
    name = "apps.cmdb"
    verbose_name = "Configuration management"
