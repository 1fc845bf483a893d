from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "apps.core"
    verbose_name = "Ground"

    def ready(self) -> None:
        # Consumers of events live in each app's tasks.py; whoever drains the outbox must know all of them.
        autodiscover_modules("tasks")
