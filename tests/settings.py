"""Settings of the test run: the one settings file, told through the environment that this is a test."""

import os

os.environ.setdefault("TIDEGATE_ENV", "test")
os.environ.setdefault("TIDEGATE_VAR", "var/test")
os.environ.setdefault("EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS, MIDDLEWARE

# Tests sign in often; how a password is stretched is Django's own and tested there.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Every request of every test is watched for the same query asked per row.
INSTALLED_APPS = [*INSTALLED_APPS, "zeal", "tests.charts"]
MIDDLEWARE = ["zeal.middleware.zeal_middleware", *MIDDLEWARE]
ZEAL_RAISE = True
