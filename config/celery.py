"""The Celery app, and every clock of the house in one dict.

Nothing here decides anything: a clock only calls a sweep, and the sweep judges again (domain.md, law 6).
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("tidegate")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

CLOCKS = {
    # task name: every so many seconds
    "apps.core.tasks.note_heartbeat": 10,
    "apps.core.tasks.seal_audit_trail": 60,
    "apps.core.tasks.forget_old_records": 3600,
    "apps.notifications.tasks.send_stranded": 60,
    "apps.reviews.tasks.chase_reviews": 900,
    "apps.reviews.tasks.review_models": 900,
    "discovery.look": 86400,
    "apps.compliance.tasks.sweep_controls": 300,
    "apps.compliance.tasks.verify_audit_trail": 86400,
    "cmdb.sweep": 60,
    "verification.sweep": 120,
    "integrations.sweep": 600,
    "integrations.forget": 3600,
    "approvals.sweep": 60,
    "releases.sweep": 30,
    "schedule.sweep": 300,
    "release_models.remind": 3600,
    "metrics.review_approaches": 3600,
}

app.conf.beat_schedule = {
    name: {"task": name, "schedule": seconds, "options": {"expires": max(seconds, 30)}}
    for name, seconds in CLOCKS.items()
}
