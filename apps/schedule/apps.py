from django.apps import AppConfig


class ScheduleConfig(AppConfig):
    name = "apps.schedule"
    verbose_name = "Schedule"
